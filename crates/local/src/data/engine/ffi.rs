//! The engine calls that the safe wrapper does not offer.
#![expect(unsafe_code, reason = "counters and settings of the C engine that rusqlite does not wrap")]

mod bounded;

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::Connection;

use super::functions::FLAGS;
use super::limits::MAX_VALUE_BYTES;

pub(crate) use bounded::install as install_bounded;

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

/// Whether a foreign key of the open transaction leads nowhere, a deferred one too.
pub(crate) fn owes_foreign_keys(connection: &Connection) -> bool {
    let (mut owed, mut highest) = (0, 0);
    // SAFETY: the handle is open for as long as `connection` is borrowed, and both counts are written before the return.
    unsafe {
        libsql_ffi::sqlite3_db_status(
            connection.handle(),
            libsql_ffi::SQLITE_DBSTATUS_DEFERRED_FKS,
            &raw mut owed,
            &raw mut highest,
            0,
        );
    }
    owed != 0
}

/// Whether the open transaction keeps others from writing to the main database.
pub(crate) fn holds_write_lock(connection: &Connection) -> bool {
    // SAFETY: the handle is open for as long as `connection` is borrowed, the name ends in a zero byte, and the call only
    // reads a state.
    let state = unsafe { libsql_ffi::sqlite3_txn_state(connection.handle(), c"main".as_ptr()) };
    state == libsql_ffi::SQLITE_TXN_WRITE
}

/// Whether the main database has a table of this name, without compiling anything.
pub(crate) fn has_table(connection: &Connection, name: &str) -> bool {
    let Ok(name) = CString::new(name) else { return false };
    // SAFETY: the handle is open for as long as `connection` is borrowed, both names end in a zero byte and outlive the
    // call, and nothing is asked for but the code.
    let code = unsafe {
        libsql_ffi::sqlite3_table_column_metadata(
            connection.handle(),
            c"main".as_ptr(),
            name.as_ptr(),
            ptr::null(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    code == libsql_ffi::SQLITE_OK
}

/// Makes `last_insert_rowid()` what it was elsewhere.
pub(crate) fn set_last_insert_rowid(connection: &Connection, rowid: i64) {
    // SAFETY: the handle is open for as long as `connection` is borrowed; the call only writes a counter.
    unsafe { libsql_ffi::sqlite3_set_last_insert_rowid(connection.handle(), rowid) }
}

/// A number as the engine casts it to text.
pub(crate) fn text_of_real(value: f64) -> String {
    // Seventeen digits at most, a sign, a point and an exponent.
    let mut text = [0_u8; 64];
    let size = c_int::try_from(text.len()).unwrap_or(0);
    // SAFETY: the engine writes no more than `size` bytes with a zero byte as the last, and the format asks for one
    // `double`, which is what it is given.
    unsafe { libsql_ffi::sqlite3_snprintf(size, text.as_mut_ptr().cast(), c"%!.15g".as_ptr(), value) };
    CStr::from_bytes_until_nul(&text).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Leaves what the connection commits in the log, however long that grows.
pub(crate) fn end_automatic_checkpoints(connection: &Connection) {
    // SAFETY: the handle is open for as long as `connection` is borrowed; the call only takes away a hook of it.
    unsafe { libsql_ffi::sqlite3_wal_autocheckpoint(connection.handle(), 0) };
}

/// Has `zeroblob` make what it says at once. The engine's own is made where a row is read, where there is no way to say
/// that there is no memory for it.
pub(crate) fn install_zeroblob(connection: &Connection) -> rusqlite::Result<()> {
    // SAFETY: the handle is open for as long as `connection` is borrowed, the name ends in a zero byte, and the function
    // has the type that is asked for and uses no data of its own.
    let code = unsafe {
        libsql_ffi::sqlite3_create_function_v2(
            connection.handle(),
            c"zeroblob".as_ptr(),
            1,
            FLAGS.bits(),
            ptr::null_mut(),
            Some(zeroblob),
            None,
            None,
            None,
        )
    };
    checked(code)
}

/// What a call of the engine says of itself.
pub(super) fn checked(code: c_int) -> rusqlite::Result<()> {
    match code {
        libsql_ffi::SQLITE_OK => Ok(()),
        failure => Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(failure), None)),
    }
}

unsafe extern "C" fn zeroblob(
    context: *mut libsql_ffi::sqlite3_context,
    _: c_int,
    arguments: *mut *mut libsql_ffi::sqlite3_value,
) {
    // SAFETY: the engine calls this with a context and with the one argument that it was installed for, which live as long
    // as the call; `block` has `bytes` bytes, and belongs to the engine once it is the result.
    unsafe {
        // A negative length means none.
        let bytes = usize::try_from(libsql_ffi::sqlite3_value_int64(*arguments).max(0)).unwrap_or(usize::MAX);
        if bytes > MAX_VALUE_BYTES {
            return libsql_ffi::sqlite3_result_error_toobig(context);
        }
        // One more, because the engine allocates nothing for zero bytes.
        let block = libsql_ffi::sqlite3_malloc64(bytes as u64 + 1);
        if block.is_null() {
            return libsql_ffi::sqlite3_result_error_nomem(context);
        }
        ptr::write_bytes(block.cast::<u8>(), 0, bytes);
        libsql_ffi::sqlite3_result_blob64(context, block, bytes as u64, Some(libsql_ffi::sqlite3_free));
    }
}

/// Learns of each commit to the main database of a connection.
#[derive(Debug, Default)]
pub(crate) struct CommitWatch(Arc<AtomicU32>);

impl CommitWatch {
    /// Watches `connection`, which must be closed before the watch is dropped.
    ///
    /// The engine has room for one hook, and its automatic checkpoints would take it: setting them again, through
    /// `PRAGMA wal_autocheckpoint`, ends the watch.
    pub(crate) fn install(&self, connection: &Connection) {
        // A box would not do: to move it asserts that nobody else points into it.
        let frames = Arc::as_ptr(&self.0).cast_mut().cast::<c_void>();
        // SAFETY: the handle is open, and `frames` points to a number that outlives it by the contract of this function; it
        // is only ever used as a shared reference.
        unsafe { libsql_ffi::sqlite3_wal_hook(connection.handle(), Some(enter_commit), frames) };
    }

    /// How many frames the log had after the newest commit since the last call, if there was one.
    pub(crate) fn take(&self) -> Option<u32> {
        let frames = self.0.swap(0, Ordering::Relaxed);
        (frames > 0).then_some(frames)
    }
}

unsafe extern "C" fn enter_commit(
    watch: *mut c_void,
    _: *mut libsql_ffi::sqlite3,
    database: *const c_char,
    frames: c_int,
) -> c_int {
    // SAFETY: the engine passes the name of the database as a string that lives as long as the call.
    let is_main = unsafe { CStr::from_ptr(database) } == c"main";
    if is_main && let Ok(frames) = u32::try_from(frames) {
        // SAFETY: the pointer is the one `install` gave, whose number is alive as long as the connection.
        unsafe { &*watch.cast::<AtomicU32>() }.store(frames, Ordering::Relaxed);
    }
    libsql_ffi::SQLITE_OK
}

/// How many frames the log of the main database has in the connection's latest view of it.
pub(crate) fn log_frames(connection: &Connection) -> Option<u32> {
    let mut frames = 0;
    // SAFETY: the handle is open for as long as `connection` is borrowed, and the count is written before the return.
    let code = unsafe { libsql_ffi::libsql_wal_frame_count(connection.handle(), &raw mut frames) };
    (code == libsql_ffi::SQLITE_OK).then_some(frames)
}
