//! One database: its record, its connections, its streams.

pub(super) mod attach;
mod databases;
mod group_commit;
mod kept_rows;
mod open_set;
mod policy;
mod session;
mod streams;
mod threads;
mod usage;
mod work;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use super::access::{DatabaseRecord, VerifiedTokens};
use super::engine::{Connection, Engine, Interrupter, LibsqlEngine};
use super::hrana::SqlError;
use super::storage::history::{History, HistoryError};
use super::storage::{DatabaseFile, Root};
use super::usage::{Activity, Meter, Statistics};
use crate::clock::Clock;
use attach::refused;
use group_commit::GroupCommit;
use threads::Share;

pub(super) use databases::Databases;
pub(super) use group_commit::{Fate, Follower, Output, Role, Write};
pub(super) use kept_rows::KeptRows;
pub(super) use open_set::OpenSet;
pub(super) use policy::Policy;
pub(super) use session::{InterruptOnDrop, Session, Stopper, transaction_timeout};
pub(super) use streams::{Announced, StoredSql, StreamState, Streams};
pub(super) use threads::{MAX_WAIT, Opening, Patience, Thread, Threads};

/// Connections one database may have at a time: streams in a transaction or with session state, and requests at work.
pub(crate) const MAX_CONNECTIONS: usize = 256;

/// Connections kept for the next request.
const MAX_IDLE: usize = 8;

/// What a database shares with the others of its cloud.
pub(crate) struct Surroundings {
    pub(crate) clock: Clock,
    pub(crate) root: Arc<Root>,
    pub(crate) open_set: Arc<OpenSet>,
    pub(crate) threads: Arc<Threads>,
    pub(crate) neighbours: Weak<RwLock<Databases>>,
}

/// Fields are dropped in this order: the connections before the file.
pub(crate) struct Database {
    record: RwLock<Arc<DatabaseRecord>>,
    streams: Streams,
    idle: Mutex<Vec<Box<dyn Connection>>>,
    engine: Box<dyn Engine>,
    verified_tokens: VerifiedTokens,
    writers: Arc<Semaphore>,
    group_commit: Arc<GroupCommit>,
    slots: Arc<Semaphore>,
    share: Share,
    statistics: Mutex<Statistics>,
    /// Of its organization.
    meter: RwLock<Arc<Meter>>,
    /// Of its group.
    activity: RwLock<Arc<Activity>>,
    keeps_idle: AtomicBool,
    /// The most connections at a time since all were closed. The engine closes the file of none before that: it would
    /// lose the locks of the others.
    most_connections: AtomicUsize,
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
        let Surroundings { clock, root, threads, .. } = &surroundings;
        let file = Arc::new(DatabaseFile::new(Arc::clone(root), &record.id));
        let history = Arc::new(History::new(file.path(), file.history(), clock));
        let engine = Box::new(LibsqlEngine::new(file.path().to_owned(), root.durability()));
        let share = Share::new(threads);
        Arc::new_cyclic(|itself| Self {
            record: RwLock::new(Arc::new(record)),
            streams: Streams::default(),
            idle: Mutex::default(),
            engine,
            verified_tokens: VerifiedTokens::default(),
            writers: Arc::new(Semaphore::new(1)),
            group_commit: Arc::default(),
            slots: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            share,
            statistics: Mutex::default(),
            meter: RwLock::new(meter),
            activity: RwLock::new(activity),
            keeps_idle: AtomicBool::new(false),
            most_connections: AtomicUsize::new(0),
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

    /// The queue of writers: first come, first served, instead of the engine's sleeping and trying again.
    pub(crate) fn writers(&self) -> Arc<Semaphore> {
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
    pub(crate) async fn thread(&self, patience: &mut Patience) -> Option<Thread> {
        self.share.thread(patience).await
    }

    /// The same, if there is one now.
    pub(crate) fn free_thread(&self) -> Option<Thread> {
        self.share.free_thread()
    }

    /// The right to [open](Self::open) it; nothing if others had it for too long.
    pub(crate) async fn opening(&self, patience: &mut Patience) -> Option<Opening> {
        self.share.opening(patience).await
    }

    /// A session on a connection, for a user to whom `last_insert_rowid()` says this.
    pub(crate) fn session(
        &self,
        mut connection: Box<dyn Connection>,
        slot: OwnedSemaphorePermit,
        last_insert_rowid: i64,
    ) -> Session {
        connection.set_last_insert_rowid(last_insert_rowid);
        Session::new(connection, self.writers(), slot, Arc::clone(&self.history), Arc::clone(&self.file))
    }

    /// A session on a new connection. Blocks.
    pub(crate) fn open(
        &self,
        slot: OwnedSemaphorePermit,
        last_insert_rowid: i64,
        interrupter: Interrupter,
    ) -> Result<Session, SqlError> {
        Ok(self.session(self.connect(interrupter)?, slot, last_insert_rowid))
    }

    /// A connection left by an earlier request.
    pub(crate) fn idle_connection(&self) -> Option<Box<dyn Connection>> {
        *self.last_used.lock() = Instant::now();
        self.idle.lock().pop()
    }

    /// A new connection, and what stops its statements. Blocks.
    fn connect(&self, interrupter: Interrupter) -> Result<Box<dyn Connection>, SqlError> {
        if !self.file.exists() {
            self.make_room()?;
        }
        let mut connection = self.engine.connect(interrupter)?;
        // Whoever wants the past is told what keeps it; the present can do without.
        if let Err(HistoryError::Engine(error)) = self.history.open(connection.as_mut()) {
            return Err(error);
        }
        let connections = self.at_work().max(1) + self.idle.lock().len();
        let has_grown = self.most_connections.fetch_max(connections, Ordering::AcqRel) < connections;
        if !self.keeps_idle.swap(true, Ordering::AcqRel) || has_grown {
            self.surroundings.open_set.grow(&self.itself);
        }
        Ok(connection)
    }

    /// Makes sure that a file can be made, and may be.
    fn make_room(&self) -> Result<(), SqlError> {
        self.refuse_lost()?;
        self.file.prepare().map_err(|error| {
            tracing::error!(%error, "could not create the directory of the databases");
            SqlError::new("SQLITE_CANTOPEN", "SQLite error: unable to open database file")
        })
    }

    /// Takes back what a stream held: for the next request if it is as good as new, otherwise to be closed.
    pub(crate) fn give_back(&self, session: Box<Session>) {
        if session.is_disposable() {
            drop(self.take_connection(*session));
        } else {
            *self.last_used.lock() = Instant::now();
            drop_off_thread(session);
        }
    }

    /// Takes the connection back of a session that is as good as new. The slot is left to its stream.
    pub(crate) fn take_connection(&self, session: Session) -> OwnedSemaphorePermit {
        *self.last_used.lock() = Instant::now();
        let (connection, slot) = session.into_parts();
        self.keep(connection);
        slot
    }

    /// Keeps a connection for the next request, if there are not enough of them and the database is not to be closed.
    fn keep(&self, connection: Box<dyn Connection>) {
        let mut idle = self.idle.lock();
        // Under the lock, or it might come after those that were closed.
        if idle.len() < MAX_IDLE && self.keeps_idle.load(Ordering::Acquire) {
            return idle.push(connection);
        }
        drop(idle);
        drop_off_thread((connection, Arc::clone(&self.file)));
    }

    /// Another database of the cloud, or this one, if it takes requests.
    pub(crate) fn neighbour(&self, id: &str) -> Option<Arc<Database>> {
        self.surroundings.neighbours.upgrade()?.read().in_service(id)
    }

    /// Whether it takes requests.
    pub(crate) fn is_in_service(&self) -> bool {
        self.neighbour(&self.record().id).is_some_and(|database| std::ptr::eq(Arc::as_ptr(&database), self))
    }

    /// The database of this id, if it may be attached to this one. What the token does not name is not told apart from
    /// what is not there.
    pub(crate) fn attachable(&self, id: &str, policy: &Policy) -> Result<Arc<Database>, SqlError> {
        let target = self.neighbour(&id.to_ascii_lowercase());
        let target = target.filter(|target| policy.may_attach(&target.record()));
        let target = target.ok_or_else(|| refused(&format!("the token may not attach database {id}")))?;
        let record = target.record();
        let objections = [
            (record.group_id != self.record().group_id, "is in another group"),
            (!record.allow_attach, "does not allow to be attached (allow_attach)"),
            (record.archived, "is archived"),
            (record.block_reads, "has its reads blocked"),
            (record.encryption.is_some(), "is encrypted"),
            (!record.allowed_ips.admits(policy.peer()), "does not allow this address"),
        ];
        match objections.into_iter().find(|(applies, _)| *applies) {
            Some((_, objection)) => Err(refused(&format!("database {id} {objection}"))),
            None => Ok(target),
        }
    }

    /// The file, which is made if the database was never used. Blocks.
    pub(crate) fn existing_file(&self) -> Result<Arc<DatabaseFile>, SqlError> {
        if !self.file.exists() {
            drop(self.connect(Interrupter::default())?);
        }
        Ok(Arc::clone(&self.file))
    }

    /// Copies the database as it is now to the file of another one, unless it was never used. Blocks.
    pub(crate) fn copy_to(&self, target: &DatabaseFile) -> Result<(), SqlError> {
        self.refuse_lost()?;
        if !self.file.exists() {
            return Ok(());
        }
        self.engine.copy_to(target.path())
    }

    /// The engine would make an empty file in the place of one that has gone, and what is written to that would be taken
    /// for what the database was.
    fn refuse_lost(&self) -> Result<(), SqlError> {
        if !self.file.is_lost() {
            return Ok(());
        }
        let record = self.record();
        tracing::error!(file = %self.file.path().display(), "the file of a database has gone, and it was in use");
        let problem = format!(
            "SQLite error: unable to open database file: that of database {} ({}) has gone; put it back, or delete the \
             database",
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

    /// Changes with every commit from now on, and when the database is closed.
    pub(crate) fn commits(&self) -> watch::Receiver<()> {
        self.history.commits()
    }

    /// What the database was. Blocks.
    pub(crate) fn history(&self) -> Result<&History, HistoryError> {
        if !self.history.is_open() {
            let mut connection = self.connect(Interrupter::default()).map_err(HistoryError::Engine)?;
            let opened = self.history.open(connection.as_mut());
            self.keep(connection);
            opened?;
        }
        Ok(&self.history)
    }

    pub(crate) fn last_used(&self) -> Instant {
        *self.last_used.lock()
    }

    /// How many files it has open at most: for each connection its own and the log, and for all of them the index of the
    /// log and the ledger.
    pub(crate) fn open_files(&self) -> usize {
        2 * self.most_connections.load(Ordering::Acquire) + 2
    }

    /// Connections in the hands of streams.
    fn at_work(&self) -> usize {
        MAX_CONNECTIONS - self.slots.available_permits()
    }

    /// Closes what is not in use. Blocks.
    pub(crate) fn close_idle(&self) {
        self.keeps_idle.store(false, Ordering::Release);
        self.most_connections.store(self.at_work(), Ordering::Release);
        // Nobody has to wait for the lock while they are closed.
        let idle = std::mem::take(&mut *self.idle.lock());
        drop(idle);
        self.history.release();
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

/// Closing a connection may have to wait for the disk: one in a transaction rolls back.
fn drop_off_thread<T: Send + 'static>(value: T) {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(move || drop(value))),
        Err(_) => drop(value),
    }
}
