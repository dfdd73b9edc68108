//! A database token for a server that has no Platform API.

use anyhow::Result;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{
    Signer as _, SigningKey,
    pkcs8::{EncodePublicKey as _, spki::der::pem::LineEnding},
};
use serde_json::json;

/// A token that may do everything, and the key it is checked by, as PEM.
pub(crate) fn mint() -> Result<(String, String)> {
    let key = SigningKey::from_bytes(&std::array::from_fn(|_| fastrand::u8(..)));
    let [header, claims] = [json!({"typ": "JWT", "alg": "EdDSA"}), json!({"a": "rw", "iat": 1_790_000_000})]
        .map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = format!("{header}.{claims}");
    let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).to_bytes());
    Ok((format!("{signed}.{signature}"), key.verifying_key().to_public_key_pem(LineEnding::LF)?))
}
