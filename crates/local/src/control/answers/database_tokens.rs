use jiff::{SignedDuration, Timestamp};
use turso_cloud_contract::{
    DatabaseToken, Expiration, Nothing, RequestPart as _,
    audit_logs::AuditCode,
    database_tokens::{
        Authorization, CreateDatabaseToken, CreateGroupToken, RotateDatabaseTokens, RotateGroupTokens, TokenAnswer,
        TokenOptions, TokenPermissions,
    },
};

use super::{Answers, databases, groups};
use crate::{
    control::{Context, Handles, Refusal},
    data::{Access, Subject, TokenClaims, mint},
    store::GroupRow,
};

impl Handles<CreateDatabaseToken> for Answers {
    fn handle(&self, request: CreateDatabaseToken, cx: &mut Context<'_>) -> Result<TokenAnswer, Refusal> {
        let organization = cx.organization_to_change(&request.organization)?;
        let database = databases::find(cx, &organization, &request.database)?;
        refuse_permissions(&request.body)?;
        let subject = Subject::Database { id: database.uuid.to_string() };
        let answer = token(cx, &request.query, subject, &database.role_id, &database.group)?;
        databases::audit(cx, &organization, AuditCode::DbTokenCreate, &database)?;
        Ok(answer)
    }
}

impl Handles<CreateGroupToken> for Answers {
    fn handle(&self, request: CreateGroupToken, cx: &mut Context<'_>) -> Result<TokenAnswer, Refusal> {
        let organization = cx.organization_to_change(&request.organization)?;
        let group = groups::find(cx, &organization, &request.group)?;
        refuse_permissions(&request.body)?;
        let subject = Subject::Group { id: group.uuid.to_string() };
        let answer = token(cx, &request.query, subject, &group.role_id, &group)?;
        groups::audit(cx, &organization, AuditCode::GroupTokenCreate, &group)?;
        Ok(answer)
    }
}

impl Handles<RotateDatabaseTokens> for Answers {
    /// A token names the role it was minted for, so that a new role ends all of them at once, whatever second it is.
    /// The service documents no audit code for it, so that it leaves no entry.
    fn handle(&self, request: RotateDatabaseTokens, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization_to_change(&request.organization)?;
        let mut database = databases::find(cx, &organization, &request.database)?;
        database.role_id = cx.ids().uuid(cx.store())?;
        cx.store().update_database(&database)?;
        cx.publish(&database);
        Ok(Nothing)
    }
}

impl Handles<RotateGroupTokens> for Answers {
    /// Ends the tokens of the group and of each of its databases.
    fn handle(&self, request: RotateGroupTokens, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization_to_change(&request.organization)?;
        let mut group = groups::find(cx, &organization, &request.group)?;
        group.role_id = cx.ids().uuid(cx.store())?;
        cx.store().update_group(&group)?;
        for mut database in cx.store().databases_in(&group)? {
            database.role_id = cx.ids().uuid(cx.store())?;
            cx.store().update_database(&database)?;
            cx.publish(&database);
        }
        Ok(Nothing)
    }
}

/// A token that opened more than was asked for would hide a mistake that Turso Cloud shows.
fn refuse_permissions(permissions: &TokenPermissions) -> Result<(), Refusal> {
    if permissions.is_empty() {
        return Ok(());
    }
    Err(Refusal::bad_request("the local cloud does not support permissions of tokens yet"))
}

fn token(
    cx: &Context<'_>,
    options: &TokenOptions,
    subject: Subject,
    role_id: &str,
    group: &GroupRow,
) -> Result<TokenAnswer, Refusal> {
    let claims = TokenClaims {
        access: access(&options.authorization)?,
        subject,
        role_id: role_id.to_owned(),
        issued_at: cx.now(),
        expires_at: end(cx.now(), options.expiration)?,
    };
    let jwt = mint(&claims, &group.signing_key).map_err(Refusal::internal)?;
    Ok(TokenAnswer { jwt: DatabaseToken::new(jwt)? })
}

fn access(authorization: &Authorization) -> Result<Access, Refusal> {
    match authorization {
        Authorization::FullAccess => Ok(Access::Full),
        Authorization::ReadOnly => Ok(Access::ReadOnly),
        other => Err(Refusal::bad_request(format!("invalid authorization: {other}"))),
    }
}

fn end(now: Timestamp, expiration: Expiration) -> Result<Option<Timestamp>, Refusal> {
    let Some(seconds) = expiration.as_secs() else { return Ok(None) };
    let lifetime = i64::try_from(seconds).ok().map(SignedDuration::from_secs);
    let end = lifetime.and_then(|lifetime| now.checked_add(lifetime).ok());
    end.map(Some).ok_or_else(|| Refusal::bad_request("Invalid expiration format"))
}
