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
    let mut list = handle.prepare_cached("SELECT name FROM pragma_database_list WHERE seq > 1")?;
    let names = list.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    names.iter().try_for_each(|name| look_at(handle, name))
}
