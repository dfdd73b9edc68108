//! The table `vector_top_k`, which is searched for the neighbours of a vector: the engine's own search behind a table of ours.
//!
//! The engine's table asks for memory for as many neighbours as somebody wants, in a number of bytes that is cut to 32
//! bits, and writes behind what it got; where it gets none, as for no neighbours at all, it gives back twice what it had. It
//! reads in front of its rows for whoever asks for what was searched for, and loses them when it is searched a second time.
#![expect(unsafe_code, reason = "the C engine is given a table as pointers to functions, and its search is one of C")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use libsql_ffi::{
    SQLITE_ERROR, SQLITE_FLOAT, SQLITE_INDEX_CONSTRAINT_EQ, SQLITE_INTEGER, SQLITE_OK, sqlite3, sqlite3_context,
    sqlite3_create_module, sqlite3_declare_vtab, sqlite3_index_info, sqlite3_int64, sqlite3_module, sqlite3_mprintf,
    sqlite3_value, sqlite3_value_double, sqlite3_value_type, sqlite3_vtab, sqlite3_vtab_cursor,
};
use rusqlite::Connection as Handle;

use super::MOST_NEIGHBOURS;
use crate::data::engine::ffi::checked;

/// What the engine counts the rows by that a statement has read.
const NAME: &CStr = c"vector_top_k";

/// The arguments are its first columns, which nobody sees.
const COLUMNS: &CStr = c"CREATE TABLE x(idx HIDDEN, vector HIDDEN, k HIDDEN, id)";
const ARGUMENTS: c_int = 3;

static MODULE: sqlite3_module = sqlite3_module {
    iVersion: 0,
    // Without this, the table is there without being made.
    xCreate: None,
    xConnect: Some(connect),
    xBestIndex: Some(best_index),
    xDisconnect: Some(disconnect),
    xDestroy: None,
    xOpen: Some(open),
    xClose: Some(close),
    xFilter: Some(filter),
    xNext: Some(next),
    xEof: Some(eof),
    xColumn: Some(column),
    xRowid: Some(rowid),
    xUpdate: None,
    xBegin: None,
    xSync: None,
    xCommit: None,
    xRollback: None,
    xFindFunction: None,
    xRename: None,
    xSavepoint: None,
    xRelease: None,
    xRollbackTo: None,
    xShadowName: None,
    xIntegrity: None,
    reserved: [None; 5],
    xPreparedSql: None,
};

#[repr(C)]
struct Table {
    base: sqlite3_vtab,
    handle: *mut sqlite3,
}

/// The engine reads the two numbers behind the first field.
#[repr(C)]
struct Cursor {
    base: sqlite3_vtab_cursor,
    read: c_int,
    written: c_int,
    found: Found,
    row: c_int,
}

/// As the engine's search writes it: integers, or values of any kind.
#[repr(C)]
struct Found {
    rows: c_int,
    columns: c_int,
    integers: *mut sqlite3_int64,
    values: *mut *mut sqlite3_value,
}

impl Found {
    const NOTHING: Self = Self { rows: 0, columns: 0, integers: ptr::null_mut(), values: ptr::null_mut() };
}

unsafe extern "C" {
    fn vectorIndexSearch(
        handle: *mut sqlite3,
        count: c_int,
        arguments: *mut *mut sqlite3_value,
        found: *mut Found,
        read: *mut c_int,
        written: *mut c_int,
        problem: *mut *mut c_char,
    ) -> c_int;
    fn vectorOutRowsGet(context: *mut sqlite3_context, found: *const Found, row: c_int, column: c_int);
    fn vectorOutRowsFree(handle: *mut sqlite3, found: *mut Found);
}

/// Puts the table in the place of the engine's own.
pub(crate) fn install(handle: &Handle) -> rusqlite::Result<()> {
    // SAFETY: the handle is open for as long as it is borrowed, the name ends in a zero byte, and the module is never gone.
    checked(unsafe { sqlite3_create_module(handle.handle(), NAME.as_ptr(), &raw const MODULE, ptr::null_mut()) })
}

unsafe extern "C" fn connect(
    handle: *mut sqlite3,
    _: *mut c_void,
    _: c_int,
    _: *const *const c_char,
    table: *mut *mut sqlite3_vtab,
    _: *mut *mut c_char,
) -> c_int {
    // SAFETY: the engine calls this with an open handle, which lives longer than the table, and with a place for the table.
    unsafe {
        let code = sqlite3_declare_vtab(handle, COLUMNS.as_ptr());
        if code == SQLITE_OK {
            let base = sqlite3_vtab { pModule: ptr::null(), nRef: 0, zErrMsg: ptr::null_mut() };
            *table = Box::into_raw(Box::new(Table { base, handle })).cast();
        }
        code
    }
}

unsafe extern "C" fn disconnect(table: *mut sqlite3_vtab) -> c_int {
    // SAFETY: it is one that `connect` has made, and the engine does not use it again.
    drop(unsafe { Box::from_raw(table.cast::<Table>()) });
    SQLITE_OK
}

unsafe extern "C" fn best_index(_: *mut sqlite3_vtab, info: *mut sqlite3_index_info) -> c_int {
    // SAFETY: the engine gives both lists as many entries as it says, and nobody else uses them during the call.
    unsafe {
        (*info).estimatedCost = 1.0;
        (*info).estimatedRows = 100;
        for number in 0..usize::try_from((*info).nConstraint).unwrap_or_default() {
            let constraint = *(*info).aConstraint.add(number);
            let is_argument = (0..ARGUMENTS).contains(&constraint.iColumn)
                && constraint.usable != 0
                && c_int::from(constraint.op) == SQLITE_INDEX_CONSTRAINT_EQ;
            if is_argument {
                let usage = (*info).aConstraintUsage.add(number);
                (*usage).argvIndex = constraint.iColumn + 1;
                (*usage).omit = 1;
            }
        }
    }
    SQLITE_OK
}

unsafe extern "C" fn open(_: *mut sqlite3_vtab, cursor: *mut *mut sqlite3_vtab_cursor) -> c_int {
    let base = sqlite3_vtab_cursor { pVtab: ptr::null_mut() };
    let opened = Box::new(Cursor { base, read: 0, written: 0, found: Found::NOTHING, row: 0 });
    // SAFETY: the engine gives a place for the cursor.
    unsafe { *cursor = Box::into_raw(opened).cast() };
    SQLITE_OK
}

unsafe extern "C" fn close(cursor: *mut sqlite3_vtab_cursor) -> c_int {
    // SAFETY: it is one that `open` has made, and the engine does not use it again; its table is still there.
    unsafe {
        let mut cursor = Box::from_raw(cursor.cast::<Cursor>());
        forget(&mut cursor);
    }
    SQLITE_OK
}

unsafe extern "C" fn filter(
    cursor: *mut sqlite3_vtab_cursor,
    _: c_int,
    _: *const c_char,
    count: c_int,
    arguments: *mut *mut sqlite3_value,
) -> c_int {
    // SAFETY: it is a cursor that `open` has made, of a table that `connect` has made, and there are as many arguments as
    // is said. The search writes into what it is given, and keeps none of it.
    unsafe {
        let cursor = &mut *cursor.cast::<Cursor>();
        forget(cursor);
        let table = &mut *cursor.base.pVtab.cast::<Table>();
        let wanted = if count == ARGUMENTS { number(*arguments.add(2)) } else { None };
        if wanted == Some(0.0) {
            return SQLITE_OK;
        }
        if wanted.is_some_and(|wanted| wanted > f64::from(MOST_NEIGHBOURS)) {
            let problem = c"vector index(search): third parameter (k) must be at most %d";
            table.base.zErrMsg = sqlite3_mprintf(problem.as_ptr(), c_int::from(MOST_NEIGHBOURS));
            return SQLITE_ERROR;
        }
        let Cursor { found, read, written, .. } = cursor;
        let problem = &raw mut table.base.zErrMsg;
        match vectorIndexSearch(table.handle, count, arguments, found, read, written, problem) {
            SQLITE_OK => SQLITE_OK,
            _ => SQLITE_ERROR,
        }
    }
}

/// A value that is a number.
unsafe fn number(value: *mut sqlite3_value) -> Option<f64> {
    // SAFETY: the caller gives a value of the engine's.
    let (kind, number) = unsafe { (sqlite3_value_type(value), sqlite3_value_double(value)) };
    matches!(kind, SQLITE_INTEGER | SQLITE_FLOAT).then_some(number)
}

/// Gives back what was found.
unsafe fn forget(cursor: &mut Cursor) {
    // SAFETY: the caller gives a cursor whose table is there; what was found is of the engine's making, and used no more.
    unsafe {
        let table = &*cursor.base.pVtab.cast::<Table>();
        vectorOutRowsFree(table.handle, &raw mut cursor.found);
    }
    (cursor.found, cursor.row) = (Found::NOTHING, 0);
}

unsafe extern "C" fn next(cursor: *mut sqlite3_vtab_cursor) -> c_int {
    // SAFETY: it is one that `open` has made.
    unsafe { (*cursor.cast::<Cursor>()).row += 1 };
    SQLITE_OK
}

unsafe extern "C" fn eof(cursor: *mut sqlite3_vtab_cursor) -> c_int {
    // SAFETY: it is one that `open` has made.
    let cursor = unsafe { &*cursor.cast::<Cursor>() };
    c_int::from(cursor.row >= cursor.found.rows)
}

unsafe extern "C" fn column(cursor: *mut sqlite3_vtab_cursor, context: *mut sqlite3_context, column: c_int) -> c_int {
    // SAFETY: it is a cursor that `open` has made, and the engine asks for a column only where there is a row. The columns
    // of the arguments have no value there; they are null.
    unsafe {
        let cursor = &*cursor.cast::<Cursor>();
        if (ARGUMENTS..ARGUMENTS + cursor.found.columns).contains(&column) {
            vectorOutRowsGet(context, &raw const cursor.found, cursor.row, column - ARGUMENTS);
        }
    }
    SQLITE_OK
}

unsafe extern "C" fn rowid(cursor: *mut sqlite3_vtab_cursor, id: *mut sqlite3_int64) -> c_int {
    // SAFETY: as for a column; there are as many integers as rows, if they are integers.
    unsafe {
        let cursor = &*cursor.cast::<Cursor>();
        let row = usize::try_from(cursor.row).unwrap_or_default();
        *id = if cursor.found.integers.is_null() { cursor.row.into() } else { *cursor.found.integers.add(row) };
    }
    SQLITE_OK
}
