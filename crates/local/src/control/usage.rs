//! Usage that no statement caused.

use turso_cloud_contract::{DatabaseName, OrganizationSlug};

use super::{Control, archive::unknown};
use crate::{CloudError, data::Rows, local_api::UsageToAdd};

impl Control {
    /// Counts rows as used by a database.
    pub(crate) fn add_usage(&self, usage: &UsageToAdd) -> Result<(), CloudError> {
        let (slug, name) = (OrganizationSlug::try_from(&usage.organization)?, DatabaseName::try_from(&usage.database)?);
        let database = self.store.transact(|transaction| {
            let organization = transaction.find_organization(&slug)?;
            let organization = organization.ok_or_else(|| unknown("organization", slug.as_str()))?;
            let database = transaction.find_database(organization.id, &name)?;
            Ok::<_, CloudError>(database.ok_or_else(|| unknown("database", name.as_str()))?)
        })?;
        let rows = Rows { read: usage.rows_read, written: usage.rows_written };
        self.data.count(database.uuid.as_str(), rows);
        Ok(())
    }
}
