//! Whether a file that came from outside is a sound database.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use url::Url;

use super::{errors, functions};
use crate::data::hrana::SqlError;
use crate::memory;

/// What `PRAGMA quick_check` says first of a database that nobody has open: `ok`, or a problem. Blocks.
pub(crate) fn quick_check(file: &Path) -> Result<String, SqlError> {
    let mut uri = Url::from_file_path(file)
        .map_err(|()| SqlError::new("SQLITE_CANTOPEN", "SQLite error: unable to open database file"))?;
    // Without it, even reading makes a log and its index beside a file in WAL mode.
    uri.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    memory::install();
    let check = || {
        let handle = Connection::open_with_flags(uri.as_str(), flags)?;
        // Rules of its tables may call them.
        functions::install(&handle)?;
        // Nothing written in the file may run here.
        handle.execute_batch("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;")?;
        handle.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
    };
    check().map_err(errors::describe)
}
