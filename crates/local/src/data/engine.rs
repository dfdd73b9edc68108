//! The seam between the protocol and the database engine.
//!
//! The protocol decides *whether*, *when* and *where* a statement runs; an engine only runs it. Everything here may block,
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

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::access::{Denial, Rules};
use super::hrana::{Column, Description, NamedValue, SqlError, Value, ValueRef};

pub(crate) use check::{problem_of_vectors, quick_check};
pub(crate) use file::Durability;
pub use functions::install as install_functions;
pub(crate) use libsql::LibsqlEngine;
pub(crate) use load::{LoadError, LoadLimits, load};
pub(crate) use lookout::{Interrupter, Lease};
pub use scanner::{Scanner, Step};
pub use vectors::VECTOR_INDEX_TABLES;
pub(crate) use waiters::Waiters;

/// One database: a place connections come from.
pub(crate) trait Engine: fmt::Debug + Send + Sync {
    /// Opens a connection, whose statements stop when `interrupter` says so; the first one creates the database.
    fn connect(&self, interrupter: Interrupter) -> Result<Box<dyn Connection>, SqlError>;

    /// Writes the database as it is at this moment to a file that is not there yet.
    fn copy_to(&self, file: &Path) -> Result<(), SqlError>;
}

/// One connection, used by one stream at a time.
pub(crate) trait Connection: Send {
    /// Holds the statements from now on to the rules of a token; `recycle` ends that.
    fn restrict(&mut self, rules: Option<Arc<Rules>>);

    /// What is known of `sql` without compiling it.
    fn recall(&self, sql: &str) -> Option<Known>;

    /// What `sql` would do, as far as can be told without running it. SQL that does not compile does nothing. Fails for
    /// what the rules do not allow.
    fn inspect(&mut self, sql: &str) -> Result<Effect, Denial>;

    /// Runs the only statement of `sql`, if the gate lets it.
    fn execute(&mut self, command: &Command, gate: &mut Gate<'_>, sink: &mut dyn RowSink) -> Result<Ran, Stop>;

    /// Runs all statements of `sql` up to the first failure and throws their rows away.
    fn execute_all(&mut self, sql: &str, gate: &mut Gate<'_>) -> Result<Ran, Stop>;

    /// Describes the only statement of `sql`.
    fn describe(&mut self, sql: &str) -> Result<Description, SqlError>;

    /// Lets statements read the database in `file`, which must exist, under the name `schema`.
    fn attach(&mut self, file: &Path, schema: &str) -> Result<(), SqlError>;

    /// The names of the databases that are attached.
    fn attached(&self) -> Result<Vec<String>, SqlError>;

    /// Writes the statements that make the database as it is now, unless a transaction is open already.
    fn dump(&mut self, preserve_row_ids: bool, sink: &mut DumpSink<'_>) -> Result<(), SqlError>;

    /// Whether no transaction is open.
    fn is_autocommit(&self) -> bool;

    /// Whether nothing of the session (pragmas, temporary objects) would be seen by the next user of the connection.
    fn is_pristine(&self) -> bool;

    /// Begins a transaction that writes.
    fn begin(&mut self) -> Result<(), SqlError>;

    /// Commits the open transaction.
    fn commit(&mut self) -> Result<(), SqlError>;

    /// Whether the open transaction has left a foreign key that leads nowhere, to be put right before it is committed.
    fn owes_foreign_keys(&self) -> bool;

    /// Whether the open transaction keeps others from writing.
    fn holds_write_lock(&self) -> bool;

    /// Ends an open transaction without committing it.
    fn roll_back(&mut self) -> Result<(), SqlError>;

    /// What the engine's `last_insert_rowid()` says.
    fn last_insert_rowid(&self) -> i64;

    /// Makes `last_insert_rowid()` what it was for this user before.
    fn set_last_insert_rowid(&mut self, rowid: i64);

    /// Forgets what the next user of a pristine connection could still observe.
    fn recycle(&mut self);

    /// Lets the database grow no further than to this many bytes; one that is larger already does not grow at all.
    fn limit_size(&mut self, bytes: Option<u64>) -> Result<(), SqlError>;

    /// The bytes of the database's pages.
    fn size(&mut self) -> Result<u64, SqlError>;

    /// How many frames the log had after the newest commit of this connection since the last call, if there was one.
    fn take_commit(&mut self) -> Option<u32>;

    /// How many frames the log has up to the newest commit of any connection.
    fn log_frames(&mut self) -> Result<u32, SqlError>;

    /// Writes the log into the database's file and empties it. Not if somebody is reading it: then the file has some of
    /// it or all, and a writer that comes next may begin the log anew.
    fn empty_log(&mut self) -> Result<bool, SqlError>;

    /// Commits a change that changes nothing.
    fn touch(&mut self) -> Result<(), SqlError>;

    /// Says whether the thread may block. Where it may not, a statement fails rather than wait for what another program has
    /// locked, and is interrupted rather than find out what others have done to the schema.
    fn set_may_block(&mut self, may_block: bool);

    /// Interrupts statements that still run at this time.
    fn end_statements_at(&mut self, time: Instant);

    /// How long its statements may run while others wait.
    fn lease(&self) -> Lease;

    /// Stops the connection's statements from another thread.
    fn interrupter(&self) -> Interrupter;

    /// Keeps this until the connection has been closed.
    fn hold(&mut self, what: Box<dyn Send>);
}

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
