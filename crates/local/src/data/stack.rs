//! Room for the recursion of the engine.
//!
//! It calls itself for each `%` of a pattern, each step of a JSON path, each view behind a view and each subquery in a
//! subquery. On the 2 MiB of a thread of tokio a few thousands of them end the process, whoever sent the statement.

/// Addresses only: memory is taken page by page, as it is used.
const BYTES: usize = 256 << 20;

/// Runs something that may run statements.
pub(crate) fn with_room<T>(work: impl FnOnce() -> T) -> T {
    stacker::grow(BYTES, work)
}
