//! Whether a file is the state of a local cloud.

use std::{fs, io, path::Path};

use rusqlite::Connection;

use super::{Store, StoreError};
use crate::memory;

impl Store {
    /// Whether a file holds a state, of whatever version; not so where there is none, or nothing in it. Nothing is written
    /// to it, and what is something else is an error.
    pub(crate) fn is_begun(file: &Path) -> Result<bool, StoreError> {
        let is_empty = match fs::metadata(file) {
            // The engine would take the log of an empty file for that of another one, and remove it.
            Ok(metadata) => metadata.len() == 0,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if is_empty {
            return Ok(false);
        }
        memory::install();
        let connection = Connection::open(file)?;
        let count = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        if count("SELECT count(*) FROM sqlite_schema")? == 0 {
            return Ok(false);
        }
        let tables = "SELECT count(*) FROM sqlite_schema
             WHERE type = 'table' AND name IN ('meta', 'users', 'organizations', 'groups', 'databases', 'audit_logs')";
        let is_ours = count(tables)? == 6 && count("PRAGMA user_version")? != 0;
        if is_ours { Ok(true) } else { Err(StoreError::Foreign) }
    }
}
