//! Functions of the engine that take as long as their arguments multiplied, and that nothing can stop: they are called, on a
//! connection on which they are still the engine's own, if that does not take too long.

use std::ffi::{CStr, c_int, c_void};
use std::{ptr, slice};

use libsql_ffi::{sqlite3, sqlite3_context, sqlite3_stmt, sqlite3_value};
use rusqlite::Connection;

use super::checked;
use crate::data::engine::functions::FLAGS;
use crate::data::engine::limits;

/// Some seconds of looking for the members of one object in another.
const MOST_BYTES: usize = 1 << 30;

/// Half a second of comparing letters.
const MOST_PAIRS: usize = 8 * 1024 * 1024;

static FUNCTIONS: [Bounded; 6] = [
    merge(c"json_patch", c"SELECT json_patch(?1, ?2)", true),
    merge(c"jsonb_patch", c"SELECT jsonb_patch(?1, ?2)", false),
    compare(c"edit_distance", c"SELECT edit_distance(?1, ?2)"),
    compare(c"fuzzy_editdist", c"SELECT edit_distance(?1, ?2)"),
    compare(c"jaro_winkler", c"SELECT jaro_winkler(?1, ?2)"),
    compare(c"fuzzy_jarowin", c"SELECT jaro_winkler(?1, ?2)"),
];

/// What the engine marks JSON with.
const JSON: u32 = b'J' as u32;

struct Bounded {
    name: &'static CStr,
    call: &'static CStr,
    takes_too_long: fn(Argument<'_>, Argument<'_>) -> bool,
    /// Whether the answer is JSON, which is a part of another one as it is.
    is_json: bool,
}

thread_local! {
    /// Kept, because opening one takes longer than a call.
    static OWN: Option<Connection> = Connection::open_in_memory().inspect(limits::install).ok();
}

const fn merge(name: &'static CStr, call: &'static CStr, is_json: bool) -> Bounded {
    Bounded { name, call, takes_too_long: is_long_to_merge, is_json }
}

const fn compare(name: &'static CStr, call: &'static CStr) -> Bounded {
    Bounded { name, call, takes_too_long: is_long_to_compare, is_json: false }
}

/// Each member of the patch is looked for in all of the target, and in what was added before it.
fn is_long_to_merge(target: Argument<'_>, patch: Argument<'_>) -> bool {
    patch.members().saturating_mul(target.bytes.len().saturating_add(patch.bytes.len())) > MOST_BYTES
}

fn is_long_to_compare(left: Argument<'_>, right: Argument<'_>) -> bool {
    left.bytes.len().saturating_mul(right.bytes.len()) > MOST_PAIRS
}

/// Has the functions refuse what would take too long.
pub(crate) fn install(connection: &Connection) -> rusqlite::Result<()> {
    for function in &FUNCTIONS {
        let flags = FLAGS.bits() | if function.is_json { libsql_ffi::SQLITE_RESULT_SUBTYPE } else { 0 };
        // SAFETY: the handle is open for as long as `connection` is borrowed, the name ends in a zero byte, and the function
        // has the type that is asked for and gets a constant for its data.
        checked(unsafe {
            libsql_ffi::sqlite3_create_function_v2(
                connection.handle(),
                function.name.as_ptr(),
                2,
                flags,
                ptr::from_ref(function).cast_mut().cast::<c_void>(),
                Some(call),
                None,
                None,
                None,
            )
        })?;
    }
    Ok(())
}

/// What an argument has, of a number its text.
#[derive(Clone, Copy)]
struct Argument<'v> {
    bytes: &'v [u8],
    is_blob: bool,
}

impl Argument<'_> {
    /// # Safety
    ///
    /// The value has to live as long as what is made of it, and nobody may change it meanwhile.
    unsafe fn of(value: *mut sqlite3_value) -> Self {
        // SAFETY: the value lives by the contract of this function, and so do its bytes, which are asked for before their
        // number is.
        unsafe {
            let is_blob = libsql_ffi::sqlite3_value_type(value) == libsql_ffi::SQLITE_BLOB;
            let start = libsql_ffi::sqlite3_value_blob(value).cast::<u8>();
            let length = usize::try_from(libsql_ffi::sqlite3_value_bytes(value)).unwrap_or(0);
            let bytes = if start.is_null() { &[] } else { slice::from_raw_parts(start, length) };
            Self { bytes, is_blob }
        }
    }

    /// No more members than this have the objects in it. In binary JSON, one takes two bytes.
    fn members(self) -> usize {
        if self.is_blob { self.bytes.len() / 2 } else { memchr::memchr_iter(b':', self.bytes).count() }
    }
}

unsafe extern "C" fn call(context: *mut sqlite3_context, _: c_int, arguments: *mut *mut sqlite3_value) {
    // SAFETY: the engine calls this with a context, the constant that the function was installed with, and two arguments,
    // which live as long as the call.
    unsafe {
        let function = &*libsql_ffi::sqlite3_user_data(context).cast::<Bounded>();
        let values = [*arguments, *arguments.add(1)];
        if (function.takes_too_long)(Argument::of(values[0]), Argument::of(values[1])) {
            return libsql_ffi::sqlite3_result_error(context, c"arguments are too long".as_ptr(), -1);
        }
        let called = OWN.try_with(|own| own.as_ref().map(|own| answer(context, own.handle(), function, values)));
        if !matches!(called, Ok(Some(()))) {
            libsql_ffi::sqlite3_result_error_nomem(context);
        }
    }
}

/// Has the engine's own function answer.
///
/// # Safety
///
/// The handle has to be one that is open and of this thread, and context and values those of a call.
unsafe fn answer(
    context: *mut sqlite3_context,
    handle: *mut sqlite3,
    function: &Bounded,
    values: [*mut sqlite3_value; 2],
) {
    let mut statement: *mut sqlite3_stmt = ptr::null_mut();
    // SAFETY: all of these live by the contract of this function, the text ends in a zero byte, a statement that is null is
    // an error to each of the calls and no more, and the result is copied before the statement is finalized.
    unsafe {
        libsql_ffi::sqlite3_prepare_v2(handle, function.call.as_ptr(), -1, &raw mut statement, ptr::null_mut());
        libsql_ffi::sqlite3_bind_value(statement, 1, values[0]);
        libsql_ffi::sqlite3_bind_value(statement, 2, values[1]);
        match libsql_ffi::sqlite3_step(statement) {
            libsql_ffi::SQLITE_ROW => {
                libsql_ffi::sqlite3_result_value(context, libsql_ffi::sqlite3_column_value(statement, 0));
                if function.is_json && libsql_ffi::sqlite3_column_type(statement, 0) == libsql_ffi::SQLITE_TEXT {
                    libsql_ffi::sqlite3_result_subtype(context, JSON);
                }
            }
            libsql_ffi::SQLITE_ERROR => {
                libsql_ffi::sqlite3_result_error(context, libsql_ffi::sqlite3_errmsg(handle), -1);
            }
            libsql_ffi::SQLITE_TOOBIG => libsql_ffi::sqlite3_result_error_toobig(context),
            _ => libsql_ffi::sqlite3_result_error_nomem(context),
        }
        libsql_ffi::sqlite3_finalize(statement);
    }
}
