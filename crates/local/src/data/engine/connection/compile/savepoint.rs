//! Takes back what a statement that does not run has made the engine do.

use rusqlite::Connection as Handle;

use crate::data::engine::errors;
use crate::data::engine::observer::Observer;
use crate::data::hrana::SqlError;

/// What is done from here on is undone when this is dropped, unless it is released.
#[derive(Debug)]
pub(super) struct Savepoint<'c> {
    handle: &'c Handle,
    observer: &'c Observer,
    /// Whether the transaction it is in was begun by it.
    is_outermost: bool,
    is_released: bool,
}

impl<'c> Savepoint<'c> {
    pub(super) fn begin(handle: &'c Handle, observer: &'c Observer) -> Result<Self, SqlError> {
        let savepoint = Self { handle, observer, is_outermost: handle.is_autocommit(), is_released: false };
        savepoint.run("SAVEPOINT turso_cloud_compiled").map_err(errors::describe)?;
        Ok(savepoint)
    }

    /// Keeps what was done. If that fails, it is undone.
    pub(super) fn release(mut self) -> Result<(), SqlError> {
        self.run("RELEASE turso_cloud_compiled").map_err(errors::describe)?;
        self.is_released = true;
        Ok(())
    }

    fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.observer.unwatched(|| self.handle.execute_batch(sql))
    }
}

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        // Some failures end the transaction, and the savepoint with it.
        if self.is_released || self.handle.is_autocommit() {
            return;
        }
        let undone = self.run(if self.is_outermost {
            "ROLLBACK"
        } else {
            "ROLLBACK TO turso_cloud_compiled; RELEASE turso_cloud_compiled"
        });
        if let Err(error) = undone {
            tracing::warn!(%error, "could not undo what a statement that did not run has done");
        }
    }
}
