//! Is this token good for this database, now?

use std::sync::Arc;

use jiff::Timestamp;

use super::{Grant, VerifiedTokens, WireClaims};
use crate::data::access::record::DatabaseRecord;
use crate::data::access::signing::{LONGEST_JWT, NoJwt, SigningSeed, verify_jwt};

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenRefusal {
    /// There is none.
    Missing,
    /// It is not of the form of a JWT.
    Malformed,
    Invalid,
    UnknownKey,
    Expired,
    /// Minted before the last rotation.
    RoleInvalidated,
    OtherDatabase,
}

/// Decides what the bearer of `token` may do with the database. `role_of` knows the roles of the other databases: a
/// token that opens this one may have been minted for another.
pub(crate) fn authorize(
    token: &str,
    record: &DatabaseRecord,
    verified: &VerifiedTokens,
    now: Timestamp,
    role_of: impl FnOnce(&str) -> Option<String>,
) -> Result<Grant, TokenRefusal> {
    if token.is_empty() {
        return Err(TokenRefusal::Missing);
    }
    if token.len() > LONGEST_JWT {
        return Err(TokenRefusal::Invalid);
    }
    let key = &record.signing_key;
    let claims = verified.get_or_verify(token, key, || verify_signature(token, key))?;
    if claims.exp.is_some_and(|expires_at| now.as_second() >= expires_at) {
        return Err(TokenRefusal::Expired);
    }
    let grant = Grant::of(Arc::clone(&claims), record).ok_or(TokenRefusal::OtherDatabase)?;
    let role = match (&claims.id, &claims.gid) {
        (Some(id), _) if *id == record.id => Some(record.role_id.clone()),
        (Some(id), _) => role_of(id),
        (None, Some(group)) if *group == record.group_id => Some(record.group_role_id.clone()),
        (None, _) => None,
    };
    if role.is_some() && claims.rid == role { Ok(grant) } else { Err(TokenRefusal::RoleInvalidated) }
}

fn verify_signature(token: &str, key: &SigningSeed) -> Result<WireClaims, TokenRefusal> {
    let claims = verify_jwt(token, &key.verifying_key()).map_err(|reason| match reason {
        NoJwt::Segments => TokenRefusal::Malformed,
        NoJwt::Unreadable => TokenRefusal::Invalid,
        NoJwt::Signature => TokenRefusal::UnknownKey,
    })?;
    serde_json::from_slice(&claims).map_err(|_| TokenRefusal::Invalid)
}
