//! When each commit of a generation came, and which log they are in: small records, appended to a file.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::log::Salt;
use crate::data::storage::temporary::TemporaryFile;

const RECORD: usize = 16;

/// No log has as many frames: in a record, they say that what follows is no time but the salt of the log.
const OF_SALT: u32 = u32::MAX;

/// The time of a first entry that has no commit before it.
pub(crate) const EVER: i64 = i64::MIN;

/// After a commit at this time, the log had this many frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) frames: u32,
    /// Microseconds since 1970.
    pub(crate) at: i64,
}

impl From<Salt> for Entry {
    fn from(Salt(bytes): Salt) -> Self {
        Self { frames: OF_SALT, at: i64::from_le_bytes(bytes) }
    }
}

impl Entry {
    fn to_bytes(self) -> [u8; RECORD] {
        let mut bytes = [0; RECORD];
        let (frames, rest) = bytes.split_at_mut(4);
        let (check, at) = rest.split_at_mut(4);
        frames.copy_from_slice(&self.frames.to_le_bytes());
        check.copy_from_slice(&self.check().to_le_bytes());
        at.copy_from_slice(&self.at.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: [u8; RECORD]) -> Option<Self> {
        let [f0, f1, f2, f3, c0, c1, c2, c3, at @ ..] = bytes;
        let entry = Self { frames: u32::from_le_bytes([f0, f1, f2, f3]), at: i64::from_le_bytes(at) };
        (entry.check() == u32::from_le_bytes([c0, c1, c2, c3])).then_some(entry)
    }

    /// Tells a record from what is left of one after a crash.
    fn check(self) -> u32 {
        let [low, high] = [self.at.cast_unsigned() & 0xffff_ffff, self.at.cast_unsigned() >> 32];
        let folded = u32::try_from(low).unwrap_or_default() ^ u32::try_from(high).unwrap_or_default();
        (folded ^ self.frames.rotate_left(16)).wrapping_add(0x9e37_79b9)
    }
}

/// The entries of one generation, the first of which says when the generation before it ended.
#[derive(Debug)]
pub(crate) struct Ledger {
    path: PathBuf,
    file: Option<File>,
}

impl Ledger {
    /// A ledger that is there.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    /// Begins a ledger. It is there with its first entry or not at all.
    pub(crate) fn create(path: PathBuf, mut draft: TemporaryFile, first: Entry) -> io::Result<Self> {
        draft.file().write_all(&first.to_bytes())?;
        draft.become_file(&path)?;
        Ok(Self::at(path))
    }

    /// Writes down which log the commits are in.
    pub(crate) fn name_log(&mut self, salt: Salt) -> io::Result<()> {
        self.append(salt.into())
    }

    pub(crate) fn append(&mut self, entry: Entry) -> io::Result<()> {
        self.write(entry.to_bytes())
    }

    /// Writes down that commits came here whose times nobody knows: a record that no entry has.
    pub(crate) fn leave_gap(&mut self) -> io::Result<()> {
        self.write([0; RECORD])
    }

    fn write(&mut self, record: [u8; RECORD]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(open_at_record(&self.path)?),
        };
        let written = file.write_all(&record);
        if written.is_err() {
            // A part of the record may be there: the next one is written once that is cut off.
            self.close();
        }
        written
    }

    pub(crate) fn close(&mut self) {
        self.file = None;
    }
}

/// What a crash has left of a record would put all that follow out of place.
fn open_at_record(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().append(true).open(path)?;
    let length = file.metadata()?.len();
    let torn = length % RECORD as u64;
    if torn > 0 {
        file.set_len(length - torn)?;
    }
    Ok(file)
}

/// What is written in a ledger, but for the records that are damaged.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) entries: Vec<Entry>,
    /// How many entries there are before each gap, where others are missing: a record that is damaged, or was left so.
    pub(crate) gaps: Vec<usize>,
    /// That of the log the commits are in. Ledgers begun by the first versions of the local cloud do not say.
    pub(crate) salt: Option<Salt>,
}

impl Content {
    /// When the generation before it ended, if that can be read.
    pub(crate) fn began(&self) -> Option<i64> {
        self.entries.first().filter(|_| !self.gaps.contains(&0)).map(|first| first.at)
    }

    /// The newest entry, if there is any.
    pub(crate) fn last(&self) -> Entry {
        self.entries.last().copied().unwrap_or(Entry { frames: 0, at: EVER })
    }
}

/// Reads a ledger.
pub(crate) fn read(path: &Path) -> io::Result<Content> {
    let bytes = std::fs::read(path)?;
    let (records, _torn) = bytes.as_chunks::<RECORD>();
    let mut content = Content::default();
    for record in records {
        match Entry::from_bytes(*record) {
            Some(Entry { frames: OF_SALT, at }) => content.salt = Some(Salt(at.to_le_bytes())),
            Some(entry) => content.entries.push(entry),
            None => content.gaps.push(content.entries.len()),
        }
    }
    Ok(content)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_did_not_fit_on_the_disk_does_not_put_the_next_ones_out_of_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("1.ledger");
        let [first, lost, next] = [1, 2, 3].map(|frames| Entry { frames, at: 7 });
        std::fs::write(&path, [&first.to_bytes()[..], &lost.to_bytes()[..5]].concat()).unwrap();
        let full = OpenOptions::new().append(true).open("/dev/full").unwrap();
        let mut ledger = Ledger { path: path.clone(), file: Some(full) };
        assert_eq!(ledger.append(lost).unwrap_err().kind(), io::ErrorKind::StorageFull);
        ledger.append(next).unwrap();
        assert_eq!(read(&path).unwrap().entries, [first, next]);
    }
}
