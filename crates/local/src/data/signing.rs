//! The secret a group signs its database tokens with.

use std::fmt;

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
}

impl fmt::Debug for SigningSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSeed(..)")
    }
}
