//! What has become of the engine's log since its commits were entered.

use std::io::{self, Read as _};

use super::folder::Kind;
use super::ledger::Content;
use super::log::Log;
use super::recovery::is_damage;
use super::{History, HistoryError, PAGE_BYTES};
use crate::data::hrana::SqlError;

/// What the log in use is to the newest ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It has all that was entered, and goes on.
    GoesOn,
    /// It was archived and emptied: the generation is over.
    Archived,
    /// Another program has written it into the file, and has emptied it or begun it anew.
    BegunAnew,
    /// It lacks commits that were entered, and the file does not have them either.
    Lacking,
}

impl History {
    /// Tells the fate of the log, in which the engine has found so many frames that are sound.
    pub(super) fn fate_of_log(&self, generation: u32, written: &Content, frames: u32) -> io::Result<Fate> {
        let entered = written.last().frames;
        let mut log = match Log::open(&self.log) {
            // To the engine, a log without a sound header is an empty one.
            Err(error) if is_damage(&error) && entered > 0 => return Ok(Fate::Lacking),
            Err(error) if is_damage(&error) => None,
            log => log?,
        };
        let salt = log.as_ref().map(Log::salt);
        let archive = self.folder.path(generation, Kind::Log);
        if let Some(archived) = Log::open(&archive)? {
            match salt == Some(archived.salt()) {
                true if frames < entered => return Ok(Fate::Lacking),
                // It was archived, and could not be emptied.
                true => std::fs::remove_file(archive)?,
                false if archived.frames()? >= entered => return Ok(Fate::Archived),
                false => {}
            }
        }
        let is_known = written.salt.is_none() || salt == written.salt;
        if frames >= entered && (frames == 0 || is_known) {
            return Ok(Fate::GoesOn);
        }
        let is_lacking = match &mut log {
            // One that the engine has begun anew keeps its old frames until the next are written.
            Some(log) if written.salt == Some(log.salt()) => !log.is_sound(entered)?,
            _ => entered > 0 && self.is_as_it_began(generation)?,
        };
        Ok(if is_lacking { Fate::Lacking } else { Fate::BegunAnew })
    }

    /// Whether nothing of this generation's log was ever written into the file, as far as can be told.
    fn is_as_it_began(&self, generation: u32) -> io::Result<bool> {
        let compared = match self.base()? {
            Some(_) => self.file_is_that_of(generation),
            None => self.file_is_new(),
        };
        match compared {
            // What it would be compared with is damaged too.
            Err(error) if is_damage(&error) => Ok(false),
            compared => compared,
        }
    }

    /// Whether the file is one that the engine has made and never changed since: a page without any content.
    fn file_is_new(&self) -> io::Result<bool> {
        let mut header = [0; 28];
        let mut file = std::fs::File::open(&self.file)?;
        file.read_exact(&mut header)?;
        let [.., c0, c1, c2, c3] = header;
        Ok(file.metadata()?.len() == PAGE_BYTES as u64 && u32::from_be_bytes([c0, c1, c2, c3]) <= 1)
    }

    /// Why nobody is served what is left of a database: what is written to it from now on would take the place of what it
    /// lacks, and most of that can still be brought back.
    pub(super) fn lacking(&self) -> HistoryError {
        let [log, history] = [&self.log, self.folder.directory()].map(|path| {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        });
        let problem = format!(
            "SQLite error: database disk image is malformed: {log} lacks transactions that were committed; put it back as \
             it was, or rename {history} to {history}.damaged to go on without them"
        );
        HistoryError::Engine(SqlError::new("SQLITE_CORRUPT", problem))
    }
}
