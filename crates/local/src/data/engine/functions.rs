//! SQL functions that take the place of the engine's own.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use sha2::{Digest as _, Sha256};

/// The engine's SHA-256 is wrong for all but the empty text: a compiler that optimizes drops the length of what is hashed,
/// which its source stores through a pointer of another type than it reads it by.
pub(super) fn install(handle: &Connection) -> rusqlite::Result<()> {
    for name in ["sha256", "crypto_sha256"] {
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
        handle.create_scalar_function(name, 1, flags, sha256)?;
    }
    Ok(())
}

fn sha256(context: &Context<'_>) -> rusqlite::Result<Option<Vec<u8>>> {
    let digest = match context.get_raw(0) {
        ValueRef::Null => return Ok(None),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Sha256::digest(bytes),
        ValueRef::Integer(value) => Sha256::digest(value.to_string()),
        // What is hashed is its text, which only the engine writes as the engine does.
        ValueRef::Real(_) => {
            let problem = "sha256() takes a text, a blob or an integer; cast another number to text";
            return Err(rusqlite::Error::UserFunctionError(problem.into()));
        }
    };
    Ok(Some(digest.to_vec()))
}
