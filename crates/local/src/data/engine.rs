//! The database engine: libSQL in this process.
//!
//! The protocol decides *whether*, *when* and *where* a statement runs; the engine only runs it. Everything here may block,
//! except what is known to be brief.

mod check;
mod connection;
mod errors;
mod ffi;
mod file;
mod functions;
mod libsql;
mod limits;
mod load;
mod lookout;
mod observer;
mod pragma;
mod scanner;
mod schema;
mod seen;
mod size;
pub(super) mod stack;
mod statement;
mod text;
mod vectors;
mod waiters;
pub(super) mod words;

use std::time::Duration;

use super::hrana::{Column, NamedValue, SqlError, Value, ValueRef};

pub(crate) use check::{problem_of_vectors, quick_check};
pub(crate) use connection::EngineConnection;
pub(crate) use file::Durability;
pub use functions::install as install_functions;
pub(crate) use libsql::Engine;
pub(crate) use load::{LoadError, LoadLimits, load};
pub(crate) use lookout::{Interrupter, Lease};
pub use scanner::{Scanner, Step};
pub use vectors::VECTOR_INDEX_TABLES;
pub(crate) use waiters::Waiters;

/// A statement ready to run.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) sql: String,
    pub(crate) args: Vec<Value>,
    pub(crate) named_args: Vec<NamedValue>,
    pub(crate) want_rows: bool,
}

/// What a compiled statement is going to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effect {
    /// May change the database file.
    pub(crate) writes: bool,
    /// Changes the session in a way a read-only token must not: a pragma is set.
    pub(crate) reconfigures: bool,
    /// Attaches or detaches a database.
    pub(crate) attaches: bool,
    pub(crate) transaction: Option<TransactionStep>,
}

/// What is known of a text that has run before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) effect: Effect,
    /// Was done in no time when it ran last, and does nothing whose length depends on a value alone.
    pub(crate) is_brief: bool,
}

/// What a statement does to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionStep {
    Begin,
    /// `COMMIT`, `END` or `ROLLBACK`.
    Finish,
    /// `SAVEPOINT`, `RELEASE` or `ROLLBACK TO`.
    Savepoint,
}

/// Asked after a statement is compiled and before it runs.
pub(crate) type Gate<'a> = dyn FnMut(Effect) -> Result<(), Stop> + 'a;

/// Why a statement did not run to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It has not started: it must wait for its turn to write.
    WaitToWrite,
    Failed(SqlError),
}

impl From<SqlError> for Stop {
    fn from(error: SqlError) -> Self {
        Self::Failed(error)
    }
}

/// Takes the rows of a statement as they are produced. An error stops the statement.
pub(crate) trait RowSink {
    fn begin(&mut self, columns: Vec<Column>) -> Result<(), SqlError>;
    fn row(&mut self, row: &[ValueRef<'_>]) -> Result<(), SqlError>;
}

/// Takes the text of a dump, statement by statement. An error stops it.
pub(crate) type DumpSink<'a> = dyn FnMut(&str) -> Result<(), SqlError> + 'a;

/// What a statement did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ran {
    pub(crate) affected_row_count: u64,
    pub(crate) last_insert_rowid: Option<i64>,
    pub(crate) rows_read: u64,
    pub(crate) rows_written: u64,
    pub(crate) duration: Duration,
}

impl Ran {
    /// Adds what a later statement of the same request did.
    fn add(&mut self, other: Self) {
        self.affected_row_count += other.affected_row_count;
        self.last_insert_rowid = other.last_insert_rowid.or(self.last_insert_rowid);
        self.rows_read += other.rows_read;
        self.rows_written += other.rows_written;
        self.duration += other.duration;
    }
}
