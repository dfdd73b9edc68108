//! Removal of what a cloud has made, known by names that nobody else gives. Whatever else is in its directories is
//! somebody's, and stays with the directories it is in.

use std::{fs, io, path::Path};

use super::{ATTEMPT, Base, SNAPSHOTS, STATE_FILE, STATES, database_of};
use crate::{
    control::{DUMPS, is_dump},
    data::{UPLOADS, is_temporary},
    snapshots::is_hidden,
};

impl Base {
    /// Removes a state.
    pub(super) fn remove(&self) {
        for companion in ["", "-wal", "-shm", "-journal"] {
            remove_all(&self.0.join(format!("{STATE_FILE}{companion}")));
        }
        let databases = self.databases();
        let (uploads, dumps) = (databases.join(UPLOADS), databases.join(DUMPS));
        remove_those(&uploads, is_temporary);
        remove_those(&dumps, is_dump);
        remove_those(&databases, |name| database_of(name).is_some() || name == ATTEMPT);
        for directory in [&uploads, &dumps, &databases, &self.0] {
            // The system refuses to remove one in which there is something.
            let _ = fs::remove_dir(directory);
        }
    }
}

/// Removes all states but one, and what is hidden among the snapshots.
pub(super) fn tidy(directory: &Path, state: u64) {
    for name in names(&directory.join(STATES)) {
        // A cloud counts them up one by one.
        let other = name.parse::<u64>().ok().filter(|number| *number != state && number.to_string() == name);
        if let Some(other) = other.filter(|number| number.checked_sub(1).is_some_and(|last| last <= state)) {
            Base::numbered(directory, other).remove();
        }
    }
    remove_those(&directory.join(SNAPSHOTS), is_hidden);
    if state > 0 {
        Base::numbered(directory, 0).remove();
    }
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

/// Removes what has such a name from a directory.
fn remove_those(directory: &Path, is_ours: impl Fn(&str) -> bool) {
    for name in names(directory).filter(|name| is_ours(name)) {
        remove_all(&directory.join(name));
    }
}

/// The names of what is in a directory, if it is there. One that is not Unicode is none of a cloud's.
fn names(directory: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}
