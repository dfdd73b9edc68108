//! Where the databases' bytes are.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::history::HistoryFolder;
use crate::data::engine::Durability;
use crate::directory;

/// What the names of files end with that belong to the file of a database: its log and the index of that, the journal of
/// a copy that is being made, and the directories of its history and of one that did not fit it any more.
pub(crate) const COMPANIONS: [&str; 5] = ["-wal", "-shm", "-journal", HISTORY, "-history.damaged"];

const HISTORY: &str = "-history";

/// Where the databases of a data plane live.
#[derive(Clone, Debug)]
pub(crate) enum Files {
    /// Until the data plane is dropped.
    ///
    /// The databases are files of a private temporary directory that is deleted with the data plane, written without
    /// waiting for the disk. The engine's true in-memory databases know no write-ahead log: an open write transaction
    /// would lock all readers out, which the service never does. A process that is killed leaves its directory behind.
    Memory,
    /// In this directory, which is created when needed and kept. Its owner is dropped when nobody uses the files any more.
    Directory(PathBuf, Arc<dyn Owner>),
}

/// Whatever a directory belongs to.
pub(crate) trait Owner: Debug + Send + Sync {}

impl<T: Debug + Send + Sync> Owner for T {}

/// The directory of all databases.
#[derive(Debug)]
pub(crate) struct Root {
    directory: PathBuf,
    is_temporary: bool,
    _owner: Option<Arc<dyn Owner>>,
}

impl Root {
    /// Only chooses names; nothing is created before it is needed.
    pub(crate) fn new(files: Files) -> Self {
        match files {
            Files::Directory(directory, owner) => Self { directory, is_temporary: false, _owner: Some(owner) },
            Files::Memory => {
                let name = format!("turso-cloud-local-{:032x}", fastrand::u128(..));
                Self { directory: std::env::temp_dir().join(name), is_temporary: true, _owner: None }
            }
        }
    }

    pub(crate) fn durability(&self) -> Durability {
        if self.is_temporary { Durability::Nothing } else { Durability::Process }
    }

    /// Where the files are, which need not be there yet.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The histories that are there.
    pub(crate) fn histories(&self) -> io::Result<Vec<HistoryFolder>> {
        let entries = match std::fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
        let is_history = |path: &PathBuf| path.as_os_str().as_encoded_bytes().ends_with(HISTORY.as_bytes());
        Ok(paths.into_iter().filter(is_history).map(HistoryFolder::new).collect())
    }

    /// Makes sure the directory is there. Only its owner may look inside.
    pub(crate) fn create(&self) -> io::Result<()> {
        directory::create(&self.directory)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        if self.is_temporary {
            forget_missing(std::fs::remove_dir_all(&self.directory), &self.directory);
        }
    }
}

/// The file of one database. Whoever holds a connection holds this too, so that it outlives all connections.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    is_condemned: AtomicBool,
    root: Arc<Root>,
}

impl DatabaseFile {
    pub(crate) fn new(root: Arc<Root>, id: &str) -> Self {
        let path = root.directory.join(format!("{}.db", file_stem(id)));
        Self { path, is_condemned: AtomicBool::new(false), root }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The directory of what the database was.
    pub(crate) fn history(&self) -> PathBuf {
        self.beside(HISTORY)
    }

    /// Makes sure the directory is there.
    pub(crate) fn prepare(&self) -> io::Result<()> {
        self.root.create()
    }

    /// Whether the database was ever used. One that was has a page at least, before anything is in its log.
    pub(crate) fn exists(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|found| !found.is_file() || found.len() > 0)
    }

    /// Whether the file has gone, or was emptied, from under its log or its history, which begin after it and end with it.
    pub(crate) fn is_lost(&self) -> bool {
        let has_log = std::fs::metadata(self.beside("-wal")).is_ok_and(|log| log.len() > 0);
        // The file is looked at last, for somebody may be making all of them.
        (has_log || self.history().exists()) && !self.exists()
    }

    /// Deletes the file as soon as nobody uses it.
    pub(crate) fn condemn(&self) {
        self.is_condemned.store(true, Ordering::Release);
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(suffix);
        path.into()
    }

    /// Deletes the file at once; nobody may have a connection to it.
    pub(crate) fn remove(&self) {
        forget_missing(std::fs::remove_file(&self.path), &self.path);
        for suffix in COMPANIONS {
            let path = self.beside(suffix);
            let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            forget_missing(removed, &path);
        }
    }
}

impl Drop for DatabaseFile {
    fn drop(&mut self) {
        if self.is_condemned.load(Ordering::Acquire) {
            self.remove();
        }
    }
}

/// Ids are UUIDs. Anything else is spelled in hexadecimal, so that no id can name a path.
fn file_stem(id: &str) -> String {
    let is_plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if is_plain {
        return id.to_owned();
    }
    id.bytes().fold("x".to_owned(), |stem, byte| format!("{stem}{byte:02x}"))
}

/// Reports a failed deletion, unless there was nothing to delete.
pub(crate) fn forget_missing(result: io::Result<()>, path: &Path) {
    if let Err(error) = result
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "could not delete a database file");
    }
}
