//! Making what has ids and keys: for operations, and for a cloud that is being set up.

use turso_cloud_contract::{GroupName, LocationCode, OrganizationSlug, organizations::OrganizationKind};

use crate::{
    ids::{IdError, Ids},
    store::{GroupRow, OrganizationRow, Role, Transaction, UserRow},
};

/// The plan of every organization: the cheapest one that knows audit logs and more than one group.
const PLAN: &str = "scaler";

/// Makes an organization with its owner.
pub(crate) fn organization(
    transaction: &Transaction<'_>,
    ids: Ids,
    owner: &UserRow,
    slug: OrganizationSlug,
    kind: OrganizationKind,
) -> Result<OrganizationRow, IdError> {
    let name = if kind == OrganizationKind::Personal { "personal".to_owned() } else { capitalized(slug.as_str()) };
    let uuid = ids.uuid(transaction)?;
    let organization = transaction.insert_organization(OrganizationRow {
        id: 0,
        uuid,
        slug,
        name,
        kind,
        plan: PLAN.to_owned(),
        restore_enabled: true,
    })?;
    transaction.insert_member(organization.id, owner.id, Role::Owner)?;
    Ok(organization)
}

/// Makes a group with its key.
pub(crate) fn group(
    transaction: &Transaction<'_>,
    ids: Ids,
    organization: &OrganizationRow,
    name: GroupName,
    location: LocationCode,
) -> Result<GroupRow, IdError> {
    Ok(transaction.insert_group(GroupRow {
        id: 0,
        organization_id: organization.id,
        uuid: ids.uuid(transaction)?,
        name,
        location,
        replicas: Vec::new(),
        signing_key: ids.signing_seed(transaction)?,
        role_id: ids.uuid(transaction)?,
        delete_protection: false,
        archived: false,
    })?)
}

fn capitalized(slug: &str) -> String {
    let mut characters = slug.chars();
    characters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + characters.as_str())
}
