//! What a database has read, written and stored.

use std::fs;

use super::Database;
use crate::data::engine::{Interrupter, Ran};
use crate::data::hrana::SqlError;
use crate::data::usage::{Hour, Hours, Rows, Usage, UsedUp};

impl Database {
    pub(crate) fn count(&self, sql: &str, ran: Ran) {
        self.enter(sql, Rows { read: ran.rows_read, written: ran.rows_written });
    }

    /// Counts rows for a statement, or for none.
    pub(crate) fn enter(&self, sql: &str, rows: Rows) {
        let now = self.surroundings.clock.now();
        self.statistics.lock().enter(Hour::of(now), sql, rows);
        self.meter.read().add(rows, now);
        self.activity.read().touch(now);
    }

    /// What its organization has used up.
    pub(crate) fn used_up(&self) -> UsedUp {
        self.meter.read().used_up(self.surroundings.clock.now())
    }

    /// One that cannot be read is as large as its file: what others have used is told all the same.
    pub(crate) fn usage(&self, hours: Hours) -> Usage {
        let storage_bytes = self.size().unwrap_or_else(|error| {
            tracing::warn!(
                database = &*self.record().name,
                message = error.message,
                "could not tell the size of a database"
            );
            fs::metadata(self.file.path()).map(|file| file.len()).unwrap_or_default()
        });
        Usage { rows: self.statistics.lock().rows_in(hours), storage_bytes }
    }

    pub(crate) fn top_queries(&self, hours: Hours) -> Vec<(String, Rows)> {
        self.statistics.lock().top_queries(hours)
    }

    pub(crate) fn rows_by_hour(&self) -> Vec<(Hour, Rows)> {
        self.statistics.lock().rows_by_hour()
    }

    fn size(&self) -> Result<u64, SqlError> {
        // Nobody may hold a connection to the file of a draft: it may not be the last one.
        if self.record().draft || !self.file.exists() {
            return Ok(0);
        }
        let mut connection = match self.idle_connection() {
            Some(connection) => connection,
            None => self.connect(Interrupter::default(), None)?,
        };
        let size = connection.size();
        self.keep(connection);
        size
    }
}
