//! A database token for a server that has no Platform API.

use anyhow::Result;
use ed25519_dalek::{
    SigningKey,
    pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, spki::der::pem::LineEnding},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

/// A token that may do everything, and the key it is checked by, as PEM.
pub(crate) fn mint() -> Result<(String, String)> {
    let key = SigningKey::from_bytes(&std::array::from_fn(|_| fastrand::u8(..)));
    let private = key.to_pkcs8_der()?;
    let claims = json!({"a": "rw", "iat": 1_790_000_000});
    let token = encode(&Header::new(Algorithm::EdDSA), &claims, &EncodingKey::from_ed_der(private.as_bytes()))?;
    Ok((token, key.verifying_key().to_public_key_pem(LineEnding::LF)?))
}
