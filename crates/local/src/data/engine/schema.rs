//! How a connection learns of what others have done to the schema.

use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection as Handle;

use super::text;

/// Counts the schema changes made by this process. Those of another program are noticed when a statement runs.
///
/// A connection compiles against the schema it has read last and notices a change only when it runs, so it has to look
/// again whenever another one of this process may have changed it.
#[derive(Debug, Default)]
pub(super) struct SchemaEpoch(AtomicU64);

impl SchemaEpoch {
    pub(super) fn current(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Tells of a change that was committed; gives the number of it.
    pub(super) fn change(&self) -> u64 {
        self.0.fetch_add(1, Ordering::AcqRel) + 1
    }
}

/// Reads the schema of a database, which the engine would otherwise do only when it runs a statement.
pub(super) fn look_at(handle: &Handle, schema: &str) -> rusqlite::Result<()> {
    let sql = format!("SELECT 1 FROM {}.sqlite_schema LIMIT 0", text::identifier(schema));
    handle.prepare_cached(&sql)?.query([])?.next().map(|_| ())
}

/// Databases attached from elsewhere change without the connection's knowing.
pub(super) fn look_at_attached(handle: &Handle) -> rusqlite::Result<()> {
    attached(handle)?.iter().try_for_each(|name| look_at(handle, name))
}

/// The names of the databases attached from elsewhere. Asked for by a statement: a client's table may have the name of the
/// function; and not kept: a client's may have the same text, and has to be looked at.
pub(super) fn attached(handle: &Handle) -> rusqlite::Result<Vec<String>> {
    const OWN: i64 = 1;
    let mut list = handle.prepare("PRAGMA database_list")?;
    let databases = list.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let databases = databases.collect::<rusqlite::Result<Vec<(i64, String)>>>()?;
    Ok(databases.into_iter().filter(|(number, _)| *number > OWN).map(|(_, name)| name).collect())
}
