//! How the engine opens and copies the files of databases.

use std::path::Path;
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rusqlite::{Connection as Handle, OpenFlags, backup::Backup, config::DbConfig};

use super::{ffi, functions, limits};
use crate::memory;

/// Writers take turns before they reach the engine, so its own waiting is for rare moments only: the first opening of a
/// file and the recovery of its log.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a copy waits when its source is busy, which it is for rare moments only.
const PAUSE_OF_COPY: Duration = Duration::from_millis(10);

/// What would end the path of a file's URI.
const NOT_IN_URI: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#');

/// What an acknowledged commit survives.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Durability {
    /// The death of this process at any moment, `kill -9` included. In WAL mode `synchronous=NORMAL` suffices: a commit
    /// is in the operating system's cache before it is acknowledged. Only a power cut can lose the last commits (never
    /// the consistency of the file), and paying an fsync for each commit to avoid that is not worth it for a laptop.
    Process,
    /// Nothing: the files are deleted when the process ends anyway.
    Nothing,
}

/// Opens a database, which is made if it is not there, and reads its schema.
pub(super) fn open(path: &Path, durability: Durability) -> rusqlite::Result<Handle> {
    // In this order, for a new file is synced as often as the first says while it becomes one with a log.
    open_with(
        path,
        match durability {
            Durability::Process => "PRAGMA synchronous=NORMAL; PRAGMA journal_mode=WAL;",
            Durability::Nothing => "PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL;",
        },
    )
}

/// Opens a file that is to be filled at once, or else to be thrown away: all pages go straight to where they belong. As for a
/// [copy], nothing waits for the disk.
pub(super) fn open_new(path: &Path) -> rusqlite::Result<Handle> {
    open_with(path, "PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY;")
}

fn open_with(path: &Path, settings: &str) -> rusqlite::Result<Handle> {
    memory::install();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // URIs are for attached databases.
    let handle = Handle::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_URI)?;
    // Before the schema is read, which may call them.
    functions::install(&handle)?;
    limits::install(&handle);
    handle.busy_timeout(BUSY_TIMEOUT)?;
    handle.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    // What the log says goes into the file when the history of the database has taken it, and at no other time.
    handle.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    ffi::end_automatic_checkpoints(&handle);
    handle.execute_batch(settings)?;
    Ok(handle)
}

/// Page by page rather than by `VACUUM INTO`, which may give rows other row ids. All pages in one step are those of one
/// moment, whatever is written meanwhile.
pub(super) fn copy(source: &Handle, file: &Path) -> rusqlite::Result<()> {
    let mut target = Handle::open(file)?;
    // The cloud survives the death of its process without it, and promises no more than that.
    target.pragma_update(None, "synchronous", "off")?;
    Backup::new(source, &mut target)?.run_to_completion(i32::MAX, PAUSE_OF_COPY, None)
}

/// What tells the engine to open a file for reading only, so that nothing a client can say writes to it or locks it.
pub(super) fn read_only_uri(file: &Path) -> String {
    let path = file.to_string_lossy().replace('\\', "/");
    let root = match &*path {
        // Without a host of its own, the URI would take that of the path for one.
        path if path.starts_with("//") => "//",
        path if path.starts_with('/') || !path.contains(':') => "",
        _ => "/",
    };
    format!("file:{root}{}?mode=ro", utf8_percent_encode(&path, NOT_IN_URI))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_path_is_taken_for_a_host() {
        for (path, uri) in [
            ("/srv/cloud/a b.db", "file:/srv/cloud/a%20b.db?mode=ro"),
            (r"C:\cloud\a.db", "file:/C:/cloud/a.db?mode=ro"),
            (r"\\server\share\a.db", "file:////server/share/a.db?mode=ro"),
            ("cloud/a?.db", "file:cloud/a%3F.db?mode=ro"),
        ] {
            assert_eq!(read_only_uri(Path::new(path)), uri);
        }
    }
}
