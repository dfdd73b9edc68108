//! Whether a file that came from outside is a sound database.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use url::Url;

use super::{errors, functions, vectors};
use crate::data::hrana::SqlError;
use crate::memory;

/// What is wrong with the indexes of vectors of a database that nobody has open, if anything is. Blocks.
pub(crate) fn problem_of_vectors(file: &Path) -> Result<Option<String>, SqlError> {
    open(file).and_then(|handle| vectors::problem(&handle, None)).map_err(errors::describe)
}

/// What `PRAGMA quick_check` says first of a database that nobody has open: `ok`, or a problem. Blocks.
pub(crate) fn quick_check(file: &Path) -> Result<String, SqlError> {
    open(file).and_then(|handle| first_of_quick_check(&handle)).map_err(errors::describe)
}

pub(super) fn first_of_quick_check(handle: &Connection) -> rusqlite::Result<String> {
    handle.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
}

/// Opens a file in such a way that it stays as it is.
pub(super) fn open(file: &Path) -> rusqlite::Result<Connection> {
    // Without it, even reading makes a log and its index beside a file in WAL mode.
    let mut uri = Url::from_file_path(file).map_err(|()| rusqlite::Error::InvalidPath(file.to_owned()))?;
    uri.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    memory::install();
    let handle = Connection::open_with_flags(uri.as_str(), flags)?;
    // Rules of its tables may call them.
    functions::install(&handle)?;
    // Nothing written in the file may run here.
    handle.execute_batch("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;")?;
    Ok(handle)
}
