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
        let failed = |doing: &str, error: io::Error| {
            Error::new(ErrorKind::File).with_detail(format!("{} cannot be {doing}: {error}", path.display()))
        };
        let file = File::open(&path).map_err(|error| failed("opened", error))?;
        let metadata = file.metadata().map_err(|error| failed("examined", error))?;
        if !metadata.is_file() {
            return Err(Error::new(ErrorKind::File).with_detail(format!("{} is not a file", path.display())));
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
        self.read(0, length.min(self.size)).map_err(|error| Error::new(ErrorKind::File).with_detail(error.to_string()))
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
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let (file, meter) = (Arc::clone(self), Arc::clone(meter));
        stream::try_unfold(range.start, move |at| {
            let (file, meter, end) = (Arc::clone(&file), Arc::clone(&meter), range.end);
            async move {
                if at >= end {
                    return Ok(None);
                }
                let length = PIECE.min(end - at);
                let read = spawn_blocking(move || file.read(at, length)).await;
                let piece = read.map_err(io::Error::other)??;
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
                Ok(_) => Err(Error::new(ErrorKind::File).with_detail(format!(
                    "{} was changed while it was uploaded; close whatever writes to it and begin again",
                    file.path.display()
                ))),
                Err(error) => Err(Error::new(ErrorKind::File)
                    .with_detail(format!("{} cannot be examined: {error}", file.path.display()))),
            }
        })
        .await
    }

    /// Seeking and reading under one lock: an attempt that was given up may still be reading.
    fn read(&self, at: u64, length: u64) -> io::Result<Vec<u8>> {
        let failed = |error: io::Error| {
            io::Error::new(error.kind(), format!("{} cannot be read at byte {at}: {error}", self.path.display()))
        };
        let mut piece = Vec::new();
        let mut file = self.lock();
        file.seek(SeekFrom::Start(at)).map_err(failed)?;
        (&mut *file).take(length).read_to_end(&mut piece).map_err(failed)?;
        if piece.len() as u64 == length {
            return Ok(piece);
        }
        let text = format!("{} became shorter while it was uploaded", self.path.display());
        Err(io::Error::new(io::ErrorKind::UnexpectedEof, text))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does something on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    spawn_blocking(work).await.unwrap_or_else(|error| Err(Error::new(ErrorKind::File).with_source(error)))
}
