//! Runs a dump on a new database, as `sqlite3` would read it: line by line until a statement is complete.

mod statements;
#[cfg(test)]
mod tests;

use std::io::BufRead;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Batch, Connection as Handle, Statement};
use tokio::time::Instant;

use super::file::open_new;
use super::limits::MAX_VALUE_BYTES;
use super::lookout::{Interrupter, Lookout};
use super::observer::{Observer, Purpose};
use super::seen::Seen;
use super::vectors;
use super::waiters::Waiters;
use super::{TransactionStep, check, errors, size, text};
use crate::data::hrana::SqlError;
use crate::memory::{self, Exhausted};
use statements::Statements;

/// Two digits for each byte of the largest value, and 1 MiB for what is around it.
const MAX_STATEMENT_BYTES: usize = 2 * MAX_VALUE_BYTES + 1024 * 1024;

/// What a dump may use up.
#[derive(Clone, Debug)]
pub(crate) struct LoadLimits {
    /// The bytes the database may grow to.
    pub(crate) size: Option<u64>,
    /// How long all of it may take.
    pub(crate) time: Duration,
    /// Says that nobody waits for it any more.
    pub(crate) interrupter: Interrupter,
}

/// A dump could not be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The statement that begins in this line does not run.
    #[error("the statement in line {line} failed: {problem}")]
    Statement { line: u64, problem: String },
    #[error("it takes longer than {} seconds, and had come to line {line}", .limit.as_secs())]
    TooLong { line: u64, limit: Duration },
    #[error("it was interrupted in line {line}")]
    Interrupted { line: u64 },
    #[error("the dump ends in ROLLBACK (line {line}): whoever wrote it ran into an error")]
    RolledBack { line: u64 },
    #[error("the dump could not be read: {0}")]
    Read(#[from] std::io::Error),
    /// It makes what the engine would not have made, by writing the schema or what is kept for an index of vectors.
    #[error("{0}")]
    Unsound(String),
    #[error("{}", .0.message)]
    Engine(SqlError),
    #[error("the file of a new database could not be made: {0}")]
    File(std::io::Error),
}

impl From<rusqlite::Error> for LoadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(errors::describe(error))
    }
}

/// Runs the statements of `dump` in one transaction on the database at `file`, which is empty and in nobody's use. Blocks.
///
/// What is left of a failure is for the caller to remove. Otherwise the file has all of it, and there is none beside it.
pub(crate) fn load(file: &Path, limits: &LoadLimits, dump: &mut dyn BufRead) -> Result<(), LoadError> {
    let watch = Watch { end: Instant::now() + limits.time, limits };
    let mut statements = Statements { dump, watch, line: 0, most_bytes: MAX_STATEMENT_BYTES };
    let handle = begin(file, watch)?;
    // What was refused tells so by itself.
    let (loaded, _) = memory::bounded(|| {
        fill(&handle, &mut statements)?;
        drop(handle);
        check_soundness(file, watch)
    });
    loaded.map_err(|error| match error {
        LoadError::Engine(error) => watch.blame(statements.line, error),
        other => other,
    })
}

fn begin(file: &Path, watch: Watch<'_>) -> Result<Handle, LoadError> {
    let handle = open_new(file)?;
    size::limit(&handle, watch.limits.size)?;
    // A dump may name a row before the one it refers to. Inside a transaction, its own pragma would do nothing. The size
    // of a page is what it is as soon as something is written, which the dump may not change.
    handle.execute_batch("PRAGMA foreign_keys=OFF; BEGIN; PRAGMA user_version=0;")?;
    Ok(handle)
}

fn fill(handle: &Handle, statements: &mut Statements<'_>) -> Result<(), LoadError> {
    let watch = statements.watch;
    watch.install(handle);
    let mut loading = Loading { observer: Observer::install(handle), handle, watch, has_vectors: false };
    while let Some((line, sql)) = statements.next()? {
        loading.run(line, &sql)?;
    }
    loading.observer.unwatched(|| handle.execute_batch("COMMIT"))?;
    // As all databases are. Whoever closes it last takes away what is beside it.
    handle.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    loading.observer.unwatched(|| handle.pragma_update(None, "journal_mode", "wal"))?;
    Ok(())
}

/// Asks of what a dump has made what is asked of files: both may have been written by anybody. It is read anew, for what the
/// connection of the dump has in mind is what it was told.
fn check_soundness(file: &Path, watch: Watch<'_>) -> Result<(), LoadError> {
    let handle = check::open(file)?;
    watch.install(&handle);
    let found = check::first_of_quick_check(&handle)?;
    if found != "ok" {
        let problem = format!("quick_check of the database says {found:?}, and must say \"ok\"");
        return Err(LoadError::Unsound(problem));
    }
    vectors::problem(&handle, None)?.map_or(Ok(()), |problem| Err(LoadError::Unsound(problem)))
}

/// Whether there is still time, and somebody who waits.
#[derive(Clone, Copy)]
struct Watch<'l> {
    end: Instant,
    limits: &'l LoadLimits,
}

impl Watch<'_> {
    fn install(&self, handle: &Handle) {
        Lookout::install(handle, self.limits.interrupter.clone(), Waiters::default()).end_at(self.end);
    }

    /// The engine looks at it only in what takes a while.
    fn look(&self, line: u64) -> Result<(), LoadError> {
        if Instant::now() >= self.end {
            return Err(LoadError::TooLong { line, limit: self.limits.time });
        }
        if self.limits.interrupter.is_interrupted() { Err(LoadError::Interrupted { line }) } else { Ok(()) }
    }

    /// What an error of the engine comes from, once a dump is being run.
    fn blame(&self, line: u64, error: SqlError) -> LoadError {
        match self.told(line, error) {
            Ok(error) if error.is_of_disk() => LoadError::Engine(error),
            // The database was sound before.
            Ok(error) => LoadError::Unsound(error.message),
            Err(stopped) => stopped,
        }
    }

    /// Tells of what has stopped the engine, rather than that it was stopped.
    fn told(&self, line: u64, error: SqlError) -> Result<SqlError, LoadError> {
        if !error.is_interruption() {
            return Ok(error);
        }
        self.look(line)?;
        // Nothing else is left.
        Ok(Exhausted.into())
    }
}

/// A database that a dump is being run on.
struct Loading<'h> {
    handle: &'h Handle,
    observer: Observer,
    watch: Watch<'h>,
    /// Whether an index of vectors is made already.
    has_vectors: bool,
}

impl Loading<'_> {
    /// Runs what stands in one line or more.
    fn run(&mut self, line: u64, sql: &str) -> Result<(), LoadError> {
        text::check(sql).map_err(|error| LoadError::Statement { line, problem: error.message })?;
        let sql = text::of_many(sql);
        let mut statements = Batch::new(self.handle, &sql);
        loop {
            self.watch.look(line)?;
            let next = self.observer.compiling(Purpose::Load, || statements.next());
            let seen = self.observer.take();
            let Some(statement) = next.map_err(|error| self.failed(line, error))? else { return Ok(()) };
            match seen.transaction() {
                Some(TransactionStep::Finish) if seen.rolls_back() => return Err(LoadError::RolledBack { line }),
                // The dump's own transaction is a part of the one that is open.
                Some(TransactionStep::Begin | TransactionStep::Finish) => {}
                Some(TransactionStep::Savepoint) | None => self.step(line, statement, seen)?,
            }
        }
    }

    fn step(&mut self, line: u64, mut statement: Statement<'_>, seen: Seen) -> Result<(), LoadError> {
        // What is kept for an index is not looked at again before it is used.
        if self.has_vectors && seen.changes_kept() {
            let problem = "it changes what is kept for an index of vectors that is made already".to_owned();
            return Err(LoadError::Statement { line, problem });
        }
        if seen.marks_vectors() {
            let made = self.observer.index();
            let problem = self.observer.unwatched(|| vectors::problem(self.handle, made.as_deref()))?;
            problem.map_or(Ok(()), |problem| Err(LoadError::Unsound(problem)))?;
        }
        let step = || {
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(())
        };
        self.observer.running(seen, || memory::stepping(step)).map_err(|error| self.failed(line, error))?;
        if seen.marks_vectors() {
            self.has_vectors = true;
            self.observer.expect_another(self.handle)?;
        }
        Ok(())
    }

    fn failed(&self, line: u64, error: rusqlite::Error) -> LoadError {
        let told = self.watch.told(line, errors::describe(error));
        told.map_or_else(|stopped| stopped, |error| LoadError::Statement { line, problem: error.message })
    }
}
