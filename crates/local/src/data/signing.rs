//! What tokens are signed with.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};

/// Byte for byte the header of the service's tokens: `alg` before `typ`, which no JWT library lets one choose.
const HEADER: &str = r#"{"alg":"EdDSA","typ":"JWT"}"#;

/// The seed of an Ed25519 key. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SigningSeed([u8; 32]);

impl SigningSeed {
    /// Takes 32 random bytes as a key.
    #[must_use]
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self(seed)
    }

    /// The secret itself.
    #[must_use]
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// A JWT with these claims, which are JSON.
    pub(crate) fn sign_jwt(&self, claims: impl AsRef<[u8]>) -> String {
        let encode = |part: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(part);
        let message = format!("{}.{}", encode(HEADER.as_bytes()), encode(claims.as_ref()));
        let signature = SigningKey::from_bytes(&self.0).sign(message.as_bytes());
        format!("{message}.{}", encode(&signature.to_bytes()))
    }
}

impl fmt::Debug for SigningSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSeed(..)")
    }
}
