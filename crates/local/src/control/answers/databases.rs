mod configuration;
mod engine;
mod instances;
mod seed;
mod transfer;
mod usage;
mod v3;

use std::collections::HashMap;

use turso_cloud_contract::{
    DatabaseId, DatabaseName, GroupName, Nothing,
    audit_logs::AuditCode,
    databases::{
        CreateDatabase, CreatedDatabase, CreatedDatabaseAnswer, Database, DatabaseAnswer, DatabaseFilter,
        DatabasesAnswer, DeleteDatabase, DeletedDatabaseAnswer, GetDatabase, ListDatabases, NewDatabase, Parent,
        WakeUpDatabase,
    },
};

use engine::name as engine_name;
pub(super) use transfer::{move_to, target};
pub(super) use usage::used_this_month;

use seed::Content;

use super::{
    Answers,
    billing::{self, Feature},
    groups,
};
use crate::{
    control::{Context, Handles, Refusal, paging, provision},
    store::{DatabaseRow, GroupRow, ListedDatabase, OrganizationRow, Position},
};

pub(super) use v3::deleted as deleted_v3;

impl Handles<ListDatabases> for Answers {
    fn handle(&self, request: ListDatabases, cx: &mut Context<'_>) -> Result<DatabasesAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        if asks_for_schemas(&request.query) {
            return Ok(DatabasesAnswer::default());
        }
        // Without a limit, all of them.
        let page = paging::page(request.query.limit.or(Some(u64::MAX)), request.query.cursor.as_deref())?;
        let rows = cx.store().listed_databases_of(organization.id, cx.only_group(), &request.query, page)?;
        let (rows, pagination) = paging::cut(rows, page, |row| Position { time: 0, row: row.id });
        let pagination = pagination.next.is_some().then_some(pagination);
        let groups = cx.store().groups_of(organization.id)?.into_iter();
        let groups: HashMap<_, _> = groups.map(|group| (group.id, group)).collect();
        let databases = rows.into_iter().filter_map(|row| Some(answer(cx, groups.get(&row.group)?, row)));
        Ok(DatabasesAnswer::new(databases.collect(), pagination))
    }
}

impl Handles<CreateDatabase> for Answers {
    fn handle(&self, request: CreateDatabase, cx: &mut Context<'_>) -> Result<CreatedDatabaseAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        Ok(CreatedDatabaseAnswer::new(create(cx, &organization, &request.body)?))
    }
}

impl Handles<GetDatabase> for Answers {
    fn handle(&self, request: GetDatabase, cx: &mut Context<'_>) -> Result<DatabaseAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let database = find(cx, &organization, &request.database)?;
        let (group, listed) = database.listed();
        Ok(DatabaseAnswer::new(answer(cx, &group, listed)))
    }
}

impl Handles<DeleteDatabase> for Answers {
    fn handle(&self, request: DeleteDatabase, cx: &mut Context<'_>) -> Result<DeletedDatabaseAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let database = find(cx, &organization, &request.database)?;
        delete(cx, &organization, &database)?;
        Ok(DeletedDatabaseAnswer::new(database.name))
    }
}

impl Handles<WakeUpDatabase> for Answers {
    fn handle(&self, request: WakeUpDatabase, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let mut database = find(cx, &organization, &request.database)?;
        if database.archived {
            wake_up(cx, &mut database)?;
            audit(cx, &organization, AuditCode::DbUnarchive, &database)?;
        }
        Ok(Nothing)
    }
}

pub(super) fn wake_up(cx: &mut Context<'_>, database: &mut DatabaseRow) -> Result<(), Refusal> {
    database.archived = false;
    cx.store().update_database(database)?;
    cx.publish(database);
    Ok(())
}

/// There are no schema databases, and none that follow one.
fn asks_for_schemas(filter: &DatabaseFilter) -> bool {
    filter.schema.is_some() || filter.kind.as_deref() == Some("schema")
}

fn create(
    cx: &mut Context<'_>,
    organization: &OrganizationRow,
    request: &NewDatabase,
) -> Result<CreatedDatabase, Refusal> {
    let name = DatabaseName::try_from(request.name.as_str())?;
    let group = cx.store().find_group(organization.id, &GroupName::try_from(request.group.as_str())?)?;
    let group = group.filter(|group| cx.opens_group(&group.uuid));
    let group = group.ok_or_else(|| Refusal::bad_request("group not found"))?;
    if cx.store().find_database(organization.id, &name)?.is_some() {
        return Err(cx.quirks().database_taken(&name));
    }
    refuse_schemas(request)?;
    billing::admit_database(cx, organization)?;
    if request.remote_encryption.is_some() {
        billing::require(cx, organization, Feature::Encryption)?;
    }
    let label = provision::free_label(cx.store(), organization, &name)?;
    let content = Content::find(cx, organization, request.seed.as_ref())?;
    let uses_tursodb = engine::uses_tursodb(request, content.original())?;
    engine::check_size_limit(uses_tursodb, request.size_limit)?;
    let uuid = engine::marked(cx.ids().uuid(cx.store())?, uses_tursodb)?;
    let encryption = engine::encryption(request.remote_encryption.as_ref(), content.original(), &uuid)?;
    let row = DatabaseRow::new(uuid, name, group, label, cx.ids().role_id(cx.store())?, cx.now());
    let database = cx.store().insert_database(DatabaseRow {
        encryption,
        uses_tursodb,
        size_limit: request.size_limit,
        draft: matches!(content, Content::Upload),
        parent: content.original().map(|row| Parent::new(row.uuid.clone(), row.name.clone(), cx.now())),
        ..row
    })?;
    cx.publish(&database);
    audit(cx, organization, AuditCode::DbCreate, &database)?;
    content.give_to(cx, &database)?;
    let hostname = cx.hostname(database.id, &database.label);
    Ok(CreatedDatabase::new(database.uuid, hostname, database.name))
}

/// An offer that the service has taken back is not imitated; better no database than another one than was asked for.
fn refuse_schemas(request: &NewDatabase) -> Result<(), Refusal> {
    let follows = request.schema.as_ref().is_some_and(|schema| !schema.is_empty());
    if follows || request.is_schema == Some(true) {
        return Err(Refusal::bad_request(
            "the local cloud has no schema databases: is_schema and schema cannot be used",
        ));
    }
    Ok(())
}

/// What is deleted stays for a while, to be brought back.
fn delete(cx: &mut Context<'_>, organization: &OrganizationRow, database: &DatabaseRow) -> Result<(), Refusal> {
    groups::refuse_if_protected(&database.group)?;
    refuse_if_protected(database)?;
    cx.store().delete_database(database, cx.now())?;
    cx.withdraw(database);
    audit(cx, organization, AuditCode::DbDelete, database)
}

pub(super) fn find(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    name: &DatabaseName,
) -> Result<DatabaseRow, Refusal> {
    let database = cx.store().find_database(organization.id, name)?;
    let database = database.filter(|database| cx.opens_group(&database.group.uuid));
    database.ok_or_else(|| Refusal::not_found(format!("could not find database with name {name}: record not found")))
}

pub(super) fn find_by_id(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    id: &DatabaseId,
) -> Result<DatabaseRow, Refusal> {
    let database = cx.store().find_database_by_id(organization.id, id)?;
    database.filter(|database| cx.opens_group(&database.group.uuid)).ok_or_else(|| not_found(id))
}

pub(super) fn not_found(id: &DatabaseId) -> Refusal {
    Refusal::not_found(format!("could not find database with id {id}: record not found"))
}

pub(super) fn audit(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    code: AuditCode,
    database: &DatabaseRow,
) -> Result<(), Refusal> {
    let (name, group) = (database.name.as_str(), database.group.name.as_str());
    cx.audit(organization, code, [("database", name), ("group", group)])
}

pub(super) fn refuse_if_protected(database: &DatabaseRow) -> Result<(), Refusal> {
    if !database.delete_protection {
        return Ok(());
    }
    Err(Refusal::forbidden(format!("database {} is delete-protected and cannot be deleted", database.name)))
}

fn answer(cx: &Context<'_>, group: &GroupRow, row: ListedDatabase) -> Database {
    let hostname = cx.hostname(row.id, &row.label);
    let mut database = Database::new(row.name, row.uuid, hostname, group.name.clone(), group.location.clone());
    database.regions = group.locations().cloned().collect();
    database.block_reads = row.block_reads;
    database.block_writes = row.block_writes;
    database.delete_protection = row.delete_protection;
    database.parent = row.parent;
    database.encryption_cipher = row.cipher;
    database
}
