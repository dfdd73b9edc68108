//! What keeps a directory from being opened twice.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use super::inspection::state_in_use;
use crate::CloudError;

const NAME: &str = "control.lock";

/// Held by its owner alone, of all processes.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
    /// Somebody may take the file for a leftover and remove it, but not the directory with the cloud in it. Not every system
    /// lets a directory be locked.
    _directory: Option<File>,
}

impl Lock {
    pub(super) fn take(directory: &Path) -> Result<Self, CloudError> {
        let path = directory.join(NAME);
        if !path.exists() {
            // Nobody has begun a cloud here: not even a lock is made before it is known that one can be.
            state_in_use(directory)?;
        }
        let file = File::options().create(true).append(true).open(&path);
        let file = file.map_err(CloudError::file("open", &path))?;
        let in_use = || CloudError::InUse { directory: directory.to_owned() };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use()),
            Err(TryLockError::Error(error)) => return Err(CloudError::file("lock", &path)(error)),
        }
        let lock_directory = || File::open(directory).and_then(|opened| Ok(opened.try_lock().map(|()| opened)?));
        match lock_directory() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(in_use()),
            locked => Ok(Self { _file: file, _directory: locked.ok() }),
        }
    }
}
