//! Remembers tokens whose signature was checked, which is most of the cost of a small request.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::WireClaims;
use super::verify::TokenRefusal;

/// More tokens than one database sees at a time; the bound matters only for a client that mints one per request.
const CAPACITY: usize = 256;

/// The verified tokens of one database. Only the signature is remembered: expiry and role are checked at every use.
#[derive(Debug, Default)]
pub(crate) struct VerifiedTokens(Mutex<HashMap<String, Arc<WireClaims>>>);

impl VerifiedTokens {
    /// The claims of `token`, verified by `verify` unless they already are.
    pub(super) fn get_or_verify(
        &self,
        token: &str,
        verify: impl FnOnce() -> Result<WireClaims, TokenRefusal>,
    ) -> Result<Arc<WireClaims>, TokenRefusal> {
        if let Some(claims) = self.0.lock().get(token) {
            return Ok(Arc::clone(claims));
        }
        let claims = Arc::new(verify()?);
        let mut verified = self.0.lock();
        if verified.len() >= CAPACITY {
            verified.clear();
        }
        verified.insert(token.to_owned(), Arc::clone(&claims));
        Ok(claims)
    }

    /// Forgets everything: the key has changed.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}
