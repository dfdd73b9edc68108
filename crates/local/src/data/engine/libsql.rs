//! libSQL in this process, one file per database.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::connection::LibsqlConnection;
use super::file::{Durability, copy, open};
use super::schema::SchemaEpoch;
use super::{Connection, Engine, Interrupter, errors};
use crate::data::hrana::SqlError;

/// One database file.
#[derive(Debug)]
pub(crate) struct LibsqlEngine {
    path: PathBuf,
    durability: Durability,
    opening: Mutex<()>,
    schema: Arc<SchemaEpoch>,
}

impl LibsqlEngine {
    pub(crate) fn new(path: PathBuf, durability: Durability) -> Self {
        Self { path, durability, opening: Mutex::new(()), schema: Arc::default() }
    }
}

impl Engine for LibsqlEngine {
    fn connect(&self, interrupter: Interrupter) -> Result<Box<dyn Connection>, SqlError> {
        // Switching a new file to WAL needs it exclusively; one at a time, nobody waits in the engine for it.
        let _one_at_a_time = self.opening.lock();
        // Before the schema is read: what is changed meanwhile is read again.
        let schema_seen = self.schema.current();
        let handle = open(&self.path, self.durability).map_err(errors::describe)?;
        Ok(Box::new(LibsqlConnection::new(handle, interrupter, Arc::clone(&self.schema), schema_seen)))
    }

    fn copy_to(&self, file: &Path) -> Result<(), SqlError> {
        let source = open(&self.path, self.durability).map_err(errors::describe)?;
        copy(&source, file).map_err(errors::describe)
    }
}
