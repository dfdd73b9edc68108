//! Database tokens: `EdDSA` JWTs, minted for the control plane and verified on every request of the hosts.

mod cache;
mod grant;
mod verify;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::permissions::Rules;
use super::signing::SigningSeed;
use grant::{Scope, Scopes};

pub(crate) use cache::VerifiedTokens;
pub(crate) use grant::Grant;
pub(crate) use verify::{TokenRefusal, authorize};

/// What a token is minted with.
#[derive(Clone, Debug)]
pub(crate) struct TokenClaims {
    /// What its bearer may do.
    pub(crate) access: Access,
    /// Where.
    pub(crate) subject: Subject,
    /// What it may do table by table; everything if there are none.
    pub(crate) rules: Rules,
    /// The ids of the databases it may attach.
    pub(crate) attachable: Vec<String>,
    /// The role it dies with: rotation replaces the role.
    pub(crate) role_id: String,
    /// When it was minted.
    pub(crate) issued_at: Timestamp,
    /// When it stops working, if ever.
    pub(crate) expires_at: Option<Timestamp>,
}

/// What the bearer of a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Access {
    /// Read and write.
    #[serde(rename = "rw")]
    Full,
    /// Read.
    #[serde(rename = "ro")]
    ReadOnly,
    /// Read, and attach the same databases to others.
    #[serde(rename = "roa")]
    ReadAttach,
}

/// What a token opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// One database.
    Database {
        /// Its id.
        id: String,
    },
    /// Every database of a group.
    Group {
        /// Its id.
        id: String,
    },
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the claims of the database token could not be written")]
pub(crate) struct MintError(#[source] serde_json::Error);

/// The claims as they are sent; the fields are in alphabetical order because the service's are.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct WireClaims {
    a: Access,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gid: Option<String>,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<Scopes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    perm: Option<Arc<Rules>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rid: Option<String>,
}

/// Signs a token.
pub(crate) fn mint(claims: &TokenClaims, key: &SigningSeed) -> Result<String, MintError> {
    let (id, gid) = match &claims.subject {
        Subject::Database { id } => (Some(id.clone()), None),
        Subject::Group { id } => (None, Some(id.clone())),
    };
    let wire = WireClaims {
        a: claims.access,
        exp: claims.expires_at.map(Timestamp::as_second),
        gid,
        iat: claims.issued_at.as_second(),
        id,
        p: scopes(claims),
        perm: (!claims.rules.is_empty()).then(|| Arc::new(claims.rules.clone())),
        rid: Some(claims.role_id.clone()),
    };
    serde_json::to_vec(&wire).map(|claims| key.sign_jwt(claims)).map_err(MintError)
}

/// A token that attaches says all of its rights at once, for this claim replaces the others.
fn scopes(claims: &TokenClaims) -> Option<Scopes> {
    if claims.attachable.is_empty() {
        return None;
    }
    let own = Some(match &claims.subject {
        Subject::Database { id } => Scope { ns: Some(vec![id.clone()]), tags: None },
        Subject::Group { id } => Scope { ns: None, tags: Some(vec![id.clone()]) },
    });
    let (ro, rw) = if claims.access == Access::Full { (None, own) } else { (own, None) };
    Some(Scopes { ro, roa: Some(Scope { ns: Some(claims.attachable.clone()), tags: None }), rw, rwa: None })
}
