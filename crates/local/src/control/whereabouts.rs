//! Which database is meant by an address, or by the host of a replica: the store knows, and asking it for every request
//! would cost more than the request.

use std::{collections::HashMap, net::Ipv4Addr, sync::Arc};

use parking_lot::RwLock;

use super::{Control, Refusal, answers, loopback};
use crate::{
    blocking::blocking,
    quirk::SETTLING,
    store::{DatabaseRow, StoreError, Transaction},
};

/// What a request calls a database by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    /// The label of its host name.
    Label(String),
    /// The label, and the location of one of its replicas.
    Replica(String, String),
    /// The address the connection came in at.
    Address(Ipv4Addr),
}

/// The answers of the store since the last change.
#[derive(Debug, Default)]
pub(super) struct Whereabouts(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    changes: u64,
    labels: HashMap<Host, Arc<str>>,
}

impl Whereabouts {
    /// Something has changed, perhaps a name or a location.
    pub(super) fn forget(&self) {
        let mut known = self.0.write();
        known.changes += 1;
        known.labels.clear();
    }
}

impl Control {
    /// The label of the database that a host stands for. Nobody has the empty one.
    pub(crate) async fn label_of(self: &Arc<Self>, host: Host) -> Result<Arc<str>, Refusal> {
        if self.quirks.hide_new_databases() {
            // What is hidden for a while is not worth remembering.
            let control = Arc::clone(self);
            return blocking(move || control.look_up_settled(&host)).await;
        }
        if let Host::Label(label) = host {
            return Ok(label.into());
        }
        if let Some(label) = self.whereabouts.0.read().labels.get(&host) {
            return Ok(Arc::clone(label));
        }
        let control = Arc::clone(self);
        blocking(move || control.look_up(host)).await
    }

    /// Nobody's label for a database that is too new to be found.
    fn look_up_settled(&self, host: &Host) -> Result<Arc<str>, Refusal> {
        let found = self.store.transact(|transaction| find(transaction, host))?;
        let now = self.clock.now();
        let settled = found.filter(|database| now.duration_since(database.created_at) >= SETTLING);
        Ok(settled.map(|database| database.label.into()).unwrap_or_default())
    }

    fn look_up(&self, host: Host) -> Result<Arc<str>, Refusal> {
        let changes = self.whereabouts.0.read().changes;
        let found = self.store.transact(|transaction| find(transaction, &host))?;
        let Some(database) = found else { return Ok(Arc::default()) };
        let label: Arc<str> = database.label.into();
        let mut known = self.whereabouts.0.write();
        // What was read before a change must not outlive it.
        if known.changes == changes {
            known.labels.insert(host, Arc::clone(&label));
        }
        Ok(label)
    }
}

fn find(transaction: &Transaction<'_>, host: &Host) -> Result<Option<DatabaseRow>, StoreError> {
    match host {
        Host::Label(label) => transaction.find_database_by_label(label),
        Host::Replica(label, location) => {
            let found = transaction.find_database_by_label(label)?;
            Ok(found.filter(|database| database.group.replicas.iter().any(|replica| replica.as_str() == location)))
        }
        Host::Address(address) => match loopback::resident(*address) {
            None => Ok(None),
            Some(loopback::Resident::Database(row)) => transaction.find_database_by_row(row),
            Some(loopback::Resident::Replica(row, location)) => {
                let found = transaction.find_database_by_row(row)?;
                let is_there = |database: &DatabaseRow| {
                    database.group.replicas.iter().any(|replica| answers::location_number(replica) == Some(location))
                };
                Ok(found.filter(is_there))
            }
        },
    }
}
