//! What a database was: every commit of at least the last day can be found again.
//!
//! The database's file changes only between two *generations*; within one, every commit is in the write-ahead log, and a
//! ledger says when it came. When the log has grown long, it is kept as the archive of its generation, and what it says
//! goes into the file. So the past is the *base* (the file as it was when the oldest generation that is kept began), the
//! archives in their order, and the log in use. See `docs/design.md`, "The past of a database".

mod folder;
mod ledger;
mod log;
mod log_in_use;
mod point;
mod recovery;
mod restore;
mod rotation;
mod search;
#[cfg(test)]
mod tests;
mod trouble;
mod view;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::data::engine::EngineConnection;
use crate::data::hrana::SqlError;
use crate::data::storage::Generations;
use folder::Kind;
use ledger::{Entry, Ledger};
use log::{Log, Salt};
use recovery::is_damage;
use trouble::Trouble;

pub(crate) use folder::HistoryFolder;
pub(crate) use point::Point;
pub(crate) use restore::Frames;
pub(crate) use view::{PAGE_BYTES, View};

/// Reads a file that may hold anything as a log, whose frames go into another file, and as a ledger.
#[cfg(fuzzing)]
pub(crate) fn fuzz(file: &Path, scratch: &Path) {
    let _ = ledger::read(file);
    let Ok(Some(log)) = Log::open(file) else { return };
    let frames = log.frames().unwrap_or_default();
    if let Ok(mut target) = std::fs::File::create(scratch) {
        let _ = log.apply(frames, &mut target);
    }
    if let Ok(Some(log)) = Log::open(file) {
        let _ = log.read(0, frames);
    }
}

/// Commits that are younger than this can be found again, unless they take too much room.
const REACH: SignedDuration = SignedDuration::from_hours(24);

/// How many frames make the log long: few, for a database that is opened anew has to read its log once; but twice as many
/// as the engine itself would check for, because who writes meanwhile has to wait.
const LONG_LOG: u32 = 2000;

/// The archives of a database may take this much, or as much as the database itself if that is more.
const MAX_ARCHIVED_BYTES: u64 = 256 * 1024 * 1024;

/// The past of a database cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HistoryError {
    /// It is not kept as far back.
    #[error("the history of the database begins at {0}")]
    TooEarly(Timestamp),
    /// There is no such generation yet.
    #[error("the newest generation is {current}")]
    NotYet { current: u32 },
    /// The generation was kept once.
    #[error("generation {generation} is no longer kept, the oldest one is {oldest}")]
    Gone { generation: u32, oldest: u32 },
    /// Its files do not say any more what the database was.
    #[error("the history of the database is damaged: {0}")]
    Damaged(String),
    /// There is no such commit, or none any more.
    #[error("there is no commit {0}")]
    Unknown(Point),
    #[error(transparent)]
    File(#[from] io::Error),
    #[error("{}", .0.message)]
    Engine(SqlError),
}

impl HistoryError {
    /// Whether the disk is at fault: it is full, or cannot be read or written.
    pub(crate) fn is_of_disk(&self) -> bool {
        match self {
            Self::TooEarly(_) | Self::NotYet { .. } | Self::Gone { .. } | Self::Damaged(_) | Self::Unknown(_) => false,
            Self::File(error) => !is_damage(error),
            Self::Engine(error) => error.is_of_disk(),
        }
    }
}

/// The limits of what is kept.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    long_log: u32,
    archived_bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { long_log: LONG_LOG, archived_bytes: MAX_ARCHIVED_BYTES }
    }
}

/// The history of one database.
#[derive(Debug)]
pub(crate) struct History {
    file: PathBuf,
    /// The engine's log.
    log: PathBuf,
    folder: HistoryFolder,
    generations: Arc<Generations>,
    clock: Clock,
    bounds: Bounds,
    /// Nothing before the first connection has looked, while the files cannot be read, and after the end of a generation
    /// has failed halfway.
    live: Mutex<Option<Live>>,
    /// Read while files of the past are, written while they change.
    archives: RwLock<()>,
    /// The history cannot be found.
    lost: Trouble,
    /// It cannot be shortened.
    unfolded: Trouble,
    /// Tells of every commit.
    commits: watch::Sender<()>,
}

/// The generation in use.
#[derive(Debug)]
struct Live {
    generation: u32,
    /// Frames of the log up to the newest commit.
    frames: u32,
    /// The frames at which to think about the next generation.
    long_at: u32,
    ledger: Ledger,
    /// That of the log, once it has a commit of this generation.
    salt: Option<Salt>,
}

impl History {
    /// The history of the database in `file`, kept in `folder`; nothing is read or written yet.
    pub(crate) fn new(file: &Path, folder: PathBuf, generations: Arc<Generations>, clock: &Clock) -> Self {
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        Self {
            file: file.to_owned(),
            log: log.into(),
            folder: HistoryFolder::new(folder),
            generations,
            clock: clock.clone(),
            bounds: Bounds::default(),
            live: Mutex::new(None),
            archives: RwLock::new(()),
            lost: Trouble::default(),
            unfolded: Trouble::default(),
            commits: watch::Sender::new(()),
        }
    }

    /// Whether the generation in use is known, and its log is the one that the commits were entered from.
    pub(crate) fn is_open(&self) -> bool {
        self.goes_on(self.live.lock().as_ref())
    }

    /// Another program may have begun the log anew. A log that cannot be read now is not known to be another one.
    fn goes_on(&self, live: Option<&Live>) -> bool {
        match live.map(|live| live.salt) {
            None => false,
            Some(None) => true,
            Some(salt) => match Log::open(&self.log) {
                Ok(log) => log.map(|log| log.salt()) == salt,
                Err(error) => !is_damage(&error),
            },
        }
    }

    /// Finds out, through the first connection, where an earlier process has left off. If the files cannot be read now, they
    /// stay as they are, and the next connection or commit looks again.
    pub(crate) fn open(&self, connection: &mut EngineConnection) -> Result<(), HistoryError> {
        if self.is_open() {
            return Ok(());
        }
        let _changing = self.archives.write();
        let mut live = self.live.lock();
        if !self.goes_on(live.as_ref()) {
            *live = None;
            let frames = connection.log_frames().map_err(HistoryError::Engine)?;
            *live = Some(self.recover(frames)?);
        }
        Ok(())
    }

    /// Enters what the connection has committed last. Says whether the log has become long, which is for the caller to
    /// change, if it is its turn to write.
    pub(crate) fn enter(&self, connection: &mut EngineConnection) -> bool {
        let Some(frames) = connection.take_commit() else {
            return false;
        };
        let is_long = match &mut *self.live.lock() {
            Some(live) if live.frames <= frames => {
                live.enter(frames, self.clock.now(), &self.log);
                Some(frames >= live.long_at)
            }
            _ => None,
        };
        if is_long.is_none() {
            self.reopen(frames);
        }
        self.wake();
        is_long.unwrap_or_default()
    }

    /// The log was begun anew: it is shorter than it was, or the end of its generation has failed halfway.
    fn reopen(&self, frames: u32) {
        let _changing = self.archives.write();
        *self.live.lock() = self.recover(frames).ok();
    }

    /// Changes with every commit from now on, and when those who wait for one are to look around.
    pub(crate) fn commits(&self) -> watch::Receiver<()> {
        self.commits.subscribe()
    }

    /// Lets those who wait for a commit look around.
    pub(crate) fn wake(&self) {
        self.commits.send_replace(());
    }

    /// Closes the file that is kept open between commits.
    pub(crate) fn release(&self) {
        if let Some(live) = self.live.lock().as_mut() {
            live.ledger.close();
        }
    }

    /// Gives generations with lower numbers new ones, from `first` on. Whoever commits meanwhile finds the place anew.
    pub(crate) fn renumber(&self, first: u32) -> io::Result<()> {
        let _changing = self.archives.write();
        let mut live = self.live.lock();
        *live = None;
        self.folder.renumber(first)
    }

    /// Does `work` while no file of the past changes.
    pub(crate) fn while_it_stays<T>(&self, work: impl FnOnce() -> T) -> T {
        let _reading = self.archives.read();
        work()
    }

    /// The number of the newest generation there is, also where nobody has opened the history yet.
    pub(crate) fn newest_generation(&self) -> io::Result<Option<u32>> {
        match self.live.lock().as_ref() {
            Some(live) => Ok(Some(live.generation)),
            None => Ok(self.folder.generations(Kind::Ledger)?.last().copied()),
        }
    }

    /// The number of the generation in use.
    pub(crate) fn generation(&self) -> u32 {
        self.at_present().0
    }

    /// The generation in use and the frames of its log.
    fn at_present(&self) -> (u32, u32) {
        self.live.lock().as_ref().map_or((1, 0), |live| (live.generation, live.frames))
    }
}

impl Live {
    fn new(generation: u32, frames: u32, ledger: Ledger, salt: Option<Salt>, bounds: Bounds) -> Self {
        Self { generation, frames, long_at: bounds.long_log, ledger, salt }
    }

    /// A commit that cannot be written down gets the time of the next one that can.
    fn enter(&mut self, frames: u32, at: Timestamp, log: &Path) {
        self.frames = frames;
        let written = self.name_log(log).and_then(|()| self.ledger.append(Entry { frames, at: at.as_microsecond() }));
        if let Err(error) = written {
            tracing::warn!(%error, "could not write down the time of a commit");
        }
    }

    /// Writes down which log the generation has, once there is one.
    fn name_log(&mut self, log: &Path) -> io::Result<()> {
        if self.salt.is_none()
            && let Some(log) = Log::open(log)?
        {
            self.ledger.name_log(log.salt())?;
            self.salt = Some(log.salt());
        }
        Ok(())
    }
}
