//! Whether another run of the same import is under way on this machine.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// Held by one run at a time: the system takes it from one that is killed.
#[derive(Debug)]
pub(super) struct Turn {
    path: PathBuf,
    _locked: File,
}

impl Turn {
    /// Nothing where another run has it, and where nobody knows whether one does.
    pub(super) fn take(path: &Path) -> Option<Self> {
        let file = File::options().create(true).truncate(false).write(true).open(path).ok()?;
        file.try_lock().ok()?;
        Some(Self { path: path.to_owned(), _locked: file })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // One that stays is taken by the next run.
        let _ = fs::remove_file(&self.path);
    }
}
