//! Databases with a key of their owner's.
//!
//! Every request for the data has to bring the key along. Locally that is all it does: the file is not encrypted.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The header the key is sent in, in base64.
const KEY: HeaderName = HeaderName::from_static("x-turso-encryption-key");

/// Set apart from any other use of the same hash.
const PURPOSE: &[u8] = b"turso-cloud-local: key of a database\0";

/// What is kept of a key: enough to know it again. The keys are random, so that nobody finds one by trying.
#[derive(Clone, Copy)]
pub(crate) struct KeyDigest([u8; 32]);

/// Why a request does not reach the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyRefusal {
    /// It brings no key.
    Missing,
    /// It brings another key.
    Wrong,
}

impl KeyDigest {
    /// The digest of the key of the database with this id: databases with the same key do not share it.
    pub(crate) fn of(key: &[u8], database: &str) -> Self {
        let hash = Sha256::new().chain_update(PURPOSE).chain_update(database).chain_update([0]).chain_update(key);
        Self(hash.finalize().into())
    }

    /// A digest that was kept.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What to keep.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether it is the digest of this key.
    pub(crate) fn matches(&self, key: &[u8], database: &str) -> bool {
        Self::of(key, database).0.ct_eq(&self.0).into()
    }

    /// Whether a request brings the key along.
    pub(crate) fn check(&self, headers: &HeaderMap, database: &str) -> Result<(), KeyRefusal> {
        let key = headers.get(KEY).ok_or(KeyRefusal::Missing)?;
        let key = BASE64_STANDARD.decode(key.as_bytes()).map_err(|_| KeyRefusal::Wrong)?;
        if self.matches(&key, database) { Ok(()) } else { Err(KeyRefusal::Wrong) }
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_of_one_key_and_one_database() {
        let digest = KeyDigest::of(b"key", "one");
        assert!(digest.matches(b"key", "one"));
        for (key, database) in [("kez", "one"), ("key", "two"), ("ekey", "on"), ("", "onekey")] {
            assert!(!digest.matches(key.as_bytes(), database), "{key} {database}");
        }
    }
}
