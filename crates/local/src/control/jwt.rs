//! Platform tokens: JWTs signed with the cloud's own key. The service puts no time into them.

use std::{collections::HashSet, fmt};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;
use turso_cloud_contract::{ApiToken, InvalidInput};

use super::Refusal;
use crate::{data::SigningSeed, store::ApiTokenRow};

/// Far more than any token of the service.
const LONGEST: usize = 8 << 10;

/// How many tokens are remembered; beyond it, all of them are forgotten.
const REMEMBERED: usize = 1024;

/// The text of a token.
pub(crate) fn sign(token: &ApiTokenRow, key: &SigningSeed) -> Result<ApiToken, InvalidInput> {
    let jti = token.jti.as_str();
    let organization = token.organization.as_ref().map(|organization| organization.id);
    let claims = match (organization, &token.group) {
        (None, _) => json!({ "jti": jti }),
        (Some(organization), None) => json!({ "jti": jti, "org_id": organization }),
        (Some(organization), Some(group)) => json!({
            "group_uuid": group.uuid, "jti": jti, "org_id": organization, "scopes": { "scopes": group.scopes },
        }),
    };
    ApiToken::new(key.sign_jwt(claims.to_string()))
}

/// Tells which tokens this cloud has signed.
pub(crate) struct Verifier {
    key: VerifyingKey,
    /// Tokens with a good signature, which stays good: without optimization, as most tests are compiled, looking at
    /// it takes longer than all the rest of a request.
    signed: Mutex<HashSet<String>>,
}

impl Verifier {
    pub(crate) fn new(key: &SigningSeed) -> Self {
        Self { key: SigningKey::from_bytes(key.expose()).verifying_key(), signed: Mutex::default() }
    }

    /// The id inside a token that this cloud has signed. The refusals are the service's, in its order: it reads the
    /// id before it looks at the signature, which is how a database token gets a sentence of its own.
    pub(super) fn verify(&self, token: &str) -> Result<String, Refusal> {
        let invalid = || Refusal::unauthorized("invalid api token");
        let &[header, claims, signature] = &token.splitn(4, '.').collect::<Vec<_>>()[..] else {
            return Err(Refusal::unauthorized("token contains an invalid number of segments"));
        };
        if token.len() > LONGEST {
            return Err(invalid());
        }
        let id = id_of(claims).ok_or_else(|| Refusal::unauthorized("could not parse jwt id"))?;
        if self.signed.lock().contains(token) {
            return Ok(id);
        }
        if !is_eddsa(header) || !self.is_signed(token, signature) {
            return Err(invalid());
        }
        self.remember(token);
        Ok(id)
    }

    fn is_signed(&self, token: &str, signature: &str) -> bool {
        let Some((message, _)) = token.rsplit_once('.') else { return false };
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok();
        let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
        signature.is_some_and(|signature| self.key.verify_strict(message.as_bytes(), &signature).is_ok())
    }

    fn remember(&self, token: &str) {
        let mut signed = self.signed.lock();
        if signed.len() >= REMEMBERED {
            signed.clear();
        }
        signed.insert(token.to_owned());
    }
}

/// Never a token.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("remembered", &self.signed.lock().len()).finish_non_exhaustive()
    }
}

fn id_of(claims: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        jti: String,
    }
    decode::<Claims>(claims).map(|claims| claims.jti)
}

/// The algorithm is never the sender's choice: `none` and the symmetric ones are no signatures of this cloud.
fn is_eddsa(header: &str) -> bool {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
    }
    decode::<Header>(header).is_some_and(|header| header.alg == "EdDSA")
}

fn decode<T: for<'de> Deserialize<'de>>(part: &str) -> Option<T> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
