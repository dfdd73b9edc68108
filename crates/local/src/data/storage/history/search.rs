//! Finds the commit that a time means.

use std::io;

use jiff::Timestamp;

use super::folder::Kind;
use super::ledger::{self, Content};
use super::log::Log;
use super::recovery::is_damage;
use super::{History, HistoryError};

/// A search through the ledgers, from the oldest generation on.
#[derive(Debug)]
struct Search {
    /// Microseconds since 1970.
    at: i64,
    earliest: Option<i64>,
    /// A generation, and the frames of its log.
    found: Option<(u32, u32)>,
    /// Whether the entry before is of this time or an earlier one.
    is_due: bool,
    /// What was found may not be the newest: another commit may have been entered after it, which cannot be read.
    is_doubtful: bool,
}

impl History {
    /// The generation and the frames of the newest commit at this time or before. For who keeps the archives from changing.
    pub(super) fn find(&self, at: Timestamp) -> Result<(u32, u32), HistoryError> {
        let at = at.as_microsecond();
        let mut search = Search { at, earliest: None, found: None, is_due: true, is_doubtful: false };
        let (current, frames) = self.at_present();
        for generation in self.base()?.unwrap_or(current)..=current {
            let written = self.ledger_of(generation)?;
            let is_complete = if generation == current {
                // A commit may have been entered after the frames were counted.
                search.look_through(generation, &written, frames);
                // What is not written down yet gets the time of what will be.
                !written.gaps.contains(&written.entries.len()) || written.last().frames >= frames
            } else {
                search.look_through(generation, &written, u32::MAX);
                self.archived_frames(generation)? == Some(written.last().frames)
            };
            if !is_complete {
                search.miss();
            }
        }
        search.end()
    }

    /// Nothing is read in a ledger that has gone.
    fn ledger_of(&self, generation: u32) -> io::Result<Content> {
        match ledger::read(&self.folder.path(generation, Kind::Ledger)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Content::default()),
            content => content,
        }
    }

    fn archived_frames(&self, generation: u32) -> io::Result<Option<u32>> {
        match Log::open(&self.folder.path(generation, Kind::Log)) {
            Err(error) if is_damage(&error) => Ok(None),
            log => log?.map(|log| log.frames()).transpose(),
        }
    }
}

impl Search {
    fn look_through(&mut self, generation: u32, written: &Content, frames: u32) {
        for (index, entry) in written.entries.iter().enumerate() {
            if written.gaps.contains(&index) {
                self.miss();
            }
            self.earliest.get_or_insert(entry.at);
            self.is_due = entry.at <= self.at && entry.frames <= frames;
            if self.is_due {
                self.found = Some((generation, entry.frames));
                self.is_doubtful = false;
            }
        }
    }

    /// An entry is missing here. Where the one before is later than the time, so is this one.
    fn miss(&mut self) {
        self.is_doubtful |= self.is_due;
    }

    fn end(self) -> Result<(u32, u32), HistoryError> {
        if self.is_doubtful {
            return Err(HistoryError::Damaged("nothing tells which commits came until then".to_owned()));
        }
        self.found.ok_or_else(|| {
            let earliest = self.earliest.and_then(|at| Timestamp::from_microsecond(at).ok());
            HistoryError::TooEarly(earliest.unwrap_or(Timestamp::MAX))
        })
    }
}
