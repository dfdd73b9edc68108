//! The engine calls that the safe wrapper does not offer.
#![expect(unsafe_code, reason = "counters and settings of the C engine that rusqlite does not wrap")]

use std::ffi::CString;
use std::ptr;

use rusqlite::Connection;

/// Rows read and written by the connection's statements since the last call.
///
/// Summing over all statements counts the work of the virtual tables (full-text search keeps statements of its own).
pub(crate) fn take_row_counts(connection: &Connection) -> (u64, u64) {
    let (mut read, mut written) = (0, 0);
    // SAFETY: the handle is open for as long as `connection` is borrowed and is used within that borrow only.
    let handle = unsafe { connection.handle() };
    let mut statement = ptr::null_mut();
    loop {
        // SAFETY: `handle` is open, and `statement` is null or a statement of it: `Connection` is not `Sync` and no
        // Rust code runs between the calls, so none is finalized meanwhile.
        statement = unsafe { libsql_ffi::sqlite3_next_stmt(handle, statement) };
        if statement.is_null() {
            return (read, written);
        }
        read += take_status(statement, libsql_ffi::LIBSQL_STMTSTATUS_ROWS_READ);
        written += take_status(statement, libsql_ffi::LIBSQL_STMTSTATUS_ROWS_WRITTEN);
    }
}

fn take_status(statement: *mut libsql_ffi::sqlite3_stmt, counter: i32) -> u64 {
    // SAFETY: the caller passes a statement just listed by the engine, and resetting a counter has no other effect.
    let count = unsafe { libsql_ffi::sqlite3_stmt_status(statement, counter, 1) };
    // The engine's counter is unsigned and only its accessor is not.
    u64::from(count.cast_unsigned())
}

/// Rows changed on this connection since it was opened, triggers and foreign key actions included.
pub(crate) fn total_changes(connection: &Connection) -> i64 {
    // SAFETY: the handle is open for as long as `connection` is borrowed; the call only reads a counter.
    unsafe { libsql_ffi::sqlite3_total_changes64(connection.handle()) }
}

/// Makes `last_insert_rowid()` what it is on a new connection.
pub(crate) fn forget_last_insert_rowid(connection: &Connection) {
    // SAFETY: the handle is open for as long as `connection` is borrowed; the call only writes a counter.
    unsafe { libsql_ffi::sqlite3_set_last_insert_rowid(connection.handle(), 0) }
}

/// Whether a text ends where a statement does, and not inside a string, a comment or the body of a trigger. One that
/// cannot be compiled for a zero byte in it is said to, so that its error is found.
pub(crate) fn is_complete(sql: &[u8]) -> bool {
    let Ok(sql) = CString::new(sql) else { return true };
    // SAFETY: the pointer is to a text that ends in a zero byte and outlives the call, which only reads it.
    unsafe { libsql_ffi::sqlite3_complete(sql.as_ptr()) == 1 }
}
