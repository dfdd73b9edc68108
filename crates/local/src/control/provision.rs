//! Making what has ids and keys: for operations, and for a cloud that is being set up.

use turso_cloud_contract::{
    DatabaseName, GroupName, InvalidInput, LocationCode, OrganizationSlug, organizations::OrganizationKind,
};

use super::{Refusal, label};
use crate::{
    ids::{IdError, Ids},
    store::{GroupRow, OrganizationRow, Role, Transaction, UserRow},
};

/// The longest label of a host name (RFC 1035).
const LONGEST_LABEL: usize = 63;

/// The longest slug that has room beside it in a label: for a dash, and the shortest name of a database.
pub(crate) const LONGEST_SLUG: usize = LONGEST_LABEL - "-a".len();

/// The plan of an organization unless another one is asked for: the one with everything, so that nothing is refused for it.
const PLAN: &str = "pro";

/// Makes an organization with its owner.
pub(crate) fn organization(
    transaction: &Transaction<'_>,
    ids: Ids,
    owner: &UserRow,
    name: String,
    slug: OrganizationSlug,
    kind: OrganizationKind,
) -> Result<OrganizationRow, IdError> {
    let organization = transaction.insert_organization(OrganizationRow {
        id: 0,
        uuid: ids.uuid(transaction)?,
        slug,
        name,
        kind,
        plan: PLAN.to_owned(),
        overages: false,
        require_mfa: false,
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
        role_id: ids.role_id(transaction)?,
        delete_protection: false,
        archived: false,
    })?)
}

/// The name and the organization make up the host name together, so that `a-b` of `c` and `a` of `b-c` want the same.
pub(crate) fn free_label(
    transaction: &Transaction<'_>,
    organization: &OrganizationRow,
    name: &DatabaseName,
) -> Result<String, Refusal> {
    let label = fitting_label(organization, name)?;
    check_is_free(transaction, &label)?;
    Ok(label)
}

pub(crate) fn check_is_free(transaction: &Transaction<'_>, label: &str) -> Result<(), Refusal> {
    if transaction.label_is_taken(label)? {
        let refusal = Refusal::bad_request(format!("Namespace {label} already exists"));
        return Err(refusal.code("create_database_generic_error"));
    }
    Ok(())
}

/// What a database is to be called in host names, whether it is free or not.
pub(crate) fn fitting_label(organization: &OrganizationRow, name: &DatabaseName) -> Result<String, InvalidInput> {
    let label = label(name, &organization.slug);
    if label.len() > LONGEST_LABEL {
        let rule = format!("with the organization, {label} must fit into {LONGEST_LABEL} characters of a host name");
        return Err(InvalidInput::new("database name", name.as_str(), rule));
    }
    Ok(label)
}
