use turso_cloud_contract::{
    DatabaseName, GroupName, InvalidInput,
    audit_logs::AuditCode,
    databases::{
        CreateDatabase, CreatedDatabase, CreatedDatabaseAnswer, Database, DatabaseAnswer, DatabasesAnswer,
        DeleteDatabase, DeletedDatabaseAnswer, GetDatabase, ListDatabases, NewDatabase,
    },
};

use super::{Answers, groups};
use crate::{
    control::{Context, Handles, Refusal, label},
    store::{DatabaseRow, OrganizationRow},
};

/// The longest label of a host name (RFC 1035).
const LONGEST_LABEL: usize = 63;

impl Handles<ListDatabases> for Answers {
    fn handle(&self, request: ListDatabases, cx: &mut Context<'_>) -> Result<DatabasesAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let databases = cx.store().databases_of(organization.id, &request.query)?;
        let databases = databases.into_iter().filter(|database| cx.opens_group(&database.group.uuid));
        let databases = databases.map(|database| answer(cx, database)).collect();
        Ok(DatabasesAnswer { databases, pagination: None })
    }
}

impl Handles<CreateDatabase> for Answers {
    fn handle(&self, request: CreateDatabase, cx: &mut Context<'_>) -> Result<CreatedDatabaseAnswer, Refusal> {
        let organization = cx.organization_to_change(&request.organization)?;
        refuse_unsupported(&request.body)?;
        let name = DatabaseName::try_from(request.body.name)?;
        let group = cx.store().find_group(organization.id, &GroupName::try_from(request.body.group)?)?;
        let group = group.filter(|group| cx.opens_group(&group.uuid));
        let group = group.ok_or_else(|| Refusal::bad_request("group not found"))?;
        if cx.store().find_database(organization.id, &name)?.is_some() {
            return Err(Refusal::conflict(format!("database with name {name} already exists")));
        }
        let label = free_label(cx, &organization, &name)?;
        let database = cx.store().insert_database(DatabaseRow {
            id: 0,
            uuid: cx.ids().uuid(cx.store())?,
            name,
            group,
            label,
            role_id: cx.ids().uuid(cx.store())?,
            size_limit: request.body.size_limit,
            block_reads: false,
            block_writes: false,
            delete_protection: false,
            parent: None,
            created_at: cx.now(),
        })?;
        cx.publish(&database);
        audit(cx, &organization, AuditCode::DbCreate, &database)?;
        let hostname = cx.hostname(&database.label);
        Ok(CreatedDatabaseAnswer { database: CreatedDatabase::new(database.uuid, hostname, database.name) })
    }
}

impl Handles<GetDatabase> for Answers {
    fn handle(&self, request: GetDatabase, cx: &mut Context<'_>) -> Result<DatabaseAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let database = find(cx, &organization, &request.database)?;
        Ok(DatabaseAnswer { database: answer(cx, database) })
    }
}

impl Handles<DeleteDatabase> for Answers {
    fn handle(&self, request: DeleteDatabase, cx: &mut Context<'_>) -> Result<DeletedDatabaseAnswer, Refusal> {
        let organization = cx.organization_to_change(&request.organization)?;
        let database = find(cx, &organization, &request.database)?;
        groups::refuse_if_protected(&database.group)?;
        refuse_if_protected(&database)?;
        cx.store().delete_database(&database)?;
        cx.withdraw(&database);
        audit(cx, &organization, AuditCode::DbDelete, &database)?;
        Ok(DeletedDatabaseAnswer { database: database.name })
    }
}

/// Better refused than silently empty, unencrypted or on another engine.
fn refuse_unsupported(database: &NewDatabase) -> Result<(), Refusal> {
    let unsupported = [
        ("seed", database.seed.is_some()),
        ("remote_encryption", database.remote_encryption.is_some()),
        ("use_tursodb", database.use_tursodb == Some(true)),
    ];
    match unsupported.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Refusal::bad_request(format!("the local cloud does not support {option} yet"))),
        None => Ok(()),
    }
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

/// The name and the organization make up the host name together, so that `a-b` of `c` and `a` of `b-c` want the same.
fn free_label(cx: &Context<'_>, organization: &OrganizationRow, name: &DatabaseName) -> Result<String, Refusal> {
    let label = label(name, &organization.slug);
    if label.len() > LONGEST_LABEL {
        let rule = format!("with the organization, {label} must fit into {LONGEST_LABEL} characters of a host name");
        return Err(InvalidInput::new("database name", name.as_str(), rule).into());
    }
    if cx.store().label_is_taken(&label)? {
        let refusal = Refusal::bad_request(format!("Namespace {label} already exists"));
        return Err(refusal.code("create_database_generic_error"));
    }
    Ok(label)
}

fn answer(cx: &Context<'_>, row: DatabaseRow) -> Database {
    let hostname = cx.hostname(&row.label);
    let mut database = Database::new(row.name, row.uuid, hostname, row.group.name, row.group.location);
    database.block_reads = row.block_reads;
    database.block_writes = row.block_writes;
    database.delete_protection = row.delete_protection;
    database.parent = row.parent;
    database
}
