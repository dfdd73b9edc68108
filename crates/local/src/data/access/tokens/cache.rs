//! Remembers tokens whose signature was checked, which is most of the cost of a small request.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::WireClaims;
use super::verify::TokenRefusal;
use crate::data::access::signing::SigningSeed;

/// More tokens than one database sees at a time; the bound matters only for a client that mints one per request.
const CAPACITY: usize = 256;

/// The verified tokens of one database. Only the signature is remembered: expiry and role are checked at every use.
#[derive(Default)]
pub(crate) struct VerifiedTokens(Mutex<Verified>);

/// By one key, for it may change while a request of before is still at its token.
#[derive(Default)]
struct Verified {
    key: Option<SigningSeed>,
    claims: HashMap<String, Arc<WireClaims>>,
}

impl VerifiedTokens {
    /// The claims of `token`, verified by `verify` unless they already are, with the same key.
    pub(super) fn get_or_verify(
        &self,
        token: &str,
        key: &SigningSeed,
        verify: impl FnOnce() -> Result<WireClaims, TokenRefusal>,
    ) -> Result<Arc<WireClaims>, TokenRefusal> {
        if let Some(claims) = self.0.lock().by(key).get(token) {
            return Ok(Arc::clone(claims));
        }
        let claims = Arc::new(verify()?);
        let mut verified = self.0.lock();
        let verified = verified.by(key);
        if verified.len() >= CAPACITY {
            verified.clear();
        }
        verified.insert(token.to_owned(), Arc::clone(&claims));
        Ok(claims)
    }
}

impl Verified {
    /// What was verified with this key. What was with another one is forgotten.
    fn by(&mut self, key: &SigningSeed) -> &mut HashMap<String, Arc<WireClaims>> {
        if self.key.as_ref() != Some(key) {
            self.claims.clear();
            self.key = Some(key.clone());
        }
        &mut self.claims
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::access::Access;

    fn claims() -> WireClaims {
        WireClaims { a: Access::Full, exp: None, gid: None, iat: 0, id: None, p: None, perm: None, rid: None }
    }

    #[test]
    fn a_token_that_was_being_verified_when_the_key_changed_is_not_good_for_the_new_key() {
        let [old, new] = [1, 2].map(|byte| SigningSeed::new([byte; 32]));
        let verified = VerifiedTokens::default();
        let refused = || verified.get_or_verify("token", &new, || Err(TokenRefusal::UnknownKey));
        let during = verified.get_or_verify("token", &old, || {
            assert!(refused().is_err(), "the first request with the new key");
            Ok(claims())
        });
        assert!(during.is_ok(), "the last one with the old key");
        assert_eq!(refused().unwrap_err(), TokenRefusal::UnknownKey);
    }

    #[test]
    fn a_token_is_verified_once() {
        let key = SigningSeed::new([1; 32]);
        let verified = VerifiedTokens::default();
        assert!(verified.get_or_verify("token", &key, || Ok(claims())).is_ok());
        assert!(verified.get_or_verify("token", &key, || Err(TokenRefusal::Invalid)).is_ok());
    }
}
