//! The engine of one database, which is one file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::connection::EngineConnection;
use super::file::{Durability, copy, open};
use super::schema::SchemaEpoch;
use super::{Interrupter, Waiters, errors};
use crate::data::hrana::SqlError;

/// One database file: a place connections come from.
#[derive(Debug)]
pub(crate) struct Engine {
    path: PathBuf,
    durability: Durability,
    waiters: Waiters,
    connecting: Mutex<()>,
    schema: Arc<SchemaEpoch>,
}

impl Engine {
    /// Connections that hold up one of these for too long end their statements.
    pub(crate) fn new(path: PathBuf, durability: Durability, waiters: Waiters) -> Self {
        Self { path, durability, waiters, connecting: Mutex::new(()), schema: Arc::default() }
    }

    /// Opens a connection, whose statements stop when `interrupter` says so; the first one creates the database.
    pub(crate) fn connect(&self, interrupter: Interrupter) -> Result<EngineConnection, SqlError> {
        // Switching a new file to WAL needs it exclusively; one at a time, nobody waits in the engine for it. Not all who
        // come here have waited for the right to open the file: copies and attachments have not.
        let _one_at_a_time = self.connecting.lock();
        // Before the schema is read: what is changed meanwhile is read again.
        let schema_seen = self.schema.current();
        let handle = open(&self.path, self.durability).map_err(errors::describe)?;
        let (waiters, schema) = (self.waiters.clone(), Arc::clone(&self.schema));
        Ok(EngineConnection::new(handle, interrupter, waiters, schema, schema_seen))
    }

    /// Writes the database as it is at this moment to a file that is not there yet.
    pub(crate) fn copy_to(&self, file: &Path) -> Result<(), SqlError> {
        let source = open(&self.path, self.durability).map_err(errors::describe)?;
        copy(&source, file).map_err(errors::describe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::engine::{Command, Ran, RowSink, Stop};
    use crate::data::hrana::{Column, ValueRef};

    struct NoRows;

    impl RowSink for NoRows {
        fn begin(&mut self, _: Vec<Column>) -> Result<(), SqlError> {
            Ok(())
        }

        fn row(&mut self, _: &[ValueRef<'_>]) -> Result<(), SqlError> {
            panic!("none was wanted")
        }
    }

    const INSERT: &str = "INSERT INTO t VALUES (1)";

    fn run(connection: &mut EngineConnection, sql: &str) -> Result<Ran, Stop> {
        let command = Command { sql: sql.to_owned(), args: Vec::new(), named_args: Vec::new(), want_rows: false };
        connection.execute(&command, &mut |_| Ok(()), &mut NoRows)
    }

    fn is_brief(connection: &EngineConnection) -> bool {
        connection.recall(INSERT).is_some_and(|known| known.is_brief)
    }

    #[test]
    fn what_is_known_to_be_brief_is_not_once_another_connection_has_changed_the_schema() {
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::new(directory.path().join("x.db"), Durability::Nothing, Waiters::default());
        let [mut one, mut other] = [(); 2].map(|()| engine.connect(Interrupter::default()).unwrap());
        run(&mut one, "CREATE TABLE t (x)").unwrap();
        while !is_brief(&other) {
            run(&mut other, INSERT).unwrap();
        }
        run(&mut one, "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT hex(zeroblob(1)); END").unwrap();
        assert!(!is_brief(&other));

        // It may have been asked before.
        other.set_may_block(false);
        let Err(Stop::Failed(error)) = run(&mut other, INSERT) else { panic!("it ran") };
        assert!(error.is_interruption(), "{error:?}");
        other.set_may_block(true);
        for _ in 0..20 {
            run(&mut other, INSERT).unwrap();
        }
        assert!(!is_brief(&other));
    }
}
