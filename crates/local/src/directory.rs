//! The directory of a cloud that is kept.
//!
//! Its state is `control.db` and `databases/`, in the directory itself at first. A cloud that was put back to another state
//! has it in `states/{n}/`, and the file `state` says in which: it changes at once, so that a process that ends at any
//! moment leaves one state or the other.

use std::{
    collections::HashSet,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use crate::{CloudError, data::COMPANIONS, store::DatabaseRow};

/// A directory that no other cloud can open before its lock is dropped.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    lock: Arc<File>,
    /// The number of the state in use; 0 is the one in the directory itself.
    state: Mutex<u64>,
}

/// Where one state is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base(PathBuf);

impl Directory {
    pub(crate) fn open(path: impl AsRef<Path>) -> Result<Self, CloudError> {
        let path = path.as_ref();
        // The engine is asked for files by URL, and the process may change its directory.
        let path = std::path::absolute(path).map_err(|source| CloudError::File {
            action: "find",
            path: path.to_owned(),
            source,
        })?;
        create(&path).map_err(|source| CloudError::File { action: "create", path: path.clone(), source })?;
        let lock_path = path.join("control.lock");
        let lock = File::options().create(true).append(true).open(&lock_path);
        let lock = lock.map_err(|source| CloudError::File { action: "open", path: lock_path.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(CloudError::InUse { directory: path }),
            Err(TryLockError::Error(source)) => {
                return Err(CloudError::File { action: "lock", path: lock_path, source });
            }
        }
        let state = current(&path)?;
        let directory = Self { path, lock: Arc::new(lock), state: Mutex::new(state) };
        directory.tidy();
        Ok(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn lock(&self) -> Arc<File> {
        Arc::clone(&self.lock)
    }

    /// The state in use.
    pub(crate) fn base(&self) -> Base {
        self.numbered(*self.state.lock())
    }

    /// A place for the state that is to be the next.
    pub(crate) fn next(&self) -> Result<Base, CloudError> {
        let base = self.numbered(*self.state.lock() + 1);
        // What a process that was killed has left half done.
        remove_all(&base.0);
        create(&base.0).map_err(|source| CloudError::File { action: "create", path: base.0.clone(), source })?;
        Ok(base)
    }

    /// Makes the next state the one in use.
    pub(crate) fn proceed(&self) -> Result<(), CloudError> {
        let mut state = self.state.lock();
        let (pointer, draft) = (self.path.join("state"), self.path.join("state.draft"));
        let written = fs::write(&draft, format!("{}\n", *state + 1)).and_then(|()| fs::rename(&draft, &pointer));
        written.map_err(|source| CloudError::File { action: "write", path: pointer, source })?;
        *state += 1;
        Ok(())
    }

    /// Removes the states that are not in use, and snapshots that were never finished or no longer wanted; what cannot be
    /// removed now is removed when the directory is opened again.
    pub(crate) fn tidy(&self) {
        let state = *self.state.lock();
        let states = fs::read_dir(self.path.join("states")).into_iter().flatten().flatten();
        for entry in states.filter(|entry| entry.file_name().to_string_lossy() != state.to_string()) {
            remove_all(&entry.path());
        }
        let snapshots = fs::read_dir(self.path.join("snapshots")).into_iter().flatten().flatten();
        for draft in snapshots.filter(|entry| entry.file_name().to_string_lossy().starts_with('.')) {
            remove_all(&draft.path());
        }
        if state > 0 {
            for name in ["control.db", "control.db-wal", "control.db-shm", "databases"] {
                remove_all(&self.path.join(name));
            }
        }
    }

    fn numbered(&self, state: u64) -> Base {
        Base(if state == 0 { self.path.clone() } else { self.path.join("states").join(state.to_string()) })
    }
}

impl Base {
    /// A directory that is laid out as a state is.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// The file of the control plane's state.
    pub(crate) fn state(&self) -> PathBuf {
        self.0.join("control.db")
    }

    /// The directory of the databases' files.
    pub(crate) fn databases(&self) -> PathBuf {
        self.0.join("databases")
    }

    /// As [`Base::databases`], made and tried out: the file of a database appears with its first use, long after its
    /// creation was answered.
    pub(crate) fn writable_databases(&self) -> Result<PathBuf, CloudError> {
        let databases = self.databases();
        let attempt = databases.join(".attempt");
        let tried = create(&databases).and_then(|()| File::create(&attempt)).and_then(|_| fs::remove_file(&attempt));
        match tried {
            Ok(()) => Ok(databases),
            Err(source) => Err(CloudError::File { action: "write to", path: databases, source }),
        }
    }
}

fn current(path: &Path) -> Result<u64, CloudError> {
    let pointer = path.join("state");
    let text = match fs::read_to_string(&pointer) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        text => text.and_then(|text| text.trim().parse().map_err(|_| io::ErrorKind::InvalidData.into())),
    };
    text.map_err(|source| CloudError::File { action: "read", path: pointer, source })
}

/// Removes the files of all but these databases: a process that ended between the removal of a database and the end of the
/// last request to it has left them behind, and so has one that was not running when the time to bring a database back was
/// over.
pub(crate) fn remove_strays<'a>(
    databases: &Path,
    known: impl Iterator<Item = &'a DatabaseRow>,
) -> Result<(), CloudError> {
    let known: HashSet<_> = known.map(|database| database.uuid.as_str()).collect();
    let fail = |path: &Path, source| CloudError::File { action: "clean up", path: path.to_owned(), source };
    let entries = match fs::read_dir(databases) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|source| fail(databases, source))?,
    };
    for entry in entries {
        let entry = entry.map_err(|source| fail(databases, source))?;
        if database_of(&entry.file_name().to_string_lossy()).is_some_and(|id| !known.contains(id)) {
            remove(&entry).map_err(|source| fail(&entry.path(), source))?;
        }
    }
    Ok(())
}

/// The id of the database a file belongs to; nothing for a file of somebody else.
pub(crate) fn database_of(file_name: &str) -> Option<&str> {
    let (id, suffix) = file_name.split_once(".db")?;
    (suffix.is_empty() || COMPANIONS.contains(&suffix)).then_some(id)
}

/// The history of a database is a directory.
fn remove(entry: &fs::DirEntry) -> io::Result<()> {
    if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) }
}

/// Removes a file or a directory with all that is in it. A failure is worth no more than a word.
pub(crate) fn remove_all(path: &Path) {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    if let Err(error) = removed
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "could not remove what is no longer needed");
    }
}

/// Only its owner may look inside, for the keys of all tokens are there.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
