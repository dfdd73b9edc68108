//! SHA-2.

use rusqlite::types::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::Function;
use super::arguments::{Answer, Arguments};

/// The engine's SHA-256 is wrong for all but the empty text: a compiler that optimizes drops the length of what is hashed,
/// which its source stores through a pointer of another type than it reads it by. The longer ones are of the same source.
pub(super) const FUNCTIONS: [Function; 3] = [
    Function { names: &["sha256", "crypto_sha256"], arity: 1, call: digest::<Sha256> },
    Function { names: &["sha384", "crypto_sha384"], arity: 1, call: digest::<Sha384> },
    Function { names: &["sha512", "crypto_sha512"], arity: 1, call: digest::<Sha512> },
];

fn digest<D: Digest>(arguments: &Arguments<'_>) -> Answer {
    let bytes = arguments.bytes(0)?;
    Ok(Value::Blob(D::digest(bytes).to_vec()))
}
