//! What a new database runs on and is encrypted with.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use turso_cloud_contract::{
    ByteSize, DatabaseId, InvalidInput,
    databases::{Encryption, NewDatabase},
};

use crate::{
    control::Refusal,
    data::KeyDigest,
    store::{DatabaseEncryption, DatabaseRow},
};

/// The byte of an id by which the service's own command line knows the new engine, and its place.
const NEW_ENGINE: (usize, &str) = (5, "10");

/// What a limit of the size of a database of the new engine is refused with.
const NO_SIZE_LIMIT: &str = "size_limit is not supported for db-api controlled databases";

/// The engine a database was made for, in the word of the service. libSQL runs all of them here.
pub(super) fn name(uses_tursodb: bool) -> &'static str {
    if uses_tursodb { "tursodb" } else { "libsql" }
}

/// A database of the new engine has no limit of its size.
pub(super) fn check_size_limit(uses_tursodb: bool, limit: Option<ByteSize>) -> Result<(), Refusal> {
    if uses_tursodb && limit.is_some() { Err(Refusal::bad_request(NO_SIZE_LIMIT)) } else { Ok(()) }
}

/// A copy runs on the engine of its original.
pub(super) fn uses_tursodb(request: &NewDatabase, original: Option<&DatabaseRow>) -> Result<bool, Refusal> {
    let own = original.map(|original| original.uses_tursodb);
    match (own, request.use_tursodb) {
        (Some(false), Some(true)) => {
            Err(Refusal::bad_request("use_tursodb: a copy runs on the engine of its original, which is libSQL"))
        }
        (Some(own), _) => Ok(own),
        (None, wish) => Ok(wish == Some(true)),
    }
}

/// The id of a database tells its engine.
pub(super) fn marked(id: DatabaseId, uses_tursodb: bool) -> Result<DatabaseId, Refusal> {
    if !uses_tursodb {
        return Ok(id);
    }
    // Two digits for each byte, and one hyphen before the sixth.
    let (byte, mark) = NEW_ENGINE;
    let at = byte * 2 + 1;
    let mut text = id.to_string();
    text.replace_range(at..at + mark.len(), mark);
    Ok(DatabaseId::try_from(text)?)
}

/// How a new database is encrypted. A copy takes the key and the cipher of its original.
pub(super) fn encryption(
    wish: Option<&Encryption>,
    original: Option<&DatabaseRow>,
    id: &DatabaseId,
) -> Result<Option<DatabaseEncryption>, Refusal> {
    let original = original.map(|row| (row.uuid.as_str(), row.encryption.as_ref()));
    let (cipher, key) = match (wish, original) {
        (None, None | Some((_, None))) => return Ok(None),
        (None, Some((_, Some(_)))) => {
            return Err(refused("is required: the original is encrypted, and its copy takes the same key"));
        }
        (Some(_), Some((_, None))) => {
            return Err(refused("must not be given: the original is not encrypted, and its copy cannot be"));
        }
        (Some(wish), Some((original_id, Some(own)))) => {
            let key = decoded(wish)?;
            if !own.key.matches(&key, original_id) {
                return Err(refused("is not the key of the original, which its copy takes"));
            }
            (own.cipher.clone(), key)
        }
        (Some(wish), None) => (wish.encryption_cipher.clone(), decoded(wish)?),
    };
    Ok(Some(DatabaseEncryption { cipher, key: KeyDigest::of(&key, id.as_str()) }))
}

fn decoded(wish: &Encryption) -> Result<Vec<u8>, Refusal> {
    BASE64_STANDARD.decode(wish.encryption_key.expose()).map_err(|_| refused("is not base64"))
}

/// Never with the value: it is a secret.
fn refused(rule: impl Into<String>) -> Refusal {
    InvalidInput::without_value("remote_encryption.encryption_key", rule.into()).into()
}
