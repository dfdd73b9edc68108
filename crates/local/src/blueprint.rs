//! What a cloud was told to be, from which each of its states comes alive.

use std::{fs::File, path::Path, sync::Arc};

use jiff::Timestamp;

use crate::{
    Clock, CloudError,
    control::{Addresses, Control, Verifier, included_rows, record, recovery},
    data::{DataPlane, Files, Hours, Rows},
    directory::remove_strays,
    founder::{Foundation, Founder, Heirlooms, Population},
    ids::Ids,
    quirk::Quirks,
    snapshots::copy_databases,
    store::{OrganizationRow, Store, StoreError, Transaction},
};

/// What all states of a cloud have in common.
#[derive(Clone, Debug)]
pub(crate) struct Blueprint {
    pub(crate) ids: Ids,
    pub(crate) clock: Clock,
    pub(crate) population: Arc<Population>,
    pub(crate) quirks: Quirks,
    pub(crate) addresses: Arc<Addresses>,
    pub(crate) lock: Option<Arc<File>>,
}

impl Blueprint {
    /// Puts everybody into a state who is to be there at this time.
    pub(crate) fn found(
        &self,
        store: &Store,
        files: Files,
        heirlooms: &Heirlooms,
        now: Timestamp,
    ) -> Result<(DataPlane, Foundation), CloudError> {
        let data = DataPlane::new(files, self.clock.clone());
        let foundation = store.transact(|transaction| {
            let founder = Founder { transaction, ids: self.ids, now, heirlooms, data: &data };
            founder.found(&self.population)
        })?;
        Ok((data, foundation))
    }

    /// Brings the files of the databases of a state that was there before.
    pub(crate) fn bring(&self, databases: &Path, files: Files) -> Result<DataPlane, CloudError> {
        let data = DataPlane::new(files, self.clock.clone());
        copy_databases(databases, data.directory())?;
        Ok(data)
    }

    /// Lets a state live on from the present moment.
    pub(crate) fn awake(&self, store: Store, data: DataPlane) -> Result<Arc<Control>, CloudError> {
        let now = self.clock.now();
        let (key, databases, deleted, used) = store.transact(|transaction| {
            transaction.purge(recovery::deadline(now))?;
            let (databases, deleted) = (transaction.all_databases()?, transaction.all_deleted_databases()?);
            let key = transaction.platform_key()?.ok_or(CloudError::NoKey)?;
            Ok::<_, CloudError>((key, databases, deleted, used_this_month(transaction, now)?))
        })?;
        if self.lock.is_some() {
            let restorable = deleted.iter().map(|deleted| &deleted.database);
            remove_strays(data.directory(), databases.iter().chain(restorable))?;
        }
        // Known without being reachable, so that their files go when they can no longer be brought back.
        for deleted in &deleted {
            data.put(record(&deleted.database));
            data.forget(deleted.database.uuid.as_str());
        }
        for database in &databases {
            data.put(record(database));
        }
        for (organization, used) in &used {
            data.include(organization.id, included_rows(organization));
            data.add_used(organization.id, *used);
        }
        Ok(Control::new(store, self, data, Verifier::new(&key)))
    }
}

/// Every organization with the rows its databases have used since the month began.
fn used_this_month(transaction: &Transaction<'_>, now: Timestamp) -> Result<Vec<(OrganizationRow, Rows)>, StoreError> {
    let hours = Hours::of_month_until(now);
    let organizations = transaction.all_organizations()?.into_iter();
    organizations.map(|row| transaction.usage_in(row.id, hours).map(|used| (row, used))).collect()
}
