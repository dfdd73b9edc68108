//! Where an earlier process has left off, whatever it was doing when it ended.

use std::io;

use super::folder::Kind;
use super::ledger::{self, Entry, Ledger};
use super::log::{Log, Salt};
use super::{History, Live};

/// The time of a first entry that has no commit before it.
const EVER: i64 = i64::MIN;

impl History {
    /// The generation in use, from the files and the frames that the engine has found in its log. A history that is damaged
    /// must not keep its database from having one; one that cannot be read or written now is left as it is.
    pub(super) fn recover(&self, frames: u32) -> io::Result<Live> {
        let recovered = match self.follow(frames) {
            Err(error) if is_damage(&error) => self.drop_past(&error, frames),
            followed => followed,
        };
        match &recovered {
            Ok(_) => self.lost.ends(),
            Err(error) if self.lost.begins() => tracing::warn!(
                file = %self.file.display(), %error,
                "the history of a database cannot be read or written: it stays as it is, and until it can be, commits are \
                 entered in it with the time at which it can be"
            ),
            Err(_) => {}
        }
        recovered
    }

    fn drop_past(&self, error: &io::Error, frames: u32) -> io::Result<Live> {
        tracing::warn!(file = %self.file.display(), %error, "the history of a database is damaged: it is dropped");
        let newest = self.folder.generations(Kind::Ledger)?.last().copied();
        self.begin_afresh(newest.map_or_else(|| self.generations.first(), |newest| newest + 1), frames)
    }

    fn follow(&self, frames: u32) -> io::Result<Live> {
        match self.tidy() {
            Err(error) if is_damage(&error) => return Err(error),
            // The present does not need what is older; who wants the past is told.
            Err(error) => self.warn_of_fold(&error),
            Ok(()) => {}
        }
        let ledgers = self.folder.generations(Kind::Ledger)?;
        let Some(newest) = ledgers.last().copied() else {
            return self.begin(self.generations.first(), frames, EVER);
        };
        self.refuse_gap(&ledgers, newest)?;
        let written = ledger::read(&self.folder.path(newest, Kind::Ledger))?;
        let last = written.entries.last().copied().unwrap_or(Entry { frames: 0, at: EVER });
        if self.was_rotated(newest)? {
            return self.begin(newest + 1, frames, last.at);
        }
        if last.frames > frames || (frames > 0 && self.is_another_log(written.salt)?) {
            tracing::warn!(
                file = %self.file.display(),
                "the log of a database was emptied or begun anew by another program: its history is dropped"
            );
            return self.begin_afresh(newest + 1, frames);
        }
        let ledger = Ledger::at(self.folder.path(newest, Kind::Ledger));
        let mut live = Live::new(newest, frames, ledger, written.salt, self.bounds);
        if last.frames < frames {
            // Committed, and not written down any more.
            live.enter(frames, self.clock.now(), &self.log);
        } else if frames > 0 {
            live.name_log(&self.log)?;
        }
        Ok(live)
    }

    /// From the base to the present there is a way only through all generations between. It has a gap after a process that
    /// was killed while it gave them other numbers, or that did not know them.
    fn refuse_gap(&self, ledgers: &[u32], newest: u32) -> io::Result<()> {
        let oldest = self.base()?.unwrap_or(newest);
        let between = oldest..newest;
        let are_there = |found: &[u32]| between.clone().eq(found.iter().copied().filter(|one| between.contains(one)));
        if oldest <= newest && are_there(ledgers) && are_there(&self.folder.generations(Kind::Log)?) {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "not all generations between the base and the newest are there"))
    }

    fn tidy(&self) -> io::Result<()> {
        self.finish_fold()?;
        let oldest = self.base()?.unwrap_or_default();
        self.folder.remove_incomplete()?;
        self.folder.remove_before(oldest)
    }

    /// Begins the ledger of a generation that follows what was committed at `before`.
    pub(super) fn begin(&self, generation: u32, frames: u32, before: i64) -> io::Result<Live> {
        self.folder.create()?;
        let path = self.folder.path(generation, Kind::Ledger);
        let ledger = Ledger::create(path, self.folder.temporary()?, Entry { frames: 0, at: before })?;
        let mut live = Live::new(generation, frames, ledger, None, self.bounds);
        if frames > 0 {
            live.enter(frames, self.clock.now(), &self.log);
        }
        Ok(live)
    }

    /// Begins a history without a past, for what the archives say does not lead to what the file has.
    fn begin_afresh(&self, generation: u32, frames: u32) -> io::Result<Live> {
        let live = self.begin(generation, frames, self.clock.now().as_microsecond())?;
        self.folder.remove_before(generation)?;
        Ok(live)
    }

    /// The log is archived before it is emptied: whether it was emptied, the log itself tells.
    fn was_rotated(&self, generation: u32) -> io::Result<bool> {
        let archive = self.folder.path(generation, Kind::Log);
        let Some(archived) = Log::open(&archive)? else {
            return Ok(false);
        };
        let is_in_use = !self.is_another_log(Some(archived.salt()))?;
        if is_in_use {
            std::fs::remove_file(archive)?;
        }
        Ok(!is_in_use)
    }

    /// Whether the log is not the one with this salt.
    fn is_another_log(&self, salt: Option<Salt>) -> io::Result<bool> {
        Ok(salt.is_some() && Log::open(&self.log)?.map(|log| log.salt()) != salt)
    }
}

/// Whether the files do not say what a history says, which they never will; anything else may pass, as a full disk does.
pub(super) fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
    matches!(error.kind(), InvalidData | NotFound | UnexpectedEof)
}
