//! Files of databases that a state does not know.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use super::{create, database_of};
use crate::CloudError;

/// What a state says of the databases whose files it may find.
#[derive(Debug)]
pub(crate) struct Census<'a> {
    /// They are there, or can be brought back.
    pub(crate) known: HashSet<&'a str>,
    /// They are gone for good.
    pub(crate) removed: HashSet<&'a str>,
}

/// Removes the files of databases that are gone for good: a process that ended between the removal of a database and the end
/// of the last request to it has left them behind. Those of a database that the state has never known are put aside: perhaps
/// the state was damaged, or is an older one that was put back.
pub(crate) fn clear(databases: &Path, census: &Census<'_>) -> Result<(), CloudError> {
    let mut strays = Vec::new();
    for entry in entries(databases).map_err(CloudError::file("read", databases))? {
        let Some(id) = entry.file_name().and_then(|name| database_of(name.to_str()?)) else { continue };
        if census.removed.contains(id) {
            remove(&entry).map_err(CloudError::file("remove", &entry))?;
        } else if !census.known.contains(id) {
            strays.push(entry);
        }
    }
    put_aside(databases, &strays)
}

fn put_aside(databases: &Path, strays: &[PathBuf]) -> Result<(), CloudError> {
    if strays.is_empty() {
        return Ok(());
    }
    let lost = databases.join("lost");
    let mut number = 1_u64;
    while lost.join(number.to_string()).exists() {
        number += 1;
    }
    let folder = lost.join(number.to_string());
    create(&folder).map_err(CloudError::file("create", &folder))?;
    for stray in strays {
        let Some(name) = stray.file_name() else { continue };
        fs::rename(stray, folder.join(name)).map_err(CloudError::file("put aside", stray))?;
    }
    tracing::warn!(folder = %folder.display(), "the state of the cloud does not know some databases: their files are put aside");
    Ok(())
}

fn entries(databases: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(databases) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.map(|entry| Ok(entry?.path())).collect(),
    }
}

/// The history of a database is a directory.
fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}
