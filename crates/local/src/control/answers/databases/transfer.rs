use turso_cloud_contract::{Nothing, OrganizationSlug, databases::TransferDatabase};

use super::find;
use crate::{
    control::{
        Context, Handles, Refusal,
        answers::{Answers, billing},
        provision,
    },
    store::{DatabaseRow, GroupRow, OrganizationRow},
};

impl Handles<TransferDatabase> for Answers {
    /// The tokens of the database end: they are signed with the key of the group that it leaves. The service documents
    /// no audit code for it, so that it leaves no entry.
    fn handle(&self, request: TransferDatabase, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let database = find(cx, &organization, &request.database)?;
        let target = target(cx, &organization, request.body.organization)?;
        let group = group_for(cx, &database, &target)?;
        move_to(cx, database, group, &target)?;
        Ok(Nothing)
    }
}

/// The organization something is to move to, which the caller must administer.
pub(in crate::control::answers) fn target(
    cx: &Context<'_>,
    source: &OrganizationRow,
    slug: String,
) -> Result<OrganizationRow, Refusal> {
    let target = cx.organization_to_run(&OrganizationSlug::try_from(slug)?)?;
    if target.id == source.id {
        return Err(Refusal::bad_request(format!("it belongs to organization {} already", target.slug)));
    }
    Ok(target)
}

/// Gives a database to a group of the organization, with a host name that says so.
pub(in crate::control::answers) fn move_to(
    cx: &mut Context<'_>,
    mut database: DatabaseRow,
    group: GroupRow,
    target: &OrganizationRow,
) -> Result<(), Refusal> {
    if cx.store().find_database(target.id, &database.name)?.is_some() {
        return Err(Refusal::conflict(format!("database with name {} already exists", database.name)));
    }
    billing::admit_database(cx, target)?;
    database.label = provision::free_label(cx.store(), target, &database.name)?;
    database.group = group;
    cx.store().update_database(&database)?;
    cx.publish(&database);
    Ok(())
}

/// The group of the same name, or else the oldest one.
fn group_for(cx: &Context<'_>, database: &DatabaseRow, target: &OrganizationRow) -> Result<GroupRow, Refusal> {
    let groups = cx.store().groups_of(target.id)?;
    let same = groups.iter().find(|group| group.name == database.group.name);
    let group = same.or(groups.first()).cloned();
    group.ok_or_else(|| Refusal::bad_request(format!("organization {} has no group", target.slug)))
}
