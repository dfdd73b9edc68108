//! One database, and what all requests to it share.

pub(super) mod attach;
mod connections;
mod databases;
mod group_commit;
mod interruption;
mod kept_rows;
mod open_set;
mod policy;
mod session;
mod streams;
mod threads;
mod usage;
mod work;
mod writers;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use super::access::{DatabaseRecord, VerifiedTokens};
use super::engine::{Engine, EngineConnection, Interrupter, Waiters};
use super::hrana::SqlError;
use super::storage::history::{History, HistoryError};
use super::storage::{DatabaseFile, Generations, Root};
use super::usage::{Activity, Meter, Statistics};
use crate::clock::Clock;
use group_commit::GroupCommit;
use threads::Share;

pub(super) use databases::Databases;
pub(super) use group_commit::{Fate, Follower, Output, Role, Write};
pub(crate) use interruption::InterruptOnDrop;
pub(super) use interruption::Stopper;
pub(super) use kept_rows::KeptRows;
pub(super) use open_set::{OpenPermit, OpenPermits, OpenSet};
pub(super) use policy::Policy;
pub(super) use session::{Carried, Session, transaction_timeout};
pub(super) use streams::{Announced, StoredSql, StreamState, Streams};
pub(super) use threads::{MAX_WAIT, Patience, ThreadPermit, Threads};
pub(crate) use writers::Turn;
pub(super) use writers::Writers;

/// Connections one database may have at a time: streams in a transaction or with session state, and requests at work.
pub(crate) const MAX_CONNECTIONS: usize = 256;

/// What a database shares with the others of its cloud.
pub(crate) struct Surroundings {
    pub(crate) clock: Clock,
    pub(crate) root: Arc<Root>,
    pub(crate) generations: Arc<Generations>,
    pub(crate) open_set: Arc<OpenSet>,
    pub(crate) threads: Arc<Threads>,
    pub(crate) neighbours: Weak<RwLock<Databases>>,
}

/// Fields are dropped in this order: the connections before the file.
pub(crate) struct Database {
    record: RwLock<Arc<DatabaseRecord>>,
    streams: Streams,
    idle: Mutex<Vec<EngineConnection>>,
    engine: Engine,
    verified_tokens: VerifiedTokens,
    writers: Arc<Writers>,
    group_commit: Arc<GroupCommit>,
    slots: Arc<Semaphore>,
    share: Share,
    statistics: Mutex<Statistics>,
    /// Of its organization.
    meter: RwLock<Arc<Meter>>,
    /// Of its group.
    activity: RwLock<Arc<Activity>>,
    keeps_idle: AtomicBool,
    open_permits: OpenPermits,
    last_used: Mutex<Instant>,
    history: Arc<History>,
    file: Arc<DatabaseFile>,
    itself: Weak<Database>,
    surroundings: Surroundings,
}

impl Database {
    pub(crate) fn new(
        record: DatabaseRecord,
        meter: Arc<Meter>,
        activity: Arc<Activity>,
        surroundings: Surroundings,
    ) -> Arc<Self> {
        let Surroundings { clock, root, generations, threads, .. } = &surroundings;
        let file = Arc::new(DatabaseFile::new(Arc::clone(root), &record.id));
        let history = Arc::new(History::new(file.path(), file.history(), Arc::clone(generations), clock));
        let waiters = Waiters::default();
        let engine = Engine::new(file.path().to_owned(), root.durability(), waiters.clone());
        let share = Share::new(threads);
        Arc::new_cyclic(|itself| Self {
            record: RwLock::new(Arc::new(record)),
            streams: Streams::default(),
            idle: Mutex::default(),
            engine,
            verified_tokens: VerifiedTokens::default(),
            writers: Arc::new(Writers::new(waiters)),
            group_commit: Arc::default(),
            slots: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            share,
            statistics: Mutex::default(),
            meter: RwLock::new(meter),
            activity: RwLock::new(activity),
            keeps_idle: AtomicBool::new(false),
            open_permits: OpenPermits::default(),
            last_used: Mutex::new(Instant::now()),
            history,
            file,
            itself: itself.clone(),
            surroundings,
        })
    }

    pub(crate) fn record(&self) -> Arc<DatabaseRecord> {
        Arc::clone(&self.record.read())
    }

    pub(crate) fn replace_record(&self, record: DatabaseRecord, meter: Arc<Meter>, activity: Arc<Activity>) {
        *self.meter.write() = meter;
        *self.activity.write() = activity;
        *self.record.write() = Arc::new(record);
        // Who waits for a commit may have lost the right to.
        self.history.wake();
    }

    pub(crate) fn verified_tokens(&self) -> &VerifiedTokens {
        &self.verified_tokens
    }

    pub(crate) fn streams(&self) -> &Streams {
        &self.streams
    }

    pub(crate) fn writers(&self) -> Arc<Writers> {
        Arc::clone(&self.writers)
    }

    /// Those who can share the turn to write.
    pub(crate) fn group_commit(&self) -> &Arc<GroupCommit> {
        &self.group_commit
    }

    pub(crate) fn slots(&self) -> Arc<Semaphore> {
        Arc::clone(&self.slots)
    }

    /// The right to block a thread; nothing if there was none for too long.
    pub(crate) async fn thread(&self, patience: &mut Patience) -> Option<ThreadPermit> {
        self.share.thread(patience).await
    }

    /// The same, if there is one now.
    pub(crate) fn free_thread(&self) -> Option<ThreadPermit> {
        self.share.free_thread()
    }

    /// The right to [open](Self::open) it; nothing if others had it for too long.
    pub(crate) async fn opening(&self, patience: &mut Patience) -> Option<ThreadPermit> {
        self.share.opening(patience).await
    }

    /// Another database of the cloud, or this one, if it takes requests.
    pub(crate) fn neighbour(&self, id: &str) -> Option<Arc<Database>> {
        self.surroundings.neighbours.upgrade()?.read().in_service(id)
    }

    /// Whether it takes requests.
    pub(crate) fn is_in_service(&self) -> bool {
        self.neighbour(&self.record().id).is_some_and(|database| std::ptr::eq(Arc::as_ptr(&database), self))
    }

    /// The file, which is made if the database was never used. Blocks.
    pub(crate) fn existing_file(&self) -> Result<Arc<DatabaseFile>, SqlError> {
        self.refuse_damaged()?;
        Ok(Arc::clone(&self.file))
    }

    /// Copies the database as it is now to an empty file, unless it was never used; whether it was. Blocks.
    pub(crate) fn copy_to(&self, file: &Path) -> Result<bool, SqlError> {
        self.refuse_lost()?;
        if !self.file.exists() {
            return Ok(false);
        }
        self.refuse_damaged()?;
        self.engine.copy_to(file)?;
        Ok(true)
    }

    /// Whoever opens the file without a connection would not be told of what it lacks.
    fn refuse_damaged(&self) -> Result<(), SqlError> {
        match self.history() {
            Err(HistoryError::Engine(error)) => Err(error),
            // The present can do without the past.
            _ => Ok(()),
        }
    }

    /// The engine would make an empty file in the place of one that has gone, and what is written to that would be taken
    /// for what the database was.
    fn refuse_lost(&self) -> Result<(), SqlError> {
        if !self.file.is_lost() {
            return Ok(());
        }
        let record = self.record();
        tracing::error!(file = %self.file.path().display(), "the file of a database has gone or is empty, and it was in use");
        let problem = format!(
            "SQLite error: unable to open database file: that of database {} ({}) has gone or is empty; put it back, or \
             delete the database",
            record.name, record.id
        );
        Err(SqlError::new("SQLITE_CANTOPEN", problem))
    }

    pub(crate) fn file(&self) -> &DatabaseFile {
        &self.file
    }

    /// Gives what the database was at a time to the file of another one, unless it was never used. Blocks.
    pub(crate) fn restore(&self, at: Timestamp, target: &DatabaseFile) -> Result<(), HistoryError> {
        self.refuse_lost().map_err(HistoryError::Engine)?;
        if !self.file.exists() {
            return Ok(());
        }
        self.history()?.restore(at, target.path())
    }

    /// Does `work` while no file of what the database was changes. Blocks.
    pub(crate) fn while_past_stays<T>(&self, work: impl FnOnce() -> T) -> T {
        self.history.while_it_stays(work)
    }

    /// Changes with every commit from now on, and when the database is closed.
    pub(crate) fn commits(&self) -> watch::Receiver<()> {
        self.history.commits()
    }

    /// The number of the newest generation of its log, if there is any. Blocks.
    pub(crate) fn newest_generation(&self) -> io::Result<Option<u32>> {
        self.history.newest_generation()
    }

    /// Gives the generations of its log numbers from `first` on, unless they have such. Blocks.
    pub(crate) fn renumber_generations(&self, first: u32) -> io::Result<()> {
        self.history.renumber(first)
    }

    /// What the database was. Blocks.
    pub(crate) fn history(&self) -> Result<&History, HistoryError> {
        if !self.history.is_open() {
            let mut connection = self.connect(Interrupter::default(), None).map_err(HistoryError::Engine)?;
            let opened = self.history.open(&mut connection);
            self.keep(connection);
            opened?;
        }
        Ok(&self.history)
    }

    /// Ends every stream and deletes the file once the requests at work have ended too.
    pub(crate) fn condemn(&self) {
        self.file.condemn();
        self.close();
    }

    /// Ends every stream, but for those of requests at work.
    pub(crate) fn close(&self) {
        drop(self.streams.clear());
        self.close_idle();
        self.history.wake();
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("record", &self.record()).finish_non_exhaustive()
    }
}
