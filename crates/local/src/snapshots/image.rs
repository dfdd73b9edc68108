//! A state as a directory: `control.db`, `databases/`, and `about.json`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Snapshot;
use crate::{
    Clock, CloudError,
    clock::ClockState,
    control::{Control, DUMPS, is_dump},
    directory::{Base, create, database_of, remove_all},
    store::{Still, Store},
};

const ABOUT: &str = "about.json";

/// A state in a directory of its own.
#[derive(Debug)]
pub(super) struct Image {
    path: PathBuf,
    about: About,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct About {
    created_at: Timestamp,
    clock: ClockState,
    databases: u64,
}

impl Image {
    /// Writes a state, while nobody changes it. A failure leaves nothing behind.
    pub(super) fn write(control: &Control, store: &Still<'_>, clock: &Clock, path: &Path) -> Result<Self, CloudError> {
        Self::try_to_write(control, store, clock, path).inspect_err(|_| remove_all(path))
    }

    fn try_to_write(control: &Control, store: &Still<'_>, clock: &Clock, path: &Path) -> Result<Self, CloudError> {
        create(path).map_err(CloudError::file("create", path))?;
        let base = Base::at(path.to_owned());
        store.copy_to(&base.state())?;
        let (from, to) = (control.data.directory(), base.databases());
        copy_databases(from, &to, |id, copy| control.data.while_past_stays(id, copy))?;
        // What the data plane has counted is in no file yet.
        control.keep_usage(&Store::open(&base.state())?)?;
        let databases = control.data.in_service() as u64;
        let about = About { created_at: clock.now(), clock: clock.state(), databases };
        let json = serde_json::to_vec(&about).map_err(|error| CloudError::State(error.into()))?;
        let file = path.join(ABOUT);
        fs::write(&file, json).map_err(CloudError::file("write", &file))?;
        Ok(Self { path: path.to_owned(), about })
    }

    pub(super) fn open(path: PathBuf) -> Result<Self, CloudError> {
        let file = path.join(ABOUT);
        let json = fs::read(&file).map_err(CloudError::file("read", &file))?;
        let about = serde_json::from_slice(&json)
            .map_err(|error: serde_json::Error| CloudError::file("read", &file)(error.into()))?;
        Ok(Self { path, about })
    }

    /// Whether there may be one here, be it whole or half gone, and not something of somebody else.
    pub(super) fn may_be_at(path: &Path) -> bool {
        let parts = [path.join(ABOUT), Base::at(path.to_owned()).state()];
        // What cannot be looked at cannot be taken away either, which is an error that says so.
        !path.is_file() && parts.iter().any(|part| part.try_exists().unwrap_or(true))
    }

    /// Gives it another place. A failure leaves nothing behind.
    pub(super) fn move_to(self, path: PathBuf) -> Result<Self, CloudError> {
        let moved = fs::rename(&self.path, &path).inspect_err(|_| remove_all(&self.path));
        moved.map_err(CloudError::file("create", &path))?;
        Ok(Self { path, ..self })
    }

    pub(super) fn base(&self) -> Base {
        Base::at(self.path.clone())
    }

    pub(super) fn clock(&self) -> ClockState {
        self.about.clock
    }

    pub(super) fn snapshot(&self, name: String) -> Result<Snapshot, CloudError> {
        let bytes = size(&self.path).map_err(CloudError::file("read", &self.path))?;
        Ok(Snapshot { name, created_at: self.about.created_at, databases: self.about.databases, bytes })
    }
}

/// Copies the files of all databases, and of the dumps that wait. What an engine has in shared memory is of no use to another
/// one, and uploads that are not finished stay where they are. `still` has what it is given done while the past of a database
/// stays as it is, which those who write give up parts of when it is no longer their turn.
pub(crate) fn copy_databases(
    from: &Path,
    to: &Path,
    still: impl Fn(&str, &dyn Fn() -> io::Result<()>) -> io::Result<()>,
) -> Result<(), CloudError> {
    for (name, path) in entries(from).map_err(CloudError::file("read", from))? {
        if let Some(id) = database_of(&name).filter(|_| !name.ends_with("-shm")) {
            create(to).map_err(CloudError::file("create", to))?;
            let copied = still(id, &|| copy(&path, &to.join(&name)));
            copied.map_err(CloudError::file("copy", &path))?;
        }
    }
    let (from, to) = (from.join(DUMPS), to.join(DUMPS));
    for (name, path) in entries(&from).map_err(CloudError::file("read", &from))? {
        if is_dump(&name) {
            create(&to).map_err(CloudError::file("create", &to))?;
            copy(&path, &to.join(&name)).map_err(CloudError::file("copy", &path))?;
        }
    }
    Ok(())
}

/// A file that somebody made to read the past may be gone by now, and so may all of a database that was deleted.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        return entries(from)?.into_iter().try_for_each(|(name, path)| copy(&path, &to.join(name)));
    }
    match fs::copy(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        copied => copied.map(drop),
    }
}

fn entries(directory: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    entries.map(|entry| entry.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))).collect()
}

fn size(path: &Path) -> io::Result<u64> {
    if !path.is_dir() {
        return fs::metadata(path).map(|file| file.len());
    }
    entries(path)?.iter().try_fold(0, |total, (_, path)| Ok(total + size(path)?))
}
