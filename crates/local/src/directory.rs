//! The directory a cloud is kept in: who may use it, and what lies where.

use std::{
    collections::HashSet,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crate::{CloudError, data::COMPANIONS, store::DatabaseRow};

/// A directory that no other cloud can open before its lock is dropped.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    lock: File,
}

impl Directory {
    pub(crate) fn open(path: impl AsRef<Path>) -> Result<Self, CloudError> {
        let path = path.as_ref().to_owned();
        create(&path).map_err(|source| CloudError::File { action: "create", path: path.clone(), source })?;
        let lock_path = path.join("control.lock");
        let lock = File::options().create(true).append(true).open(&lock_path);
        let lock = lock.map_err(|source| CloudError::File { action: "open", path: lock_path.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, lock }),
            Err(TryLockError::WouldBlock) => Err(CloudError::InUse { directory: path }),
            Err(TryLockError::Error(source)) => Err(CloudError::File { action: "lock", path: lock_path, source }),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file of the control plane's state.
    pub(crate) fn state(&self) -> PathBuf {
        self.path.join("control.db")
    }

    /// The directory of the databases' files.
    pub(crate) fn databases(&self) -> PathBuf {
        self.path.join("databases")
    }

    /// Removes the files of all but these databases: a process that ended between the removal of a database and the
    /// end of the last request to it has left them behind, and so has one that was not running when the time to bring
    /// a database back was over.
    pub(crate) fn remove_strays<'a>(&self, databases: impl Iterator<Item = &'a DatabaseRow>) -> Result<(), CloudError> {
        let known: HashSet<_> = databases.map(|database| database.uuid.as_str()).collect();
        let directory = self.databases();
        let fail = |path: &Path, source| CloudError::File { action: "clean up", path: path.to_owned(), source };
        let entries = match fs::read_dir(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|source| fail(&directory, source))?,
        };
        for entry in entries {
            let entry = entry.map_err(|source| fail(&directory, source))?;
            if database_of(&entry.file_name().to_string_lossy()).is_some_and(|id| !known.contains(id)) {
                remove(&entry).map_err(|source| fail(&entry.path(), source))?;
            }
        }
        Ok(())
    }

    pub(crate) fn into_lock(self) -> File {
        self.lock
    }
}

/// The id of the database a file belongs to; nothing for a file of somebody else.
fn database_of(file_name: &str) -> Option<&str> {
    let (id, suffix) = file_name.split_once(".db")?;
    (suffix.is_empty() || COMPANIONS.contains(&suffix)).then_some(id)
}

/// The history of a database is a directory.
fn remove(entry: &fs::DirEntry) -> io::Result<()> {
    if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) }
}

/// Only its owner may look inside, for the keys of all tokens are there.
fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
