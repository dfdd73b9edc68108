//! A look at a directory before anything in it is changed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{ATTEMPT, Base, DATABASES, POINTER, POINTER_DRAFT, SNAPSHOTS, STATES};
use crate::{CloudError, store::Store};

/// Directories that a cloud makes, and in which it removes what it no longer needs.
const FOLDERS: [&str; 3] = [DATABASES, STATES, SNAPSHOTS];

/// Files that a cloud would write anew, or that the engine would remove.
const FILES: [&str; 2] = [POINTER_DRAFT, "control.db-wal"];

/// The number of the state in use, which is there or can be begun: not so where the directory has what a state would know
/// of, and it is not there. That is a cloud of which a part is missing, or a directory of somebody else.
pub(super) fn state_in_use(directory: &Path) -> Result<u64, CloudError> {
    let state = number(directory)?;
    let file = Base::numbered(directory, state).state();
    if Store::is_begun(&file).map_err(|error| CloudError::NoState { file: file.clone(), source: error.into() })? {
        return Ok(state);
    }
    let found = if state == 0 { remnant(directory)? } else { Some(directory.join(POINTER)) };
    found.map_or(Ok(state), |found| Err(no_cloud(directory, &found, &file)))
}

fn number(directory: &Path) -> Result<u64, CloudError> {
    let pointer = directory.join(POINTER);
    let text = match fs::read_to_string(&pointer) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        text => text,
    };
    let states = directory.join(STATES);
    match text.map(|text| text.trim().parse()) {
        Ok(Ok(number)) => Ok(number),
        _ if !states.exists() => Err(no_cloud(directory, &pointer, &states)),
        Ok(Err(error)) => {
            let source = io::Error::new(io::ErrorKind::InvalidData, error);
            Err(CloudError::file("read", &pointer)(source))
        }
        Err(error) => Err(CloudError::file("read", &pointer)(error)),
    }
}

/// Something that is in the way of a new cloud.
fn remnant(directory: &Path) -> Result<Option<PathBuf>, CloudError> {
    for folder in FOLDERS.map(|name| directory.join(name)) {
        let found = match fs::read_dir(&folder) {
            Ok(entries) => first(entries),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(Some(folder.clone())),
            Err(error) => Err(error),
        };
        let found = found.map_err(CloudError::file("read", &folder))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(FILES.map(|name| directory.join(name)).into_iter().find(|file| file.symlink_metadata().is_ok()))
}

fn first(entries: fs::ReadDir) -> io::Result<Option<PathBuf>> {
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        // What a cloud that was killed when it began has left.
        let is_attempt = entry.file_name() == ATTEMPT && entry.metadata()?.len() == 0;
        if !is_attempt {
            names.push(entry.path());
        }
    }
    Ok(names.into_iter().min())
}

fn no_cloud(directory: &Path, found: &Path, missing: &Path) -> CloudError {
    let within = |path: &Path| path.strip_prefix(directory).unwrap_or(path).to_owned();
    CloudError::NoCloud { directory: directory.to_owned(), found: within(found), missing: within(missing) }
}
