//! Is this token good for this database, now?

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

use super::{Grant, VerifiedTokens, WireClaims};
use crate::data::DatabaseRecord;
use crate::data::signing::SigningSeed;

/// Far more than any token of the service; longer ones are refused before they are decoded.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

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
    if token.len() > MAX_TOKEN_BYTES {
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
    let public_key = SigningKey::from_bytes(key.expose()).verifying_key();
    let mut validation = Validation::new(Algorithm::EdDSA);
    // The local cloud has a clock of its own, so the library must not look at the system's.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode(token, &DecodingKey::from_ed_der(public_key.as_bytes()), &validation);
    decoded.map(|token| token.claims).map_err(|error| match error.kind() {
        ErrorKind::InvalidToken => TokenRefusal::Malformed,
        ErrorKind::InvalidSignature => TokenRefusal::UnknownKey,
        _ => TokenRefusal::Invalid,
    })
}
