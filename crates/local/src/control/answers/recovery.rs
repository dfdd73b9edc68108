use std::collections::BTreeMap;

use turso_cloud_contract::{
    DatabaseName, OrganizationId,
    databases::{DatabaseV3, DatabaseV3Filter, DatabasesV3Answer},
    recovery::{
        DeletedGroup, DeletedGroupsAnswer, ListDeletedGroups, RestoreDatabase, RestoreGroup, RestoredDatabaseAnswer,
        RestoredGroup,
    },
};

use super::{
    Answers,
    billing::{self, Feature},
    databases,
};
use crate::{
    control::{Context, Handles, Refusal, paging, provision},
    store::{DeletedDatabaseRow, DeletedGroupRow, GroupRow, OrganizationRow},
};

impl Handles<RestoreDatabase> for Answers {
    fn handle(&self, request: RestoreDatabase, cx: &mut Context<'_>) -> Result<RestoredDatabaseAnswer, Refusal> {
        let organization = organization_to_restore(cx, &request.organization)?;
        let deleted = cx.store().find_deleted_database(organization.id, &request.database)?;
        let deleted = deleted.filter(|deleted| cx.opens_group(&deleted.database.group.uuid));
        let deleted = deleted.ok_or_else(|| databases::not_found(&request.database))?;
        let group = &deleted.database.group;
        match (deleted.group_deleted_at, deleted.went_with_group) {
            (Some(_), true) => restore_group(cx, &organization, group)?,
            (Some(_), false) => {
                return Err(Refusal::bad_request(format!(
                    "group {} of the database was deleted later and has to be restored first",
                    group.name
                )));
            }
            (None, _) => {}
        }
        let name = request.body.name.map(DatabaseName::try_from).transpose()?;
        Ok(RestoredDatabaseAnswer::new(restore_database(cx, &organization, deleted, name)?))
    }
}

impl Handles<ListDeletedGroups> for Answers {
    fn handle(&self, request: ListDeletedGroups, cx: &mut Context<'_>) -> Result<DeletedGroupsAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        billing::require(cx, &organization, Feature::Recovery)?;
        let page = paging::page(request.query.limit, request.query.cursor.as_deref())?;
        let rows = cx.store().deleted_groups_of(organization.id, page)?;
        let (rows, pagination) = paging::cut(rows, page, DeletedGroupRow::position);
        let groups = rows
            .into_iter()
            .map(|row| DeletedGroup::new(row.group.uuid, row.group.name, row.deleted_at, row.cascade_databases));
        Ok(DeletedGroupsAnswer::new(groups.collect(), pagination))
    }
}

impl Handles<RestoreGroup> for Answers {
    fn handle(&self, request: RestoreGroup, cx: &mut Context<'_>) -> Result<RestoredGroup, Refusal> {
        let organization = organization_to_restore(cx, &request.organization)?;
        let group = cx.store().find_deleted_group(organization.id, &request.group)?;
        let group = group.ok_or_else(|| Refusal::not_found("group not found"))?;
        let deleted = cx.store().databases_deleted_with(&group)?;
        restore_group(cx, &organization, &group)?;
        let (mut databases, mut failures) = (Vec::new(), BTreeMap::new());
        for row in deleted {
            let id = row.database.uuid.to_string();
            match restore_database(cx, &organization, row, None) {
                Ok(database) => databases.push(database),
                Err(refusal) if refusal.status().is_client_error() => {
                    failures.insert(id, refusal.error().to_owned());
                }
                Err(failed) => return Err(failed),
            }
        }
        Ok(RestoredGroup::new(group.into(), databases, failures))
    }
}

/// The answer to a listing of databases that asks for the deleted ones.
pub(super) fn list_databases(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    filter: &DatabaseV3Filter,
) -> Result<DatabasesV3Answer, Refusal> {
    billing::require(cx, organization, Feature::Recovery)?;
    let page = paging::page(filter.limit, filter.cursor.as_deref())?;
    let rows = cx.store().deleted_databases_of(organization.id, cx.only_group(), filter, page)?;
    let (rows, pagination) = paging::cut(rows, page, DeletedDatabaseRow::position);
    let databases = rows.into_iter().map(|row| databases::deleted_v3(cx, organization, row));
    Ok(DatabasesV3Answer::new(databases.collect::<Result<_, _>>()?, pagination))
}

fn organization_to_restore(cx: &Context<'_>, id: &OrganizationId) -> Result<OrganizationRow, Refusal> {
    let organization = cx.organization_to_run(id)?;
    billing::require(cx, &organization, Feature::Recovery)?;
    if !organization.restore_enabled {
        return Err(Refusal::bad_request(format!("restoring is not enabled for organization {}", organization.slug)));
    }
    Ok(organization)
}

fn restore_group(cx: &Context<'_>, organization: &OrganizationRow, group: &GroupRow) -> Result<(), Refusal> {
    if cx.store().find_group(group.organization_id, &group.name)?.is_some() {
        let status = cx.quirks().status_of_restored_name();
        return Err(Refusal::new(status, format!("group with name {} already exists", group.name)));
    }
    billing::admit_group(cx, organization)?;
    Ok(cx.store().restore_group(group)?)
}

/// Brings a database back into its group, which is there. What is answered is the database as it was deleted, at its
/// new address. The tokens minted for it work again, for it has kept its role.
fn restore_database(
    cx: &mut Context<'_>,
    organization: &OrganizationRow,
    mut deleted: DeletedDatabaseRow,
    name: Option<DatabaseName>,
) -> Result<DatabaseV3, Refusal> {
    let database = &mut deleted.database;
    if let Some(name) = name {
        database.name = name;
    }
    if cx.store().find_database(organization.id, &database.name)?.is_some() {
        let status = cx.quirks().status_of_restored_name();
        return Err(Refusal::new(status, format!("database with name {} already exists", database.name)));
    }
    billing::admit_database(cx, organization)?;
    database.label = provision::free_label(cx.store(), organization, &database.name)?;
    cx.store().restore_database(database)?;
    cx.publish(database);
    databases::deleted_v3(cx, organization, deleted)
}
