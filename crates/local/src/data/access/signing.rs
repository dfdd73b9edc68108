//! JWTs: what they are signed with, and whether they are.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::Deserialize;

/// Byte for byte the header of the service's tokens: `alg` before `typ`, which no JWT library lets one choose.
const HEADER: &str = r#"{"alg":"EdDSA","typ":"JWT"}"#;

/// Far more than any token of the service. Longer ones are to be refused before they are decoded.
pub(crate) const LONGEST_JWT: usize = 8 << 10;

/// The only algorithm. It is never the sender's choice: `none` and the symmetric ones are no signatures of this cloud.
const ALGORITHM: &str = "EdDSA";

/// What tells that a key has signed something.
pub(crate) type VerifyingKey = UnparsedPublicKey<<Ed25519KeyPair as KeyPair>::PublicKey>;

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

    /// The half of it that is no secret.
    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        UnparsedPublicKey::new(&ED25519, *self.key_pair().public_key())
    }

    /// A JWT with these claims, which are JSON.
    pub(crate) fn sign_jwt(&self, claims: impl AsRef<[u8]>) -> String {
        let encode = |part: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(part);
        let message = format!("{}.{}", encode(HEADER.as_bytes()), encode(claims.as_ref()));
        let signature = self.key_pair().sign(message.as_bytes());
        format!("{message}.{}", encode(signature.as_ref()))
    }

    #[expect(clippy::expect_used, reason = "a seed is refused for its length only")]
    fn key_pair(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&self.0).expect("32 bytes are a seed")
    }
}

impl fmt::Debug for SigningSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSeed(..)")
    }
}

/// Why a text is no JWT of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoJwt {
    /// It has not three segments.
    Segments,
    /// A segment cannot be read, or is of another algorithm.
    Unreadable,
    /// Somebody else has signed it, or nobody.
    Signature,
}

/// The bytes of the claims of a JWT, if it was signed with the other half of this key.
pub(crate) fn verify_jwt(token: &str, key: &VerifyingKey) -> Result<Vec<u8>, NoJwt> {
    let (message, signature) = token.rsplit_once('.').ok_or(NoJwt::Segments)?;
    let (header, claims) = message.rsplit_once('.').ok_or(NoJwt::Segments)?;
    if read_segment::<Header>(header).is_none_or(|header| header.alg != ALGORITHM) {
        return Err(NoJwt::Unreadable);
    }
    let signature = decode_segment(signature).ok_or(NoJwt::Unreadable)?;
    key.verify(message.as_bytes(), &signature).map_err(|_| NoJwt::Signature)?;
    decode_segment(claims).ok_or(NoJwt::Unreadable)
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

/// What a segment of a JWT says, whoever has signed it.
pub(crate) fn read_segment<T: for<'de> Deserialize<'de>>(segment: &str) -> Option<T> {
    serde_json::from_slice(&decode_segment(segment)?).ok()
}

fn decode_segment(segment: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(segment).ok()
}
