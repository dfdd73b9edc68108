//! How far an import came, for another run to go on.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use anyhow::{Context as _, Result};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::turn::Turn;
use crate::{
    args::Import,
    config::{state_folder, state_variable},
    exit::{Failure, Kind},
    files::{WholeFile, create_private, write_whole},
    many::counted,
    random::random,
};

/// In the place of the path that standard input does not have.
const NO_PATH: &str = "standard input";

/// No two runs draw the same ones.
const MARK_BYTES: usize = 8;

/// A file as it was when an import began.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Fingerprint {
    /// As it is shown: not every path is text.
    path: String,
    bytes: u64,
    changed_ms: u64,
}

impl Fingerprint {
    pub(super) fn of(file: &Path) -> Result<Self> {
        let unreadable = || format!("cannot read {}", file.display());
        let metadata = fs::metadata(file).with_context(unreadable)?;
        if !metadata.is_file() {
            let problem =
                format!("{} is no file: it is read twice, first to look whether all of it is sound", file.display());
            return Err(Failure::usage(problem).hint("to pipe something in, give - as the file").into());
        }
        let path = fs::canonicalize(file).with_context(unreadable)?;
        let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let changed_ms = changed.map_or(0, |age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        Ok(Self { path: path.to_string_lossy().into_owned(), bytes: metadata.len(), changed_ms })
    }

    /// Of what cannot be read again, and so is the same as nothing else.
    pub(super) fn of_standard_input(bytes: u64) -> Self {
        Self { path: NO_PATH.to_owned(), bytes, changed_ms: 0 }
    }

    /// Paths of files begin at a root.
    fn is_read_once(&self) -> bool {
        self.path == NO_PATH
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Position {
    /// Rows or statements that were committed.
    pub(super) done: u64,
    /// The bytes of the file they take, from its beginning.
    pub(super) bytes: u64,
    /// The line that follows.
    pub(super) line: u64,
}

/// Which table an import was at, where a file has several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct TableNote {
    /// Its place in the file.
    pub(super) index: usize,
    /// The places of those that the import made, which may be this one, too.
    pub(super) made: BTreeSet<usize>,
    /// What tells the tables in which its rows gather from those of other runs.
    #[serde(default)]
    pub(super) mark: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Entry {
    file: Fingerprint,
    position: Position,
    /// Rows or statements that were sent next; nobody may know what became of them.
    sent: u64,
    /// The rows the table had before.
    rows_before: u64,
    #[serde(default)]
    table: TableNote,
}

impl Entry {
    fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }
}

/// Which database an import goes to. Others of the same name may be in another organization, or another cloud.
#[derive(Clone, Debug, Default)]
pub(super) struct ImportTarget {
    /// Empty, as the organization is, where the database is a URL.
    pub(super) api_url: String,
    pub(super) organization: String,
    pub(super) database: String,
}

/// The note of one import: there is one for a database and a table. Every import of a file has one, as it may be killed
/// before it can take back what it has done.
#[derive(Debug)]
pub(super) struct Journal {
    /// Nothing where there can be no other run that goes on.
    path: Option<PathBuf>,
    file: Fingerprint,
    pub(super) rows_before: u64,
    pub(super) table: TableNote,
    /// The mark of a run that stopped, or was killed: no other one is under way.
    pub(super) left: Option<String>,
    turn: Option<Turn>,
}

/// The name of a note: what can be read of it, in the length that a file can have, and what tells it from others. It is the
/// same in every version of the program.
fn name_of(target: &ImportTarget, table: &str) -> String {
    const SHOWN: usize = 40;
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let shown: String = format!("{}.{table}", target.database).chars().filter(is_plain).take(SHOWN).collect();
    let mut digest = Sha256::new();
    for part in [&target.api_url, &target.organization, &target.database, table] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    format!("{shown}-{:016x}.json", digest.finalize().first_chunk().copied().map_or(0, u64::from_be_bytes))
}

impl Import {
    /// What an earlier run of the same import has left, if this one is to go on with it.
    pub(super) fn earlier(&self, journal: &Journal) -> Result<Option<Earlier>> {
        self.resume.then(|| journal.earlier()).transpose()
    }

    /// Whether what is done is kept if it stops.
    pub(super) fn keeps(&self) -> bool {
        self.keep || self.resume
    }

    /// What to do when what is done was kept.
    pub(super) fn again(&self) -> &'static str {
        if self.destination.create {
            "run it again with --resume, and without --create, to go on"
        } else {
            "run it again with --resume to go on"
        }
    }
}

/// What an earlier run has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Earlier {
    pub(super) position: Position,
    pub(super) sent: u64,
    pub(super) rows_before: u64,
    pub(super) table: TableNote,
}

impl Earlier {
    /// How many rows beyond those it knows of are in the table, which has `count` and should have `done` of the file. Only
    /// a batch whose answer was lost may be.
    pub(super) fn went_on(&self, count: u64, done: u64) -> Result<u64> {
        let added = count.saturating_sub(self.rows_before);
        if added == done {
            return Ok(0);
        }
        if self.sent > 0 && added == done + self.sent {
            return Ok(self.sent);
        }
        let problem = format!(
            "--resume: {} of the file were inserted, and the table has {added} more than before: somebody else changed it",
            counted(done, "row")
        );
        Err(Failure::new(Kind::Refused, problem).hint("leave out --resume to begin anew").into())
    }
}

impl Journal {
    /// Fails where nothing can be noted, before anything is there that would have to be.
    pub(super) fn new(target: &ImportTarget, table: &str, file: Fingerprint) -> Result<Self> {
        let path =
            if file.is_read_once() { None } else { Some(state_folder()?.join("imports").join(name_of(target, table))) };
        let table = TableNote { mark: HEXLOWER.encode(&random::<MARK_BYTES>()?), ..TableNote::default() };
        let mut journal = Self { path, file, rows_before: 0, table, left: None, turn: None };
        journal.in_folder(|path| WholeFile::create(path).map(drop))?;
        if let Some(path) = &journal.path {
            journal.turn = Turn::take(&path.with_extension("lock"));
            let earlier = journal.turn.as_ref().and_then(|_| Entry::read(path));
            journal.left = earlier.map(|earlier| earlier.table.mark).filter(|mark| !mark.is_empty());
        }
        Ok(journal)
    }

    /// What an earlier run of the same import has left. Fails where there was none, for rows would arrive twice if somebody
    /// who wants to go on began anew, and where the file has changed since.
    fn earlier(&self) -> Result<Earlier> {
        let path = self.path.as_deref().context("--resume needs a file")?;
        let refuse = |problem: String| Failure::new(Kind::Refused, problem).hint("leave out --resume to begin anew");
        let text = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let problem = "--resume: there is nothing to go on with: no note of this import is at";
                return Err(refuse(format!("{problem} {}", path.display())).into());
            }
            text => text.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let entry: Entry = serde_json::from_slice(&text).map_err(|error| {
            let problem = "--resume: the note of the import that stopped is damaged:";
            refuse(format!("{problem} {}", path.display())).caused_by(error)
        })?;
        if entry.file != self.file {
            let problem = format!(
                "--resume: the import that stopped was of {}, with {} bytes, and this is another file or it has changed",
                entry.file.path, entry.file.bytes
            );
            return Err(refuse(problem).into());
        }
        let Entry { position, sent, rows_before, table, .. } = entry;
        Ok(Earlier { position, sent, rows_before, table })
    }

    /// Notes what is done and what is about to be sent.
    pub(super) fn note(&self, position: &Position, sent: u64) -> Result<()> {
        let (file, position) = (self.file.clone(), position.clone());
        let entry = Entry { file, position, sent, rows_before: self.rows_before, table: self.table.clone() };
        let text = serde_json::to_string(&entry)?;
        self.in_folder(|path| write_whole(path, &text))
    }

    fn in_folder(&self, write: impl FnOnce(&Path) -> io::Result<()>) -> Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let folder = path.parent().map_or(Ok(()), create_private);
        folder.and_then(|()| write(path)).map_err(|error| {
            let path = path.display();
            let problem =
                format!("cannot note how far the import comes in {path}, without which one that stops could not go on");
            Failure::new(Kind::Failed, problem)
                .caused_by(error)
                .hint(format!("{}=FOLDER chooses another place", state_variable()))
                .into()
        })
    }

    /// There is nothing to go on with.
    pub(super) fn forget(&self) {
        if let Some(path) = &self.path {
            // One that stays is noticed when its file has changed, or asked for again.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(api_url: &str, organization: &str, database: &str) -> ImportTarget {
        ImportTarget {
            api_url: api_url.to_owned(),
            organization: organization.to_owned(),
            database: database.to_owned(),
        }
    }

    #[test]
    fn the_name_of_a_note_is_the_same_in_every_version_and_no_others() {
        let here = name_of(&target("https://api.turso.tech", "acme", "shop"), "numbers");
        assert_eq!(here, "shop.numbers-fa4ce5d1f0c276c1.json");
        for other in [
            name_of(&target("https://api.turso.tech", "umbrella", "shop"), "numbers"),
            name_of(&target("http://127.0.0.1:8080", "acme", "shop"), "numbers"),
            name_of(&target("https://api.turso.tech", "acmes", "hop"), "numbers"),
            name_of(&target("https://api.turso.tech", "acme", "shopn"), "umbers"),
        ] {
            assert_ne!(here, other);
        }
    }
}
