use jiff::{SignedDuration, Timestamp};
use turso_cloud_contract::{
    DatabaseName, DatabaseToken, Expiration, Nothing,
    audit_logs::AuditCode,
    database_tokens::{
        Authorization, CreateDatabaseToken, CreateDatabaseTokenV3, CreateGroupToken, CreateGroupTokenV3,
        RotateDatabaseTokens, RotateGroupTokens, TokenAnswer, TokenOptions, TokenPermissions,
    },
};

use super::{Answers, databases, groups};
use crate::{
    control::{Context, Handles, Refusal},
    data::{Access, Rules, Subject, TokenClaims, mint},
    store::{DatabaseRow, DeletedDatabaseRow, GroupRow, OrganizationRow},
};

impl Handles<CreateDatabaseToken> for Answers {
    fn handle(&self, request: CreateDatabaseToken, cx: &mut Context<'_>) -> Result<TokenAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let database = databases::find(cx, &organization, &request.database)?;
        mint_for_database(cx, &organization, &database, &request.query, &request.body)
    }
}

impl Handles<CreateDatabaseTokenV3> for Answers {
    fn handle(&self, request: CreateDatabaseTokenV3, cx: &mut Context<'_>) -> Result<TokenAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let database = databases::find_by_id(cx, &organization, &request.database)?;
        mint_for_database(cx, &organization, &database, &request.query, &request.body)
    }
}

impl Handles<CreateGroupToken> for Answers {
    fn handle(&self, request: CreateGroupToken, cx: &mut Context<'_>) -> Result<TokenAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let group = groups::find(cx, &organization, &request.group)?;
        mint_for_group(cx, &organization, &group, &request.query, &request.body)
    }
}

impl Handles<CreateGroupTokenV3> for Answers {
    fn handle(&self, request: CreateGroupTokenV3, cx: &mut Context<'_>) -> Result<TokenAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let group = groups::find_by_id(cx, &organization, &request.group)?;
        mint_for_group(cx, &organization, &group, &request.query, &request.body)
    }
}

impl Handles<RotateDatabaseTokens> for Answers {
    /// A token names the role it was minted for, so that a new role ends all of them at once, whatever second it is.
    /// The service documents no audit code for it, so that it leaves no entry.
    fn handle(&self, request: RotateDatabaseTokens, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let mut database = databases::find(cx, &organization, &request.database)?;
        database.role_id = cx.ids().role_id(cx.store())?;
        cx.store().update_database(&database)?;
        cx.publish(&database);
        Ok(Nothing)
    }
}

impl Handles<RotateGroupTokens> for Answers {
    /// Ends the tokens of the group and of each of its databases, the deleted ones among them: they may come back.
    fn handle(&self, request: RotateGroupTokens, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let mut group = groups::find(cx, &organization, &request.group)?;
        group.role_id = cx.ids().role_id(cx.store())?;
        cx.store().update_group(&group)?;
        for mut database in cx.store().databases_in(&group)? {
            database.role_id = cx.ids().role_id(cx.store())?;
            cx.store().update_database(&database)?;
            cx.publish(&database);
        }
        for DeletedDatabaseRow { mut database, .. } in cx.store().deleted_databases_in(&group)? {
            database.role_id = cx.ids().role_id(cx.store())?;
            cx.store().update_database(&database)?;
        }
        Ok(Nothing)
    }
}

fn mint_for_database(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    database: &DatabaseRow,
    options: &TokenOptions,
    permissions: &TokenPermissions,
) -> Result<TokenAnswer, Refusal> {
    if database.uses_tursodb && permissions.permissions.is_some() {
        return Err(Refusal::bad_request("Permissions are not supported for db-api controlled databases"));
    }
    let subject = Subject::Database { id: database.uuid.to_string() };
    let token = mint_for(cx, subject, &database.role_id, &database.group, options, permissions)?;
    databases::audit(cx, organization, AuditCode::DbTokenCreate, database)?;
    Ok(token)
}

fn mint_for_group(
    cx: &Context<'_>,
    organization: &OrganizationRow,
    group: &GroupRow,
    options: &TokenOptions,
    permissions: &TokenPermissions,
) -> Result<TokenAnswer, Refusal> {
    let subject = Subject::Group { id: group.uuid.to_string() };
    let token = mint_for(cx, subject, &group.role_id, group, options, permissions)?;
    groups::audit(cx, organization, AuditCode::GroupTokenCreate, group)?;
    Ok(token)
}

fn mint_for(
    cx: &Context<'_>,
    subject: Subject,
    role_id: &str,
    group: &GroupRow,
    options: &TokenOptions,
    permissions: &TokenPermissions,
) -> Result<TokenAnswer, Refusal> {
    let claims = TokenClaims {
        access: access(&options.authorization),
        subject,
        role_id: role_id.to_owned(),
        rules: Rules::of(&permissions.fine_grained_permissions),
        attachable: attachable(cx, group, permissions)?,
        issued_at: cx.now(),
        expires_at: end(cx.now(), options.expiration)?,
    };
    let jwt = mint(&claims, &group.signing_key).map_err(Refusal::internal)?;
    Ok(TokenAnswer::new(DatabaseToken::new(jwt)?))
}

/// The ids of the databases the token may attach, which are of the same group.
fn attachable(cx: &Context<'_>, group: &GroupRow, permissions: &TokenPermissions) -> Result<Vec<String>, Refusal> {
    let names = permissions.permissions.iter().flat_map(|attach| &attach.read_attach.databases);
    let id = |name: &String| {
        let database = cx.store().find_database(group.organization_id, &DatabaseName::try_from(name)?)?;
        let database = database.filter(|database| database.group.uuid == group.uuid);
        let database = database.ok_or_else(|| {
            Refusal::bad_request(format!("cannot attach {name}: there is no such database in group {}", group.name))
        })?;
        Ok(database.uuid.to_string())
    };
    names.map(id).collect()
}

/// What is neither of the two was refused with the request.
fn access(authorization: &Authorization) -> Access {
    if *authorization == Authorization::FullAccess { Access::Full } else { Access::ReadOnly }
}

fn end(now: Timestamp, expiration: Expiration) -> Result<Option<Timestamp>, Refusal> {
    let Some(seconds) = expiration.as_secs() else { return Ok(None) };
    let lifetime = i64::try_from(seconds).ok().map(SignedDuration::from_secs);
    let end = lifetime.and_then(|lifetime| now.checked_add(lifetime).ok());
    end.map(Some).ok_or_else(|| Refusal::bad_request("Invalid expiration format"))
}
