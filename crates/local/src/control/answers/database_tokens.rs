use jiff::{SignedDuration, Timestamp};
use turso_cloud_contract::{
    DatabaseToken, Expiration, Nothing, RequestPart as _,
    audit_logs::AuditCode,
    database_tokens::{Authorization, CreateDatabaseToken, RotateDatabaseTokens, TokenAnswer},
};

use super::{Answers, databases};
use crate::{
    control::{Context, Handles, Refusal},
    data::{Access, Subject, TokenClaims, mint},
};

impl Handles<CreateDatabaseToken> for Answers {
    fn handle(&self, request: CreateDatabaseToken, cx: &mut Context<'_>) -> Result<TokenAnswer, Refusal> {
        let organization = cx.organization_to_change(&request.organization)?;
        let database = databases::find(cx, &organization, &request.database)?;
        if !request.body.is_empty() {
            // A token that opened more than was asked for would hide a mistake that Turso Cloud shows.
            return Err(Refusal::bad_request("the local cloud does not support permissions of tokens yet"));
        }
        let claims = TokenClaims {
            access: access(&request.query.authorization)?,
            subject: Subject::Database { id: database.uuid.to_string() },
            role_id: database.role_id.clone(),
            issued_at: cx.now(),
            expires_at: end(cx.now(), request.query.expiration)?,
        };
        let jwt = mint(&claims, &database.group.signing_key).map_err(Refusal::internal)?;
        databases::audit(cx, &organization, AuditCode::DbTokenCreate, &database)?;
        Ok(TokenAnswer { jwt: DatabaseToken::new(jwt)? })
    }
}

impl Handles<RotateDatabaseTokens> for Answers {
    /// A token names the role it was minted for, so that a new role ends all of them at once, whatever second it is.
    /// The service documents no audit code for it, so that it leaves no entry.
    fn handle(&self, request: RotateDatabaseTokens, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization_to_change(&request.organization)?;
        let mut database = databases::find(cx, &organization, &request.database)?;
        database.role_id = cx.ids().uuid(cx.store())?;
        cx.store().set_role_of_database(&database, &database.role_id)?;
        cx.publish(&database);
        Ok(Nothing)
    }
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
