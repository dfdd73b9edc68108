//! A connection to a libSQL database, through `rusqlite`.

mod arguments;
mod compile;
mod dump;
mod familiar;
mod run;
mod schema;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection as Handle;
use tokio::time::Instant;

use super::file::{BUSY_TIMEOUT, read_only_uri};
use super::lookout::Lookout;
use super::observer::Observer;
use super::schema::{SchemaEpoch, attached};
use super::{
    Command, DumpSink, Effect, Gate, Interrupter, Known, Lease, Ran, RowSink, Stop, Waiters, errors, ffi, size, text,
};
use crate::data::access::{Denial, Rules};
use crate::data::hrana::{Description, SqlError};
use crate::memory::{self, Exhausted};
use familiar::Familiar;

/// How long a checkpoint waits for readers of the log: writers wait meanwhile.
const PATIENCE_OF_CHECKPOINT: Duration = Duration::from_millis(20);

/// The handle is dropped first: it uses the watch until it is closed. What it holds is dropped last.
pub(crate) struct EngineConnection {
    handle: Handle,
    commits: ffi::CommitWatch,
    observer: Observer,
    lookout: Lookout,
    familiar: Familiar,
    schema: Arc<SchemaEpoch>,
    schema_seen: u64,
    schema_changed: bool,
    has_size_limit: bool,
    has_attached: bool,
    /// How long statements wait for what another program has locked: no time where the thread may not block.
    patience: Duration,
    held: Option<Box<dyn Send>>,
}

impl EngineConnection {
    /// On a handle that has read the schema when this many changes of it were made, or later.
    pub(super) fn new(
        handle: Handle,
        interrupter: Interrupter,
        waiters: Waiters,
        schema: Arc<SchemaEpoch>,
        schema_seen: u64,
    ) -> Self {
        let observer = Observer::install(&handle);
        handle.set_prepared_statement_cache_capacity(familiar::MOST);
        let lookout = Lookout::install(&handle, interrupter, waiters);
        let commits = ffi::CommitWatch::default();
        commits.install(&handle);
        Self {
            handle,
            commits,
            observer,
            lookout,
            familiar: Familiar::default(),
            schema,
            schema_seen,
            schema_changed: false,
            has_size_limit: false,
            has_attached: false,
            patience: BUSY_TIMEOUT,
            held: None,
        }
    }
}

impl EngineConnection {
    /// Holds the statements from now on to the rules of a token; `recycle` ends that.
    pub(crate) fn restrict(&mut self, rules: Option<Arc<Rules>>) {
        self.observer.restrict(rules);
    }

    /// What is known of `sql` without compiling it.
    pub(crate) fn recall(&self, sql: &str) -> Option<Known> {
        self.facts_of(sql).filter(|_| self.has_newest_schema()).map(|facts| facts.known)
    }

    /// What `sql` would do, as far as can be told without running it. SQL that does not compile does nothing. Fails for
    /// what the rules do not allow.
    pub(crate) fn inspect(&mut self, sql: &str) -> Result<Effect, Denial> {
        memory::bounded(|| self.look_at(sql)).0
    }

    /// Runs the only statement of `sql`, if the gate lets it.
    pub(crate) fn execute(
        &mut self,
        command: &Command,
        gate: &mut Gate<'_>,
        sink: &mut dyn RowSink,
    ) -> Result<Ran, Stop> {
        let ran = memory::bounded(|| self.run_one(command, gate, sink));
        self.explain(within_memory(ran))
    }

    /// Runs all statements of `sql` up to the first failure and throws their rows away.
    pub(crate) fn execute_all(&mut self, sql: &str, gate: &mut Gate<'_>) -> Result<Ran, Stop> {
        let ran = memory::bounded(|| self.run_all(sql, gate));
        self.explain(within_memory(ran))
    }

    /// Describes the only statement of `sql`.
    pub(crate) fn describe(&mut self, sql: &str) -> Result<Description, SqlError> {
        memory::bounded(|| self.describe_one(sql)).0
    }

    /// Writes the statements that make the database as it is now, unless a transaction is open already.
    pub(crate) fn dump(&mut self, preserve_row_ids: bool, sink: &mut DumpSink<'_>) -> Result<(), SqlError> {
        self.refresh_schema()?;
        let write = || self.observer.unwatched(|| dump::write(&self.handle, preserve_row_ids, sink));
        let (written, _) = memory::bounded(write);
        self.observer.take();
        written
    }

    /// Lets statements read the database in `file`, which must exist, under the name `schema`.
    pub(crate) fn attach(&mut self, file: &Path, schema: &str) -> Result<(), SqlError> {
        // The next user of the connection must not find it.
        self.has_attached = true;
        let sql = format!("ATTACH DATABASE ?1 AS {}", text::identifier(schema));
        let attached = self.observer.unwatched(|| self.handle.execute(&sql, [read_only_uri(file)]));
        match attached.map_err(errors::describe) {
            Ok(_) => Ok(()),
            // The engine's own sentence names the file.
            Err(error) if error.code == "SQLITE_CANTOPEN" => {
                Err(SqlError { message: "SQLite error: unable to open the attached database".to_owned(), ..error })
            }
            Err(error) => Err(error),
        }
    }

    /// The names of the databases that are attached.
    pub(crate) fn attached(&self) -> Result<Vec<String>, SqlError> {
        self.observer.unwatched(|| attached(&self.handle)).map_err(errors::describe)
    }

    /// Whether no transaction is open.
    pub(crate) fn is_autocommit(&self) -> bool {
        self.handle.is_autocommit()
    }

    /// Whether nothing of the session (pragmas, temporary objects) would be seen by the next user of the connection.
    pub(crate) fn is_pristine(&self) -> bool {
        !self.has_attached && !self.observer.has_left_traces()
    }

    /// Begins a transaction that writes.
    pub(crate) fn begin(&mut self) -> Result<(), SqlError> {
        self.refresh_schema()?;
        self.step_transaction("BEGIN IMMEDIATE")
    }

    /// Commits the open transaction.
    pub(crate) fn commit(&mut self) -> Result<(), SqlError> {
        self.step_transaction("COMMIT")
    }

    /// Whether the open transaction has left a foreign key that leads nowhere, to be put right before it is committed.
    pub(crate) fn owes_foreign_keys(&self) -> bool {
        ffi::owes_foreign_keys(&self.handle)
    }

    /// Whether the open transaction keeps others from writing.
    pub(crate) fn holds_write_lock(&self) -> bool {
        ffi::holds_write_lock(&self.handle)
    }

    /// Ends an open transaction without committing it.
    pub(crate) fn roll_back(&mut self) -> Result<(), SqlError> {
        if self.handle.is_autocommit() {
            return Ok(());
        }
        self.lookout.relax();
        let rolled_back = self.handle.execute_batch("ROLLBACK").map_err(errors::describe);
        self.observer.take();
        self.publish_schema_change();
        rolled_back
    }

    /// What the engine's `last_insert_rowid()` says.
    pub(crate) fn last_insert_rowid(&self) -> i64 {
        self.handle.last_insert_rowid()
    }

    /// Makes `last_insert_rowid()` what it was for this user before.
    pub(crate) fn set_last_insert_rowid(&mut self, rowid: i64) {
        ffi::set_last_insert_rowid(&self.handle, rowid);
    }

    /// Forgets what the next user of a pristine connection could still observe.
    pub(crate) fn recycle(&mut self) {
        self.observer.restrict(None);
        self.set_last_insert_rowid(0);
        self.set_may_block(true);
        self.lookout.relax();
    }

    /// Lets the database grow no further than to this many bytes; one that is larger already does not grow at all.
    pub(crate) fn limit_size(&mut self, bytes: Option<u64>) -> Result<(), SqlError> {
        if bytes.is_none() && !self.has_size_limit {
            return Ok(());
        }
        // Said again even when it is the same: the engine keeps the size of a database that was too large at the time.
        let limited = self.observer.unwatched(|| size::limit(&self.handle, bytes));
        self.has_size_limit = bytes.is_some();
        limited.map_err(errors::describe)
    }

    /// The bytes of the database's pages.
    pub(crate) fn size(&mut self) -> Result<u64, SqlError> {
        self.observer.unwatched(|| size::bytes(&self.handle)).map_err(errors::describe)
    }

    /// How many frames the log had after the newest commit of this connection since the last call, if there was one.
    pub(crate) fn take_commit(&mut self) -> Option<u32> {
        self.commits.take()
    }

    /// How many frames the log has up to the newest commit of any connection.
    pub(crate) fn log_frames(&mut self) -> Result<u32, SqlError> {
        let look = || self.handle.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
        self.observer.unwatched(look).map_err(errors::describe)?;
        ffi::log_frames(&self.handle).ok_or_else(|| SqlError::new("SQLITE_BUSY", "SQLite error: database is locked"))
    }

    /// Writes the log into the database's file and empties it. Not if somebody is reading it: then the file has some of
    /// it or all, and a writer that comes next may begin the log anew.
    pub(crate) fn empty_log(&mut self) -> Result<bool, SqlError> {
        self.handle.busy_timeout(PATIENCE_OF_CHECKPOINT).map_err(errors::describe)?;
        let sql = "PRAGMA main.wal_checkpoint(TRUNCATE)";
        let is_busy = self.observer.unwatched(|| self.handle.query_row(sql, [], |row| row.get::<_, bool>(0)));
        self.handle.busy_timeout(self.patience).map_err(errors::describe)?;
        is_busy.map(|is_busy| !is_busy).map_err(errors::describe)
    }

    /// Commits a change that changes nothing.
    pub(crate) fn touch(&mut self) -> Result<(), SqlError> {
        self.observer
            .unwatched(|| {
                let version = "PRAGMA main.user_version";
                let current: i32 = self.handle.query_row(version, [], |row| row.get(0))?;
                self.handle.execute_batch(&format!("{version} = {current}"))
            })
            .map_err(errors::describe)
    }

    /// Says whether the thread may block. Where it may not, a statement fails rather than wait for what another program has
    /// locked, and is interrupted rather than find out what others have done to the schema.
    pub(crate) fn set_may_block(&mut self, may_block: bool) {
        let patience = if may_block { BUSY_TIMEOUT } else { Duration::ZERO };
        if patience == self.patience {
            return;
        }
        match self.handle.busy_timeout(patience) {
            Ok(()) => self.patience = patience,
            Err(error) => tracing::warn!(%error, "could not say how long the engine waits for locks"),
        }
    }

    /// Interrupts statements that still run at this time.
    pub(crate) fn end_statements_at(&mut self, time: Instant) {
        self.lookout.end_at(time);
    }

    /// How long its statements may run while others wait.
    pub(crate) fn lease(&self) -> Lease {
        self.lookout.lease()
    }

    /// Stops the connection's statements from another thread.
    pub(crate) fn interrupter(&self) -> Interrupter {
        self.lookout.interrupter()
    }

    /// Keeps this until the connection has been closed.
    pub(crate) fn hold(&mut self, what: Box<dyn Send>) {
        self.held = Some(what);
    }
}

impl EngineConnection {
    fn step_transaction(&self, sql: &str) -> Result<(), SqlError> {
        let stepped = self.observer.unwatched(|| self.handle.prepare_cached(sql)?.execute([]));
        stepped.map(drop).map_err(errors::describe)
    }

    /// Tells of what the rules denied rather than of how the engine puts it.
    fn explain(&self, ran: Result<Ran, Stop>) -> Result<Ran, Stop> {
        let Err(Stop::Failed(error)) = ran else { return ran };
        self.hear_of_commit();
        Err(self.observer.take_denial().map_or(error, SqlError::from).into())
    }

    /// The engine tells of a commit when a statement ends well. What one has committed that did not (`OR FAIL`, or rows
    /// that nobody takes) it would tell with the next one, when others may have committed more.
    fn hear_of_commit(&self) {
        if self.handle.is_autocommit() {
            let nothing = || self.handle.prepare_cached("SELECT 0 WHERE 0")?.query([])?.next().map(drop);
            if let Err(error) = self.observer.unwatched(nothing) {
                tracing::warn!(%error, "could not find out whether a statement that failed has committed");
            }
        }
    }
}

/// Tells of what had no memory left rather than of how it was stopped.
fn within_memory((ran, is_exhausted): (Result<Ran, Stop>, bool)) -> Result<Ran, Stop> {
    match ran {
        Err(Stop::Failed(error)) if is_exhausted && error.is_interruption() => Err(SqlError::from(Exhausted).into()),
        ran => ran,
    }
}
