//! Reads the past: a database as it was, a generation's file, a part of a generation's log.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use jiff::Timestamp;

use super::folder::Kind;
use super::log::Log;
use super::recovery::is_damage;
use super::{History, HistoryError};
use crate::data::storage::temporary::TemporaryFile;

/// No more frames are read at once.
const MAX_FRAMES: u32 = 1024;

/// Some of the frames of a generation.
#[derive(Debug)]
pub(crate) enum Frames {
    Some(Vec<u8>),
    /// The generation has none there.
    End {
        current: u32,
    },
}

impl History {
    /// Writes the database as it was after the newest commit at `at` or before to a file that is not there yet. It is
    /// there complete or not at all.
    pub(crate) fn restore(&self, at: Timestamp, target: &Path) -> Result<(), HistoryError> {
        self.mend()?;
        let _reading = self.archives.read();
        let (generation, frames) = self.find(at)?;
        let mut restored = self.assemble(generation, frames).map_err(|error| {
            if is_damage(&error) { HistoryError::Damaged(error.to_string()) } else { HistoryError::File(error) }
        })?;
        Ok(restored.become_file(target)?)
    }

    /// The database's file as this generation begins, for reading only.
    ///
    /// That of the generation in use may have pages of it already; they are in its log as well.
    pub(crate) fn export(&self, generation: u32) -> Result<File, HistoryError> {
        let _reading = self.archives.read();
        self.refuse_unknown(generation)?;
        let (current, _) = self.at_present();
        let copy = if generation == current { self.copy_of(&self.file)? } else { self.assemble(generation, 0)? };
        // Its name goes with the copy. Where an open file cannot be deleted, it goes when the history is opened next.
        Ok(File::open(copy.path())?)
    }

    /// The frames `from..to` of a generation's log, counted from 1, up to its newest commit.
    pub(crate) fn frames(&self, generation: u32, from: u32, to: u32) -> Result<Frames, HistoryError> {
        let _reading = self.archives.read();
        let (current, committed) = self.at_present();
        self.refuse_unknown(generation)?;
        let path = if generation == current { self.log.clone() } else { self.folder.path(generation, Kind::Log) };
        let Some(log) = Log::open(&path)? else {
            return Ok(Frames::End { current });
        };
        let last = if generation == current { committed } else { log.frames()? };
        let skipped = from.saturating_sub(1);
        let count = to.saturating_sub(from).min(MAX_FRAMES).min(last.saturating_sub(skipped));
        if count == 0 {
            return Ok(Frames::End { current });
        }
        Ok(Frames::Some(log.read(skipped, count)?))
    }

    /// Without a base that is whole, what the archives say leads nowhere.
    fn mend(&self) -> io::Result<()> {
        if self.folder.generations(Kind::Folding)?.is_empty() {
            return Ok(());
        }
        let _changing = self.archives.write();
        self.finish_fold()
    }

    fn refuse_unknown(&self, generation: u32) -> Result<(), HistoryError> {
        let (current, _) = self.at_present();
        let oldest = self.base()?.unwrap_or(current);
        match generation {
            _ if generation > current => Err(HistoryError::NotYet { current }),
            _ if generation < oldest => Err(HistoryError::Gone { generation, oldest }),
            _ => Ok(()),
        }
    }

    /// The oldest generation whose file can be had.
    pub(super) fn base(&self) -> io::Result<Option<u32>> {
        Ok(self.folder.generations(Kind::Base)?.first().copied())
    }

    /// The database after this many frames of a generation, in a file of a passing name.
    fn assemble(&self, generation: u32, frames: u32) -> io::Result<TemporaryFile> {
        let base = self.base()?;
        let copy = match base {
            Some(base) => self.copy_of(&self.folder.path(base, Kind::Base))?,
            // Nothing was ever written into the file since the only generation began.
            None => self.copy_of(&self.file)?,
        };
        let mut target = OpenOptions::new().write(true).open(copy.path())?;
        for earlier in base.unwrap_or(generation)..generation {
            let log = Log::open(&self.folder.path(earlier, Kind::Log))?.ok_or(io::ErrorKind::NotFound)?;
            let all = log.frames()?;
            log.apply(all, &mut target)?;
        }
        if frames > 0 {
            let (current, _) = self.at_present();
            let log = if generation == current { self.log.clone() } else { self.folder.path(generation, Kind::Log) };
            Log::open(&log)?.ok_or(io::ErrorKind::NotFound)?.apply(frames, &mut target)?;
        }
        Ok(copy)
    }

    fn copy_of(&self, file: &Path) -> io::Result<TemporaryFile> {
        self.folder.create()?;
        let copy = self.folder.temporary()?;
        copy.fill_from(file)?;
        Ok(copy)
    }
}
