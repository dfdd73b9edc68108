//! What a cloud was told to be, from which each of its states comes alive.

use std::{cell::RefCell, path::Path, sync::Arc};

use jiff::Timestamp;

use crate::{
    Clock, CloudError,
    control::{Addresses, Control, Verifier, included_rows, record, recovery},
    data::{DataPlane, Files, Generations, Month, Prepared, Rows, SigningSeed},
    directory::{self, Census},
    founder::{Foundation, Founder, Heirlooms},
    home::Home,
    ids::Ids,
    population::Population,
    quirk::Quirks,
    snapshots::copy_databases,
    store::{DatabaseRow, OrganizationRow, Store, StoreError, Transaction},
};

/// What all states of a cloud have in common.
#[derive(Clone, Debug)]
pub(crate) struct Blueprint {
    pub(crate) ids: Ids,
    pub(crate) clock: Clock,
    pub(crate) population: Arc<Population>,
    pub(crate) quirks: Quirks,
    pub(crate) addresses: Arc<Addresses>,
    pub(crate) generations: Arc<Generations>,
    /// Whether the cloud outlives its process.
    pub(crate) is_kept: bool,
}

impl Blueprint {
    /// Reads the state that was there before, or begins one.
    pub(crate) fn begin(&self, home: &Home, now: Timestamp) -> Result<(Foundation, Asleep), CloudError> {
        let (store, files) = home.opened()?;
        let (data, foundation) = self.found(&store, files, &Heirlooms::default(), now)?;
        Ok((foundation, self.prepare(store, data, now)?))
    }

    /// Puts everybody into a state who is to be there at this time.
    pub(crate) fn found(
        &self,
        store: &Store,
        files: Files,
        heirlooms: &Heirlooms,
        now: Timestamp,
    ) -> Result<(DataPlane, Foundation), CloudError> {
        let data = DataPlane::new(files, Arc::clone(&self.generations), self.clock.clone());
        let prepared = RefCell::default();
        let foundation = store.transact(|transaction| {
            let founder =
                Founder { transaction, ids: self.ids, now, heirlooms, data: &data, root: None, prepared: &prepared };
            founder.found(&self.population)
        })?;
        prepared.take().into_iter().for_each(Prepared::keep);
        Ok((data, foundation))
    }

    /// Brings the files of the databases of a state that was there before.
    pub(crate) fn bring(&self, databases: &Path, files: Files) -> Result<DataPlane, CloudError> {
        let data = DataPlane::new(files, Arc::clone(&self.generations), self.clock.clone());
        // Nobody uses those that are copied.
        copy_databases(databases, data.directory(), |_, copy| copy())?;
        data.renumber_generations().map_err(CloudError::file("write to", data.directory()))?;
        Ok(data)
    }

    /// Reads all of a state that is to live on from this time: what can fail, without a look at the clock.
    pub(crate) fn prepare(&self, store: Store, data: DataPlane, now: Timestamp) -> Result<Asleep, CloudError> {
        let (key, databases, deleted, used) = store.transact(|transaction| {
            transaction.purge(recovery::deadline(now))?;
            let (databases, deleted) = (transaction.all_databases()?, transaction.all_deleted_databases()?);
            let key = transaction.platform_key()?.ok_or(CloudError::NoKey)?;
            Ok::<_, CloudError>((key, databases, deleted, used(transaction)?))
        })?;
        let deleted: Vec<_> = deleted.into_iter().map(|deleted| deleted.database).collect();
        if self.is_kept {
            let known = databases.iter().chain(&deleted).map(|database| database.uuid.as_str()).collect();
            store.transact(|transaction| {
                let removed = transaction.removed_databases()?;
                let census = Census { known, removed: removed.iter().map(String::as_str).collect() };
                directory::clear(data.directory(), &census)?;
                // Even where there is none, it would write to the state.
                if removed.is_empty() { Ok(()) } else { Ok::<_, CloudError>(transaction.forget_removed_databases()?) }
            })?;
        }
        Ok(Asleep { store, data, key, databases, deleted, used })
    }

    /// Lets a state live, by the clock as it is now.
    pub(crate) fn awake(&self, state: Asleep) -> Arc<Control> {
        let Asleep { store, data, key, databases, deleted, used } = state;
        // Known without being reachable, so that their files go when they can no longer be brought back.
        for deleted in &deleted {
            data.put(record(deleted));
            data.forget(deleted.uuid.as_str());
        }
        for database in &databases {
            data.put(record(database));
        }
        for (organization, months) in &used {
            data.include(organization.id, included_rows(organization));
            for (month, rows) in months {
                data.put_used(organization.id, *month, *rows);
            }
        }
        Control::new(store, self, data, Verifier::new(&key))
    }
}

/// A state that has been read and has not seen the clock yet.
#[derive(Debug)]
pub(crate) struct Asleep {
    store: Store,
    data: DataPlane,
    key: SigningSeed,
    databases: Vec<DatabaseRow>,
    deleted: Vec<DatabaseRow>,
    used: Vec<Used>,
}

/// An organization with the rows that it used in each month.
type Used = (OrganizationRow, Vec<(Month, Rows)>);

fn used(transaction: &Transaction<'_>) -> Result<Vec<Used>, StoreError> {
    let organizations = transaction.all_organizations()?.into_iter();
    organizations.map(|row| transaction.usage_of_organization(row.id).map(|used| (row, used))).collect()
}
