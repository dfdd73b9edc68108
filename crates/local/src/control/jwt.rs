//! Platform tokens: JWTs signed with the cloud's own key. The service puts no time into them.

use std::{collections::HashSet, fmt};

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;
use turso_cloud_contract::{ApiToken, InvalidInput};

use super::Refusal;
use crate::{
    data::{LONGEST_JWT, SigningSeed, VerifyingKey, read_segment, verify_jwt},
    store::ApiTokenRow,
};

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
        Self { key: key.verifying_key(), signed: Mutex::default() }
    }

    /// The id inside a token that this cloud has signed. The refusals are the service's, in its order: it reads the
    /// id before it looks at the signature, which is how a database token gets a sentence of its own.
    pub(super) fn verify(&self, token: &str) -> Result<String, Refusal> {
        let invalid = || Refusal::unauthorized("invalid api token");
        let &[_, claims, _] = &token.splitn(4, '.').collect::<Vec<_>>()[..] else {
            return Err(Refusal::unauthorized("token contains an invalid number of segments"));
        };
        if token.len() > LONGEST_JWT {
            return Err(invalid());
        }
        let id = id_of(claims).ok_or_else(|| Refusal::unauthorized("could not parse jwt id"))?;
        if self.signed.lock().contains(token) {
            return Ok(id);
        }
        verify_jwt(token, &self.key).map_err(|_| invalid())?;
        self.remember(token);
        Ok(id)
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
    read_segment::<Claims>(claims).map(|claims| claims.jti)
}
