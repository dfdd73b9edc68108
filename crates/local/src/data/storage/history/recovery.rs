//! Where an earlier process has left off, whatever it was doing when it ended.

use std::io;

use super::folder::Kind;
use super::ledger::{self, Content, EVER, Entry, Ledger};
use super::log::Log;
use super::log_in_use::Fate;
use super::{History, HistoryError, Live};

impl History {
    /// The generation in use, from the files and the frames that the engine has found in its log. A history that is damaged
    /// must not keep its database from having one; one that cannot be read or written now is left as it is.
    pub(super) fn recover(&self, frames: u32) -> Result<Live, HistoryError> {
        let recovered = match self.follow(frames) {
            Err(HistoryError::File(error)) if is_damage(&error) => Ok(self.begin_anew(&error, frames)?),
            followed => followed,
        };
        match &recovered {
            Ok(_) => self.lost.ends(),
            Err(error) if self.lost.begins() => self.tell_of_loss(error),
            Err(_) => {}
        }
        recovered
    }

    fn tell_of_loss(&self, error: &HistoryError) {
        match error {
            HistoryError::Engine(_) => {
                tracing::error!(file = %self.file.display(), %error, "a database cannot be used as it is");
            }
            error => tracing::warn!(
                file = %self.file.display(), %error,
                "the history of a database cannot be read or written: it stays as it is, and until it can be, commits are \
                 entered in it with the time at which it can be"
            ),
        }
    }

    fn follow(&self, frames: u32) -> Result<Live, HistoryError> {
        self.folder.finish_renumbering()?;
        match self.tidy() {
            Err(error) if is_damage(&error) => return Err(error.into()),
            // The present does not need what is older; who wants the past is told.
            Err(error) => self.warn_of_fold(&error),
            Ok(()) => {}
        }
        let ledgers = self.folder.generations(Kind::Ledger)?;
        let Some(newest) = ledgers.last().copied() else {
            if !self.folder.numbers()?.is_empty() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "all ledgers are missing").into());
            }
            return Ok(self.begin_first(frames)?);
        };
        self.refuse_gap(newest)?;
        let written = ledger::read(&self.folder.path(newest, Kind::Ledger))?;
        match self.fate_of_log(newest, &written, frames)? {
            Fate::GoesOn => Ok(self.go_on(newest, &written, frames)?),
            Fate::Archived => Ok(self.begin(newest + 1, frames, written.last().at)?),
            Fate::BegunAnew => {
                let problem = "another program has emptied the log of the database or begun it anew";
                Ok(self.begin_anew(&io::Error::other(problem), frames)?)
            }
            Fate::Lacking => Err(self.lacking()),
        }
    }

    fn go_on(&self, generation: u32, written: &Content, frames: u32) -> io::Result<Live> {
        let ledger = Ledger::at(self.folder.path(generation, Kind::Ledger));
        let mut live = Live::new(generation, frames, ledger, written.salt, self.bounds);
        if written.last().frames < frames {
            self.enter_what_was_found(&mut live, written.last().frames, frames)?;
        } else if frames > 0 {
            live.name_log(&self.log)?;
        }
        Ok(live)
    }

    /// Commits that are in the log and not in the ledger. A process that is killed leaves one, which it has not acknowledged;
    /// more of them came at times that are not known.
    fn enter_what_was_found(&self, live: &mut Live, entered: u32, frames: u32) -> io::Result<()> {
        let mut commits = 0;
        if let Some(mut log) = Log::open(&self.log)? {
            for frame in entered..frames {
                commits += u32::from(log.head(frame)?.pages > 0);
            }
        }
        if commits > 1 {
            live.ledger.leave_gap()?;
        }
        live.enter(frames, self.clock.now(), &self.log);
        Ok(())
    }

    /// From the base to the present there is a way only through all generations between. It has a gap after a process that
    /// did not know them, or an older version that was killed while it gave them other numbers.
    fn refuse_gap(&self, newest: u32) -> io::Result<()> {
        let mut archived = self.folder.generations(Kind::Log)?;
        archived.retain(|generation| *generation < newest);
        // A fold that cannot be finished yet is to have a base.
        let is_folding = !self.folder.generations(Kind::Folding)?.is_empty();
        let has_way = match self.base()? {
            Some(base) => {
                archived.retain(|generation| *generation >= base);
                base <= newest && (base..newest).eq(archived)
            }
            None => archived.is_empty() || is_folding,
        };
        if has_way {
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
            self.enter_what_was_found(&mut live, 0, frames)?;
        }
        Ok(live)
    }

    /// Begins a history without a past, for what the archives say does not lead to what the file has. They are kept, for
    /// whatever is missing may be in them.
    fn begin_anew(&self, error: &io::Error, frames: u32) -> io::Result<Live> {
        let aside = self.folder.aside();
        tracing::warn!(
            file = %self.file.display(), %error, %aside,
            "the history of a database does not fit it any more: it is moved aside, and a new one begins"
        );
        self.folder.set_aside()?;
        self.begin_first(frames)
    }

    /// Begins the history of a database that has none. If it had one, nothing is known of the time before now.
    fn begin_first(&self, frames: u32) -> io::Result<Live> {
        let aside = self.folder.aside().numbers()?.last().copied();
        let is_first = aside.is_none() && frames == 0;
        let before = if is_first { EVER } else { self.clock.now().as_microsecond() };
        self.begin(self.generations.first().max(aside.map_or(0, |newest| newest + 1)), frames, before)
    }
}

/// Whether the files do not say what a history says, which they never will; anything else may pass, as a full disk does.
pub(super) fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
    matches!(error.kind(), InvalidData | NotFound | UnexpectedEof)
}
