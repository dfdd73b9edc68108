//! What the engine keeps for indexes of vectors, which nobody else may change: it follows what it finds there wherever that
//! leads, out of its memory too.
//!
//! An index `i` keeps its content in a table `i_shadow` and what it is in one for all of them. The engine makes and drops
//! these while it *compiles* what makes or drops the index, and says so to the authorizer as if a client had asked for it.
//! So a statement is first compiled with all of that denied: whether it was an index's owner that led there is known in the
//! end. If it was, and the statement may run, it is compiled again.

mod kept;
mod search;

use rusqlite::Connection as Handle;
use rusqlite::hooks::{AuthAction, AuthContext};

use super::seen::Seen;
use super::{errors, ffi};
use crate::data::hrana::SqlError;

use kept::OLD_LIST;
pub(super) use kept::problem;
pub(super) use search::install;

/// Where the engine keeps what its indexes of vectors are.
const LIST: &str = "libsql_vector_meta_shadow";

const SUFFIX: &str = "_shadow";

/// What makes an index one of vectors.
pub(super) const MARK: &str = "libsql_vector_idx";

/// The most neighbours that are searched for, and candidates that a search keeps. The engine multiplies their number by
/// eight, and finds memory below 64 KiB in any case.
const MOST_NEIGHBOURS: u16 = 8191;

/// What one action has to do with what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Concern {
    /// Nothing.
    None,
    /// It changes what is kept, which only the engine may.
    Change,
    /// It makes an index of vectors, or drops an index or a table, which makes the engine change what it keeps.
    Own,
    /// It calls the function that marks such an index.
    Mark,
    /// It makes an index that must not be one of vectors: the engine puts its name into texts of its own as it is, and
    /// does not find again what it keeps for one that is temporary.
    Unfit,
}

/// A query for the names of the tables that the engine keeps for the indexes of vectors of a database: making an index makes
/// and fills its own. An older engine has made some with `USING diskann`, and whatever a session thinks of LIKE does not
/// matter.
pub const VECTOR_INDEX_TABLES: &str = "SELECT name || '_shadow' FROM main.sqlite_schema WHERE type = 'index' \
                                       AND (instr(lower(sql), 'libsql_vector_idx') OR instr(lower(sql), 'using diskann')) \
                                       UNION ALL SELECT 'libsql_vector_meta_shadow'";

/// The tables that are kept for the indexes of a database.
pub(super) fn kept(handle: &Handle) -> rusqlite::Result<Vec<String>> {
    if !ffi::has_table(handle, LIST) {
        return Ok(Vec::new());
    }
    // Not kept: what it has read would be counted for the statement that comes next.
    let mut tables = handle.prepare(VECTOR_INDEX_TABLES)?;
    let tables =
        tables.query_map([], |row| Ok(row.get_ref(0)?.as_bytes().map(String::from_utf8_lossy)?.into_owned()))?;
    tables.collect()
}

/// Refuses an index whose content would go into a table that is there: the engine makes one if there is none, and takes
/// whatever has the name for its own.
pub(super) fn refuse_taken(handle: &Handle, index: &str) -> Result<(), SqlError> {
    let table = format!("{index}{SUFFIX}");
    if ffi::has_table(handle, &table) {
        let problem =
            format!("SQLite error: not authorized: index {index} would keep its content in {table}, which is there");
        return Err(SqlError::new("SQLITE_AUTH", problem));
    }
    Ok(())
}

/// Refuses an index that is made to keep more candidates than a search bears.
pub(super) fn refuse_many_candidates(handle: &Handle, index: &str) -> Result<(), SqlError> {
    if kept::keeps_too_many(handle, index).map_err(errors::describe)? {
        let problem = format!("SQLite error: search_l and insert_l of index {index} must be at most {MOST_NEIGHBOURS}");
        return Err(SqlError::new("SQLITE_ERROR", problem));
    }
    Ok(())
}

/// What an action has to do with it, if these are the tables, after what was seen of its statement.
pub(super) fn concern(context: &AuthContext<'_>, kept: &[String], seen: Seen) -> Concern {
    let is_kept = |table: &str| {
        [LIST, OLD_LIST].iter().any(|list| table.eq_ignore_ascii_case(list))
            || kept.iter().any(|other| other.eq_ignore_ascii_case(table))
    };
    match context.action {
        AuthAction::CreateTable { .. } if seen.marks_vectors() => Concern::Change,
        AuthAction::CreateTable { table_name }
        | AuthAction::Insert { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::Delete { table_name }
        | AuthAction::DropTable { table_name }
        | AuthAction::AlterTable { table_name, .. }
        | AuthAction::CreateTrigger { table_name, .. }
        | AuthAction::CreateIndex { table_name, .. }
            if is_kept(table_name) =>
        {
            Concern::Change
        }
        AuthAction::CreateTempIndex { .. } => Concern::Unfit,
        AuthAction::CreateIndex { index_name, .. } if !is_plain(index_name) => Concern::Unfit,
        AuthAction::CreateIndex { .. } | AuthAction::DropIndex { .. } | AuthAction::DropTable { .. } => Concern::Own,
        AuthAction::Function { function_name } if function_name.eq_ignore_ascii_case(MARK) => Concern::Mark,
        _ => Concern::None,
    }
}

/// A name that needs no quotes, whatever stands around it.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}
