//! What Turso Cloud does by itself to groups that nobody uses.

use turso_cloud_contract::{GroupName, InvalidInput, OrganizationSlug};

use super::{Control, record};
use crate::CloudError;

impl Control {
    /// Archives a group with its databases.
    pub(crate) fn archive_group(&self, organization: &str, group: &str) -> Result<(), CloudError> {
        let (slug, name) = (OrganizationSlug::try_from(organization)?, GroupName::try_from(group)?);
        self.store
            .transact_then(
                |transaction| {
                    let organization = transaction.find_organization(&slug)?;
                    let organization = organization.ok_or_else(|| unknown("organization", slug.as_str()))?;
                    let group = transaction.find_group(organization.id, &name)?;
                    let mut group = group.ok_or_else(|| unknown("group", name.as_str()))?;
                    group.archived = true;
                    transaction.update_group(&group)?;
                    let mut databases = transaction.databases_in(&group)?;
                    for database in &mut databases {
                        database.archived = true;
                        transaction.update_database(database)?;
                    }
                    Ok::<_, CloudError>(databases)
                },
                |databases| databases.iter().for_each(|database| self.data.put(record(database))),
            )
            .map(drop)
    }
}

pub(super) fn unknown(field: &'static str, name: &str) -> InvalidInput {
    InvalidInput::new(field, name, "there is none of this name")
}
