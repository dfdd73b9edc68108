//! The files of a history: `{n}.ledger` and `{n}.log` for generation n, `{n}.base` for the file as generation n began.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::data::storage::temporary::TemporaryFile;

/// The directory of one history, which appears with the first commit.
#[derive(Debug)]
pub(crate) struct HistoryFolder(PathBuf);

/// What a file is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ledger,
    /// The archived log.
    Log,
    Base,
    /// A base that is taking in the log of its generation.
    Folding,
    /// A note: the oldest generation is to have this number, and the others those that follow.
    Renumbering,
}

/// The kinds of files that a generation has.
const KINDS: [Kind; 4] = [Kind::Ledger, Kind::Log, Kind::Base, Kind::Folding];

impl Kind {
    fn extension(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Log => "log",
            Self::Base => "base",
            Self::Folding => "folding",
            Self::Renumbering => "renumbering",
        }
    }
}

impl fmt::Display for HistoryFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl HistoryFolder {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self(directory)
    }

    pub(crate) fn create(&self) -> io::Result<()> {
        std::fs::create_dir_all(&self.0)
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.0
    }

    /// Where it is kept once it does not fit its database any more.
    pub(crate) fn aside(&self) -> Self {
        let mut directory = self.0.clone().into_os_string();
        directory.push(".damaged");
        Self(directory.into())
    }

    /// Leaves the place to a new history, and is there in place of the last one that did so.
    pub(crate) fn set_aside(&self) -> io::Result<()> {
        let aside = self.aside();
        match std::fs::remove_dir_all(&aside.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => std::fs::rename(&self.0, &aside.0),
        }
    }

    pub(crate) fn path(&self, generation: u32, kind: Kind) -> PathBuf {
        self.0.join(format!("{generation}.{}", kind.extension()))
    }

    /// A file that is not complete yet.
    pub(crate) fn temporary(&self) -> io::Result<TemporaryFile> {
        TemporaryFile::at(self.0.join(format!("{:016x}.temporary", fastrand::u64(..))))
    }

    /// The generations that have a file of this kind, the oldest first.
    pub(crate) fn generations(&self, kind: Kind) -> io::Result<Vec<u32>> {
        let mut generations: Vec<_> = self.files()?.iter().filter_map(|path| generation_of(path, kind)).collect();
        generations.sort_unstable();
        Ok(generations)
    }

    /// The generations that have a file of any kind, the oldest first.
    pub(crate) fn numbers(&self) -> io::Result<Vec<u32>> {
        let mut numbers = Vec::new();
        for kind in KINDS {
            numbers.extend(self.generations(kind)?);
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// Deletes the incomplete files that a process which was killed has left behind. Nobody may be making one.
    pub(crate) fn remove_incomplete(&self) -> io::Result<()> {
        self.remove(|path| path.extension().is_some_and(|extension| extension == "temporary"))
    }

    /// Deletes all files of the generations before `oldest`.
    pub(crate) fn remove_before(&self, oldest: u32) -> io::Result<()> {
        self.remove(|path| KINDS.iter().any(|kind| generation_of(path, *kind).is_some_and(|number| number < oldest)))
    }

    /// Gives generations with lower numbers new ones, from `first` on or later. Nobody may use the history.
    pub(crate) fn renumber(&self, first: u32) -> io::Result<()> {
        self.finish_renumbering()?;
        let numbers = self.numbers()?;
        let (Some(oldest), Some(newest)) = (numbers.first(), numbers.last()) else { return Ok(()) };
        if *oldest >= first {
            return Ok(());
        }
        // Beyond all that are there, so that a number tells whether it is new.
        let target = first.max(newest.saturating_add(1));
        target
            .checked_add(newest - oldest)
            .ok_or_else(|| io::Error::other("there are no more numbers of generations"))?;
        std::fs::File::create(self.path(target, Kind::Renumbering))?;
        self.finish_renumbering()
    }

    /// Gives the generations the numbers that they were to get, all of them or those that have not got theirs: the process
    /// may have been killed meanwhile, or the disk have been full.
    pub(crate) fn finish_renumbering(&self) -> io::Result<()> {
        for target in self.generations(Kind::Renumbering)? {
            let old: Vec<_> = self.numbers()?.into_iter().filter(|number| *number < target).collect();
            // From the newest on: as long as there are old numbers, the oldest is one of them, and tells the new ones.
            for generation in old.iter().rev() {
                for kind in KINDS {
                    let (from, to) = (self.path(*generation, kind), self.path(target + (generation - old[0]), kind));
                    match std::fs::rename(from, to) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                        _ => {}
                    }
                }
            }
            std::fs::remove_file(self.path(target, Kind::Renumbering))?;
        }
        Ok(())
    }

    fn remove(&self, is_meant: impl Fn(&Path) -> bool) -> io::Result<()> {
        self.files()?.iter().filter(|path| is_meant(path)).try_for_each(std::fs::remove_file)
    }

    fn files(&self) -> io::Result<Vec<PathBuf>> {
        match std::fs::read_dir(&self.0) {
            Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

fn generation_of(path: &Path, kind: Kind) -> Option<u32> {
    let is_of_kind = path.extension().is_some_and(|extension| extension == kind.extension());
    path.file_stem().filter(|_| is_of_kind)?.to_str()?.parse().ok()
}
