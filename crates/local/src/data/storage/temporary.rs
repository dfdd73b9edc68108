//! Files that are not complete yet, or that nobody needs for long: a rename makes one what it is to be.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::files::{Root, forget_missing};

/// A file that is removed when it is dropped, unless it has become another one.
#[derive(Debug)]
pub(crate) struct TemporaryFile {
    path: PathBuf,
    file: File,
    is_kept: bool,
}

impl TemporaryFile {
    /// A file that belongs to no database yet.
    pub(crate) fn create(root: &Root) -> io::Result<Self> {
        root.create()?;
        let directory = directory(root);
        fs::create_dir_all(&directory)?;
        Self::at(directory.join(format!("{:032x}", fastrand::u128(..))))
    }

    /// A new file of this name.
    pub(crate) fn at(path: PathBuf) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        Ok(Self { path, file, is_kept: false })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Takes in a whole file and its permissions. Its own file is new and must not be emptied first, as `fs::copy` does:
    /// ext4 would write it to the disk at once when it is closed.
    pub(crate) fn fill_from(&self, path: &Path) -> io::Result<()> {
        let mut source = File::open(path)?;
        self.file.set_permissions(source.metadata()?.permissions())?;
        io::copy(&mut source, &mut &self.file)?;
        Ok(())
    }

    /// Takes the place of whatever is at this path.
    pub(crate) fn become_file(&mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.is_kept = true;
        Ok(())
    }

    /// Leaves the place it has taken, and is temporary as before.
    pub(crate) fn leave(&mut self, path: &Path) -> io::Result<()> {
        fs::rename(path, &self.path)?;
        self.is_kept = false;
        Ok(())
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if !self.is_kept {
            forget_missing(fs::remove_file(&self.path), &self.path);
        }
    }
}

/// Removes every file that belongs to no database; nobody may be at work on one.
pub(crate) fn remove_all(root: &Root) {
    let entries = fs::read_dir(directory(root)).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_str().is_some_and(is_temporary)) {
        let path = entry.path();
        forget_missing(fs::remove_file(&path), &path);
    }
}

/// The directory of such files beside the databases.
pub(crate) const UPLOADS: &str = "uploads";

/// Whether a file is one that belongs to no database, or beside one: their names are 32 digits left to chance.
pub(crate) fn is_temporary(name: &str) -> bool {
    name.as_bytes().get(..32).is_some_and(|number| number.iter().all(u8::is_ascii_hexdigit))
}

fn directory(root: &Root) -> PathBuf {
    root.directory().join(UPLOADS)
}
