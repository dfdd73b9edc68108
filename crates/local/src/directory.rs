//! The directory of a cloud that is kept.
//!
//! Its state is `control.db` and `databases/`, in the directory itself at first. A cloud that was put back to another state
//! has it in `states/{n}/`, and the file `state` says in which: it changes at once, so that a process that ends at any
//! moment leaves one state or the other. What states must not have in common is in `generations`.

mod inspection;
mod lock;
mod removal;
mod strays;

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    CloudError,
    data::{COMPANIONS, Generations},
    ids::is_uuid,
};
use inspection::state_in_use;
use lock::Lock;
pub(crate) use removal::remove_all;
pub(crate) use strays::{Census, clear};

/// The file of the control plane in the directory of a state.
const STATE_FILE: &str = "control.db";

/// The directory of the databases' files in that of a state.
const DATABASES: &str = "databases";

/// The directory of the states that are not in the directory itself.
const STATES: &str = "states";

/// Says which state is in use.
const POINTER: &str = "state";

/// What the pointer is to be next, as long as it is being written.
const POINTER_DRAFT: &str = "state.draft";

const SNAPSHOTS: &str = "snapshots";

/// A file that is written to see whether one can be.
const ATTEMPT: &str = ".attempt";

/// A directory that no other cloud can open before all that is of it is dropped.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    lock: Arc<Lock>,
    /// The number of the state in use; 0 is the one in the directory itself.
    state: Arc<AtomicU64>,
}

/// Where a state is while somebody uses it, be it a statement that nobody waits for any more. Then it is removed, unless it
/// is the state in use.
#[derive(Debug)]
pub(crate) struct HeldState {
    base: Base,
    number: u64,
    in_use: Arc<AtomicU64>,
    _lock: Arc<Lock>,
}

/// Where one state is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base(PathBuf);

impl Directory {
    pub(crate) fn open(path: impl AsRef<Path>) -> Result<Self, CloudError> {
        let path = path.as_ref();
        // The engine is asked for files by URL, and the process may change its directory.
        let path = std::path::absolute(path).map_err(CloudError::file("find", path))?;
        create(&path).map_err(CloudError::file("create", &path))?;
        let lock = Lock::take(&path)?;
        let state = state_in_use(&path)?;
        Ok(Self { path, lock: Arc::new(lock), state: Arc::new(AtomicU64::new(state)) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn snapshots(&self) -> PathBuf {
        self.path.join(SNAPSHOTS)
    }

    /// The generations that have ended, whichever state they were of, and those up to this one.
    pub(crate) fn generations(&self, ended: u32) -> Result<Generations, CloudError> {
        let path = self.path.join("generations");
        Generations::kept_in(path.clone(), ended).map_err(CloudError::file("read", &path))
    }

    /// The file of the state in use.
    pub(crate) fn state_file(&self) -> PathBuf {
        Base::numbered(&self.path, self.number()).state()
    }

    /// The state in use.
    pub(crate) fn held(&self) -> HeldState {
        self.numbered(self.number())
    }

    /// A place for the state that is to be the next.
    pub(crate) fn next(&self) -> Result<HeldState, CloudError> {
        let place = self.numbered(self.number() + 1);
        // What a process that was killed has left half done.
        place.base.remove();
        let path = &place.base.0;
        create(path).map_err(CloudError::file("create", path))?;
        Ok(place)
    }

    /// Makes the next state the one in use.
    pub(crate) fn proceed(&self) -> Result<(), CloudError> {
        let next = self.number() + 1;
        let (pointer, draft) = (self.path.join(POINTER), self.path.join(POINTER_DRAFT));
        let written = fs::write(&draft, format!("{next}\n")).and_then(|()| fs::rename(&draft, &pointer));
        written.map_err(CloudError::file("write", &pointer))?;
        self.state.store(next, Ordering::Release);
        Ok(())
    }

    /// Removes what a process that was killed has left: states that are not in use, and snapshots that were never finished or no
    /// longer wanted. What no cloud has made stays.
    pub(crate) fn tidy(&self) {
        removal::tidy(&self.path, self.number());
    }

    fn number(&self) -> u64 {
        self.state.load(Ordering::Acquire)
    }

    fn numbered(&self, number: u64) -> HeldState {
        HeldState {
            base: Base::numbered(&self.path, number),
            number,
            in_use: Arc::clone(&self.state),
            _lock: Arc::clone(&self.lock),
        }
    }
}

impl HeldState {
    pub(crate) fn base(&self) -> &Base {
        &self.base
    }
}

impl Drop for HeldState {
    fn drop(&mut self) {
        if self.in_use.load(Ordering::Acquire) != self.number {
            self.base.remove();
        }
    }
}

impl Base {
    fn numbered(directory: &Path, state: u64) -> Self {
        Self(if state == 0 { directory.to_owned() } else { directory.join(STATES).join(state.to_string()) })
    }

    /// A directory that is laid out as a state is.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// The file of the control plane's state.
    pub(crate) fn state(&self) -> PathBuf {
        self.0.join(STATE_FILE)
    }

    /// The directory of the databases' files.
    pub(crate) fn databases(&self) -> PathBuf {
        self.0.join(DATABASES)
    }

    /// As [`Base::databases`], made and tried out: the file of a database appears with its first use, long after its
    /// creation was answered.
    pub(crate) fn writable_databases(&self) -> Result<PathBuf, CloudError> {
        let databases = self.databases();
        let attempt = databases.join(ATTEMPT);
        let tried = create(&databases).and_then(|()| File::create(&attempt)).and_then(|_| fs::remove_file(&attempt));
        tried.map_err(CloudError::file("write to", &databases))?;
        Ok(databases)
    }
}

/// The id of the database a file belongs to; nothing for a file of somebody else.
pub(crate) fn database_of(file_name: &str) -> Option<&str> {
    let (id, suffix) = file_name.split_once(".db")?;
    (is_uuid(id) && (suffix.is_empty() || COMPANIONS.contains(&suffix))).then_some(id)
}

/// Only its owner may look inside, for the keys of all tokens are there.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_nobody_elses_while_a_statement_uses_a_file_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let directory = Directory::open(folder.path()).unwrap();
        let place = directory.held();
        drop(directory);
        assert!(matches!(Directory::open(folder.path()), Err(CloudError::InUse { .. })));
        drop(place);
        Directory::open(folder.path()).unwrap();
    }
}
