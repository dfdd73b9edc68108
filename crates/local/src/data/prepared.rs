//! What a new database begins with, made ready before anybody writes down that there is one: it may take long.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::storage::temporary::TemporaryFile;
use super::storage::{DatabaseFile, Root};

/// The file of a database that there is not yet. It is removed when it is dropped, unless it is kept.
#[derive(Debug)]
pub(crate) struct Prepared {
    file: TemporaryFile,
    root: Arc<Root>,
    /// Where it is by now.
    place: Option<PathBuf>,
}

impl Prepared {
    /// A file that is still empty.
    pub(super) fn new(root: &Arc<Root>) -> io::Result<Self> {
        Ok(Self { file: TemporaryFile::create(root)?, root: Arc::clone(root), place: None })
    }

    pub(super) fn file(&self) -> &TemporaryFile {
        &self.file
    }

    /// Makes it the file of a database that is not put yet.
    pub(crate) fn give_to(&mut self, id: &str) -> io::Result<()> {
        let target = DatabaseFile::new(Arc::clone(&self.root), id);
        self.file.become_file(target.path())?;
        self.place = Some(target.path().to_owned());
        Ok(())
    }

    /// The database is written down.
    pub(crate) fn keep(mut self) {
        self.place = None;
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        if let Some(place) = &self.place
            && let Err(error) = self.file.leave(place)
        {
            tracing::warn!(path = %place.display(), %error, "could not take back the file of a database that was not made");
        }
    }
}
