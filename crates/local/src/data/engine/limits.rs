//! How large what a statement makes may become.

use std::sync::Once;

use rusqlite::Connection as Handle;
use rusqlite::limits::Limit;

use super::ffi;

/// The bytes of a value, and of a row: what a request and an answer may carry, several times over.
pub(super) const MAX_VALUE_BYTES: usize = 64 * 1024 * 1024;

/// The bytes the engine takes for everything in this process. A row may be of 2000 values, each of which is within its
/// limit, and is made before anybody can look at it.
const MAX_MEMORY_BYTES: i64 = 2 * 1024 * 1024 * 1024;

static MEMORY: Once = Once::new();

/// Holds what is compiled and run on the connection to the limits.
pub(super) fn install(handle: &Handle) {
    MEMORY.call_once(|| ffi::limit_memory(MAX_MEMORY_BYTES));
    handle.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::try_from(MAX_VALUE_BYTES).unwrap_or(i32::MAX));
}
