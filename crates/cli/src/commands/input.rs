//! Files that are read, and standard input in their place.

use std::{
    fmt,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};

use crate::{exit::Failure, stdin};

/// The text of a file, of at most so many bytes; `-` is the standard input.
pub(super) fn read(file: &Path, most: u64) -> Result<String> {
    if is_standard_input(file) {
        return stdin::whole(most);
    }
    refuse_folder(file)?;
    stdin::text_of_file(file, most, &file.display().to_string())
}

/// A folder in the place of a file is a slip of whoever typed it.
pub(super) fn refuse_folder(file: &Path) -> Result<(), Failure> {
    if file.is_dir() { Err(Failure::usage(format!("{} is a folder, and no file", file.display()))) } else { Ok(()) }
}

/// What stands for standard input among files.
pub(super) const DASH: &str = "-";

pub(super) fn is_standard_input(file: &Path) -> bool {
    file == Path::new(DASH)
}

/// A file that is read more than once.
#[derive(Clone, Debug)]
pub(super) struct Input {
    file: Arc<File>,
    /// Where it is, or what it is called.
    path: PathBuf,
}

/// Somewhere in a file, wherever others are in it.
#[derive(Debug)]
pub(super) struct Cursor {
    file: Arc<File>,
    at: u64,
}

impl Input {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self { file: Arc::new(file), path: path.to_owned() })
    }

    /// All of standard input, in a file without a name: nothing is left of it however this program ends.
    pub(super) fn of_standard_input() -> Result<Self> {
        Self::of_stream(stdin::Stdin, "standard input".into())
    }

    /// The same of anything that can be read only once.
    pub(super) fn of_stream(mut stream: impl Read, path: PathBuf) -> Result<Self> {
        let mut kept = tempfile::tempfile().context("cannot write a temporary file")?;
        let copied = io::copy(&mut stream, &mut kept);
        copied.with_context(|| format!("cannot copy {} to a temporary file", path.display()))?;
        Ok(Self { file: Arc::new(kept), path })
    }

    pub(super) fn bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it from a byte on.
    pub(super) fn from(&self, byte: u64) -> Cursor {
        Cursor { file: Arc::clone(&self.file), at: byte }
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.at)?;
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
            SeekFrom::End(offset) => self.file.metadata()?.len().checked_add_signed(offset),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
