//! Usage that no statement caused.

use turso_cloud_contract::{DatabaseName, OrganizationSlug};

use super::{Control, archive::unknown};
use crate::{CloudError, data::Rows};

impl Control {
    /// Counts rows as used by a database.
    pub(crate) fn add_usage(&self, organization: &str, database: &str, rows: Rows) -> Result<(), CloudError> {
        let (slug, name) = (OrganizationSlug::try_from(organization)?, DatabaseName::try_from(database)?);
        let database = self.store.transact(|transaction| {
            let organization = transaction.find_organization(&slug)?;
            let organization = organization.ok_or_else(|| unknown("organization", slug.as_str()))?;
            let database = transaction.find_database(organization.id, &name)?;
            Ok::<_, CloudError>(database.ok_or_else(|| unknown("database", name.as_str()))?)
        })?;
        self.data.count(database.uuid.as_str(), rows);
        Ok(())
    }
}
