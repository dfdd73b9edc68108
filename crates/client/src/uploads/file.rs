//! A file on disk, read in pieces.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream;
use tokio::task::spawn_blocking;

use super::progress::Meter;
use crate::{Error, ErrorKind};

/// What is read at once. Large enough for few trips to another thread, small enough not to be felt in memory.
const PIECE: u64 = 256 * 1024;

/// An open file. It stays the same file whatever happens to its path.
#[derive(Debug)]
pub(crate) struct SourceFile {
    path: PathBuf,
    file: Mutex<File>,
    size: u64,
    modified: Option<SystemTime>,
}

impl SourceFile {
    /// Opens a file; blocks.
    pub(super) fn open(path: PathBuf) -> Result<Self, Error> {
        let file = File::open(&path).map_err(|error| failed(&path, "cannot be opened", error))?;
        let metadata = file.metadata().map_err(|error| failed(&path, "cannot be examined", error))?;
        if !metadata.is_file() {
            return Err(wrong(&path, "is not a file"));
        }
        Ok(Self { size: metadata.len(), modified: metadata.modified().ok(), path, file: Mutex::new(file) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// The bytes from the start, fewer where the file has not as many; blocks.
    pub(super) fn head(&self, length: u64) -> Result<Vec<u8>, Error> {
        self.read(0, length.min(self.size))
    }

    /// The length of the file with `suffix` behind its name; blocks. SQLite looks for it beside the file itself, not
    /// beside a link to it.
    pub(super) fn neighbour(&self, suffix: &str) -> Option<(PathBuf, u64)> {
        let mut name = fs::canonicalize(&self.path).ok()?.into_os_string();
        name.push(suffix);
        let path = PathBuf::from(name);
        let length = fs::metadata(&path).ok()?.len();
        Some((path, length))
    }

    /// Whether a transaction that never ended is to be rolled back by the journal beside the file; blocks. SQLite empties
    /// the journal of one that has ended, overwrites its beginning with zeros, or deletes it.
    pub(super) fn hot_journal(&self) -> Option<PathBuf> {
        let (journal, _) = self.neighbour("-journal")?;
        let mut first = [0];
        File::open(&journal).and_then(|mut file| file.read_exact(&mut first)).ok()?;
        (first != [0]).then_some(journal)
    }

    /// A range of the file, in pieces read as they are asked for. `meter` is told how far they reach.
    pub(super) fn pieces(
        self: &Arc<Self>,
        range: Range<u64>,
        meter: &Arc<Meter>,
    ) -> impl Stream<Item = Result<Bytes, Error>> + Send + use<> {
        let (file, meter) = (Arc::clone(self), Arc::clone(meter));
        stream::try_unfold(range.start, move |at| {
            let (file, meter, end) = (Arc::clone(&file), Arc::clone(&meter), range.end);
            async move {
                if at >= end {
                    return Ok(None);
                }
                let length = PIECE.min(end - at);
                let piece = blocking(move || file.read(at, length)).await?;
                meter.reached(at + length);
                Ok(Some((Bytes::from(piece), at + length)))
            }
        })
    }

    /// Fails where somebody wrote to the file since it was opened.
    pub(super) async fn unchanged(self: &Arc<Self>) -> Result<(), Error> {
        let file = Arc::clone(self);
        blocking(move || {
            let now = file.lock().metadata();
            match now {
                Ok(now) if now.len() == file.size && now.modified().ok() == file.modified => Ok(()),
                Ok(_) => Err(wrong(
                    &file.path,
                    "was changed while it was uploaded; close whatever writes to it and begin again",
                )),
                Err(error) => Err(failed(&file.path, "cannot be examined", error)),
            }
        })
        .await
    }

    /// Seeking and reading under one lock: an attempt that was given up may still be reading.
    fn read(&self, at: u64, length: u64) -> Result<Vec<u8>, Error> {
        let failed = |error| failed(&self.path, &format!("cannot be read at byte {at}"), error);
        let mut piece = Vec::new();
        let mut file = self.lock();
        file.seek(SeekFrom::Start(at)).map_err(failed)?;
        (&mut *file).take(length).read_to_end(&mut piece).map_err(failed)?;
        if piece.len() as u64 == length {
            return Ok(piece);
        }
        Err(wrong(&self.path, "became shorter while it was uploaded"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wrong(path: &Path, what: &str) -> Error {
    Error::new(ErrorKind::File).with_detail(format!("{} {what}", path.display()))
}

/// What the system says is the cause, and no part of the sentence.
fn failed(path: &Path, what: &str, error: io::Error) -> Error {
    wrong(path, what).with_source(error)
}

/// Does something on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    spawn_blocking(work).await.unwrap_or_else(|error| Err(Error::new(ErrorKind::File).with_source(error)))
}
