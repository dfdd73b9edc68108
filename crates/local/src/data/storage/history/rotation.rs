//! The end of a generation, and of what is too old or too much.

use std::fs::OpenOptions;
use std::io;

use jiff::Timestamp;

use super::folder::Kind;
use super::ledger;
use super::log::Log;
use super::{History, HistoryError, REACH};
use crate::data::engine::EngineConnection;

impl History {
    /// Archives the log and empties it. Only for who has the turn to write. If somebody reads the past or the log, it
    /// is left for later.
    pub(crate) fn rotate(&self, connection: &mut EngineConnection) {
        if !self.is_open() {
            return;
        }
        let Some(_changing) = self.archives.try_write() else {
            return self.postpone();
        };
        if let Err(error) = self.try_to_rotate(connection) {
            tracing::warn!(file = %self.file.display(), %error, "could not archive the log of a database");
            self.postpone();
        }
    }

    /// Gives up what is too old or too much, unless somebody reads the past: then it is left for later.
    pub(crate) fn forget(&self) {
        // What is older than the present is not known while the present is not.
        if !self.is_open() {
            return;
        }
        let Some(_changing) = self.archives.try_write() else { return };
        match self.fold_what_is_too_much() {
            Ok(()) => self.unfolded.ends(),
            Err(error) => self.warn_of_fold(&error),
        }
    }

    pub(super) fn warn_of_fold(&self, error: &io::Error) {
        if self.unfolded.begins() {
            tracing::warn!(
                folder = %self.folder, %error,
                "the history of a database cannot be shortened: it grows until all files of this folder can be read and \
                 written and there is room for them"
            );
        }
    }

    /// The longer the log, the later: every attempt copies all of it while writers wait, and one reader may stay for
    /// ever. Not much later: others only come and go, and each attempt may be the one that meets none.
    fn postpone(&self) {
        if let Some(live) = self.live.lock().as_mut() {
            live.long_at = live.frames.saturating_add(self.bounds.long_log.max(live.frames / 4));
        }
    }

    /// The order is such that the past is complete whenever the process is killed.
    fn try_to_rotate(&self, connection: &mut EngineConnection) -> Result<(), HistoryError> {
        let (generation, frames) = self.at_present();
        self.keep_base(generation)?;
        self.archive(generation, frames)?;
        if connection.empty_log().map_err(HistoryError::Engine)? {
            return Ok(self.begin_next(generation, 0)?);
        }
        // A reader is in the way. If all of the log is in the file by now, the next writer would begin the log anew and
        // nobody would know. One more frame prevents that, and if the log was begun anew for this frame, it tells.
        connection.touch().map_err(HistoryError::Engine)?;
        let touched = connection.take_commit().unwrap_or_default();
        if touched <= frames {
            return Ok(self.begin_next(generation, touched)?);
        }
        if let Some(live) = self.live.lock().as_mut() {
            live.enter(touched, self.clock.now(), &self.log);
        }
        self.postpone();
        Ok(std::fs::remove_file(self.folder.path(generation, Kind::Log))?)
    }

    /// Before the first checkpoint the file is what it was when the oldest generation began.
    fn keep_base(&self, generation: u32) -> io::Result<()> {
        if self.base()?.is_some() {
            return Ok(());
        }
        let mut base = self.folder.temporary()?;
        base.fill_from(&self.file)?;
        base.become_file(&self.folder.path(generation, Kind::Base))
    }

    fn archive(&self, generation: u32, frames: u32) -> io::Result<()> {
        let log = Log::open(&self.log)?.ok_or(io::ErrorKind::NotFound)?;
        let mut archive = self.folder.temporary()?;
        archive.fill_from(&self.log)?;
        // What follows the newest commit is of no transaction that counts.
        if archive.file().metadata()?.len() > log.length(frames) {
            archive.file().set_len(log.length(frames))?;
        }
        archive.become_file(&self.folder.path(generation, Kind::Log))
    }

    /// If this fails, nothing may be entered in the generation any more: it is over. The next commit finds its place anew.
    fn begin_next(&self, generation: u32, frames: u32) -> io::Result<()> {
        let next = self.last_commit(generation).and_then(|last| self.begin(generation + 1, frames, last));
        let mut live = self.live.lock();
        *live = None;
        *live = Some(next?);
        Ok(())
    }

    fn last_commit(&self, generation: u32) -> io::Result<i64> {
        let written = ledger::read(&self.folder.path(generation, Kind::Ledger))?;
        written.entries.last().map(|entry| entry.at).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// When a generation that is over ended. Its own ledger would make it older than it is where the end of it is damaged.
    fn end_of(&self, generation: u32) -> io::Result<i64> {
        let next = ledger::read(&self.folder.path(generation + 1, Kind::Ledger))?;
        next.began().ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Lets the base take in the oldest generations: those whose end is out of reach, and those beyond the bound.
    fn fold_what_is_too_much(&self) -> io::Result<()> {
        // What has failed before is done first.
        self.finish_fold()?;
        let Some(base) = self.base()? else { return Ok(()) };
        if let Err(error) = self.folder.remove_before(base) {
            tracing::warn!(%error, "could not delete what is left of the history of a database");
        }
        let horizon = self.clock.now().checked_sub(REACH).map_or(i64::MIN, Timestamp::as_microsecond);
        let bound = std::fs::metadata(&self.file)?.len().max(self.bounds.archived_bytes);
        let mut archives = self.folder.generations(Kind::Log)?;
        // There is one of the generation in use if its end has failed halfway; it is not over.
        let in_use = self.generation();
        archives.retain(|generation| (base..in_use).contains(generation));
        let mut sizes = Vec::with_capacity(archives.len());
        for generation in archives {
            sizes.push((generation, std::fs::metadata(self.folder.path(generation, Kind::Log))?.len()));
        }
        let mut total: u64 = sizes.iter().map(|(_, size)| size).sum();
        for (generation, size) in sizes {
            if total <= bound && self.end_of(generation)? >= horizon {
                break;
            }
            self.fold(generation)?;
            total -= size;
        }
        Ok(())
    }

    /// Turns the base of a generation into that of the next one.
    fn fold(&self, generation: u32) -> io::Result<()> {
        std::fs::rename(self.folder.path(generation, Kind::Base), self.folder.path(generation, Kind::Folding))?;
        self.finish_fold()
    }

    /// Under a name of its own the base may be half done: if the process is killed, the next one does it again.
    pub(super) fn finish_fold(&self) -> io::Result<()> {
        for generation in self.folder.generations(Kind::Folding)? {
            let half = self.folder.path(generation, Kind::Folding);
            let archive = self.folder.path(generation, Kind::Log);
            let log = Log::open(&archive)?.ok_or(io::ErrorKind::NotFound)?;
            let frames = log.frames()?;
            log.apply(frames, &mut OpenOptions::new().write(true).open(&half)?)?;
            std::fs::rename(half, self.folder.path(generation + 1, Kind::Base))?;
            // If these cannot be deleted, they are older than the base, which leaves them to be tidied away.
            let _is_left = std::fs::remove_file(archive);
            let _is_left = std::fs::remove_file(self.folder.path(generation, Kind::Ledger));
        }
        Ok(())
    }
}
