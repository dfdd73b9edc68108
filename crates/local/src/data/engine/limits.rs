//! How large what a statement makes may become.

use rusqlite::Connection as Handle;
use rusqlite::limits::Limit;

/// The bytes of a value, and of a row that is stored or read: what a request and an answer may carry, several times over.
/// How many a statement makes at the same time is bounded by their [memory](crate::memory).
pub(super) const MAX_VALUE_BYTES: usize = 64 * 1024 * 1024;

/// Holds what is compiled and run on the connection to the limits.
pub(super) fn install(handle: &Handle) {
    handle.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::try_from(MAX_VALUE_BYTES).unwrap_or(i32::MAX));
}
