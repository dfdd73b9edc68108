//! libSQL in this process, one file per database.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::connection::LibsqlConnection;
use super::file::{Durability, copy, open};
use super::schema::SchemaEpoch;
use super::{Connection, Engine, Interrupter, Waiters, errors};
use crate::data::hrana::SqlError;

/// One database file.
#[derive(Debug)]
pub(crate) struct LibsqlEngine {
    path: PathBuf,
    durability: Durability,
    waiters: Waiters,
    connecting: Mutex<()>,
    schema: Arc<SchemaEpoch>,
}

impl LibsqlEngine {
    /// Connections that hold up one of these for too long end their statements.
    pub(crate) fn new(path: PathBuf, durability: Durability, waiters: Waiters) -> Self {
        Self { path, durability, waiters, connecting: Mutex::new(()), schema: Arc::default() }
    }
}

impl Engine for LibsqlEngine {
    fn connect(&self, interrupter: Interrupter) -> Result<Box<dyn Connection>, SqlError> {
        // Switching a new file to WAL needs it exclusively; one at a time, nobody waits in the engine for it. Not all who
        // come here have waited for the right to open the file: copies and attachments have not.
        let _one_at_a_time = self.connecting.lock();
        // Before the schema is read: what is changed meanwhile is read again.
        let schema_seen = self.schema.current();
        let handle = open(&self.path, self.durability).map_err(errors::describe)?;
        let (waiters, schema) = (self.waiters.clone(), Arc::clone(&self.schema));
        Ok(Box::new(LibsqlConnection::new(handle, interrupter, waiters, schema, schema_seen)))
    }

    fn copy_to(&self, file: &Path) -> Result<(), SqlError> {
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

    fn run(connection: &mut dyn Connection, sql: &str) -> Result<Ran, Stop> {
        let command = Command { sql: sql.to_owned(), args: Vec::new(), named_args: Vec::new(), want_rows: false };
        connection.execute(&command, &mut |_| Ok(()), &mut NoRows)
    }

    fn is_brief(connection: &dyn Connection) -> bool {
        connection.recall(INSERT).is_some_and(|known| known.is_brief)
    }

    #[test]
    fn what_is_known_to_be_brief_is_not_once_another_connection_has_changed_the_schema() {
        let directory = tempfile::tempdir().unwrap();
        let engine = LibsqlEngine::new(directory.path().join("x.db"), Durability::Nothing, Waiters::default());
        let [mut one, mut other] = [(); 2].map(|()| engine.connect(Interrupter::default()).unwrap());
        run(one.as_mut(), "CREATE TABLE t (x)").unwrap();
        while !is_brief(other.as_ref()) {
            run(other.as_mut(), INSERT).unwrap();
        }
        run(one.as_mut(), "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT hex(zeroblob(1)); END").unwrap();
        assert!(!is_brief(other.as_ref()));

        // It may have been asked before.
        other.set_may_block(false);
        let Err(Stop::Failed(error)) = run(other.as_mut(), INSERT) else { panic!("it ran") };
        assert!(error.is_interruption(), "{error:?}");
        other.set_may_block(true);
        for _ in 0..20 {
            run(other.as_mut(), INSERT).unwrap();
        }
        assert!(!is_brief(other.as_ref()));
    }
}
