//! How large what a statement makes may become.

use rusqlite::Connection as Handle;
use rusqlite::limits::Limit;

/// The bytes of a value, and of a row that is stored: what a request and an answer may carry, several times over.
///
/// A statement that makes many such values at the same time takes as much memory. The engine can bound all of its memory,
/// but only where it keeps an account of it, which this build leaves out: every allocation waited for its lock.
pub(super) const MAX_VALUE_BYTES: usize = 64 * 1024 * 1024;

/// Holds what is compiled and run on the connection to the limits.
pub(super) fn install(handle: &Handle) {
    handle.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::try_from(MAX_VALUE_BYTES).unwrap_or(i32::MAX));
}
