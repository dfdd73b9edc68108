//! Databases by id.

use turso_cloud_contract::{
    DatabaseName, GroupId, Nothing, OrganizationId,
    databases::{
        AllowRules, CreateDatabaseV3, CreatedDatabaseV3Answer, DatabaseV3, DatabaseV3Answer, DatabaseV3Filter,
        DatabasesV3Answer, DeleteDatabaseV3, GetDatabaseV3, ListDatabasesV3, NewDatabase, NewDatabaseV3, Seed,
    },
};

use super::{Answers, create, delete, engine_name, find, find_by_id};
use crate::{
    control::{Context, Handles, Refusal, answers::recovery, paging},
    store::{DatabaseRow, DeletedDatabaseRow, OrganizationRow, Position},
};

impl Handles<ListDatabasesV3> for Answers {
    fn handle(&self, request: ListDatabasesV3, cx: &mut Context<'_>) -> Result<DatabasesV3Answer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        match request.query.deleted {
            None => list(cx, &organization, &request.query),
            Some(true) => recovery::list_databases(cx, &organization, &request.query),
            Some(false) => Err(Refusal::bad_request("deleted must be true or absent")),
        }
    }
}

impl Handles<CreateDatabaseV3> for Answers {
    fn handle(&self, request: CreateDatabaseV3, cx: &mut Context<'_>) -> Result<CreatedDatabaseV3Answer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let group = group_of(cx, &organization, &request.body)?;
        let mut database = NewDatabase::new(request.body.name, group);
        database.seed = request.body.seed;
        database.remote_encryption = request.body.remote_encryption;
        database.use_tursodb = request.body.use_tursodb;
        Ok(CreatedDatabaseV3Answer::new(create(cx, &organization, &database)?))
    }
}

impl Handles<GetDatabaseV3> for Answers {
    fn handle(&self, request: GetDatabaseV3, cx: &mut Context<'_>) -> Result<DatabaseV3Answer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let row = find_by_id(cx, &organization, &request.database)?;
        let mut rules = AllowRules::default();
        rules.allowed_ips.clone_from(&row.allowed_ips);
        rules.allowed_aws_vpc_ids.clone_from(&row.allowed_vpc_ids);
        let mut database = answer(cx, &organization, row)?;
        database.allow_rules_config = Some(rules);
        Ok(DatabaseV3Answer::new(database))
    }
}

impl Handles<DeleteDatabaseV3> for Answers {
    fn handle(&self, request: DeleteDatabaseV3, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let database = find_by_id(cx, &organization, &request.database)?;
        delete(cx, &organization, &database)?;
        Ok(Nothing)
    }
}

fn list(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    filter: &DatabaseV3Filter,
) -> Result<DatabasesV3Answer, Refusal> {
    let page = paging::page(filter.limit, filter.cursor.as_deref())?;
    let rows = cx.store().page_of_databases(organization.id, cx.only_group(), filter, page)?;
    let (rows, pagination) = paging::cut(rows, page, |row| Position { time: 0, row: row.id });
    let databases = rows.into_iter().map(|row| answer(cx, organization, row)).collect::<Result<_, _>>()?;
    Ok(DatabasesV3Answer::new(databases, pagination))
}

/// The name of the group a new database is to be in: a copy for which none is given stays in that of the original.
fn group_of(cx: &Context<'_>, organization: &OrganizationRow, new: &NewDatabaseV3) -> Result<String, Refusal> {
    match (&new.group_id, &new.seed) {
        (Some(id), _) => {
            let group = cx.store().find_group_by_id(organization.id, &GroupId::try_from(id)?)?;
            let group = group.filter(|group| cx.opens_group(&group.uuid));
            Ok(group.ok_or_else(|| Refusal::bad_request("group not found"))?.name.into())
        }
        (None, Some(Seed::Database { name, .. })) => {
            Ok(find(cx, organization, &DatabaseName::try_from(name)?)?.group.name.into())
        }
        (None, _) => Err(Refusal::bad_request("group_id is required")),
    }
}

fn answer(cx: &Context<'_>, organization: &OrganizationRow, row: DatabaseRow) -> Result<DatabaseV3, Refusal> {
    let (block_reads, block_writes, parent) = (row.block_reads, row.block_writes, row.parent.clone());
    let engine = engine_name(row.uses_tursodb).to_owned();
    let mut database = common(cx, organization, row)?;
    database.block_reads = Some(block_reads);
    database.block_writes = Some(block_writes);
    database.engine = Some(engine);
    database.parent = parent;
    Ok(database)
}

/// A deleted database, as the documents show it.
pub(in crate::control::answers) fn deleted(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    row: DeletedDatabaseRow,
) -> Result<DatabaseV3, Refusal> {
    let mut database = common(cx, organization, row.database)?;
    database.deleted_at = Some(row.deleted_at);
    database.group_deleted_at = row.group_deleted_at.filter(|_| row.went_with_group);
    Ok(database)
}

fn common(cx: &Context<'_>, organization: &OrganizationRow, row: DatabaseRow) -> Result<DatabaseV3, Refusal> {
    let hostname = cx.hostname(row.id, &row.label);
    let regions = row.group.locations().cloned().collect();
    let group = (row.group.name, row.group.uuid);
    let id = OrganizationId::try_from(organization.uuid.as_str())?;
    let mut database = DatabaseV3::new(row.name, row.uuid, hostname, group, id, row.group.location);
    database.regions = regions;
    database.delete_protection = row.delete_protection;
    Ok(database)
}
