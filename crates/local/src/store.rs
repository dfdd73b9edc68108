//! The control plane's state: who there is, what they own and what happened to it.
//!
//! This module is the only place with SQL and knows no HTTP. One file per noun extends [`Transaction`]; rules that
//! decide whether something may happen live in the answers of `control`.

mod api_tokens;
mod audit_logs;
mod billing;
mod columns;
mod databases;
mod groups;
mod identity;
mod invites;
mod jwks;
mod members;
mod meta;
mod organizations;
mod paging;
mod recovery;
mod rows;
mod sessions;
mod usage;
mod users;

use std::{fs::File, path::Path, time::Duration};

use parking_lot::{Mutex, MutexGuard};
use rusqlite::{Connection, DatabaseName, ErrorCode, TransactionBehavior, backup::Progress};

use crate::memory;

pub(crate) use api_tokens::{ApiTokenRow, TokenGroup, TokenOrganization};
pub(crate) use databases::{DatabaseEncryption, DatabaseRow, ListedDatabase};
pub(crate) use groups::GroupRow;
pub(crate) use members::{MemberRow, Role};
pub(crate) use organizations::OrganizationRow;
pub(crate) use paging::{Page, Position};
pub(crate) use recovery::{DeletedDatabaseRow, DeletedGroupRow};
pub(crate) use sessions::SessionRow;
pub(crate) use users::UserRow;

/// The schema in steps, each of which makes of the version before it the next one. A step that was released is never
/// changed, so that a state of any version becomes one of this version.
const STEPS: [&str; 6] = [
    include_str!("store/schema/1.sql"),
    include_str!("store/schema/2.sql"),
    include_str!("store/schema/3.sql"),
    include_str!("store/schema/4.sql"),
    include_str!("store/schema/5.sql"),
    include_str!("store/schema/6.sql"),
];

/// The state, in memory or in a file.
#[derive(Debug)]
pub(crate) struct Store(Mutex<Connection>);

/// One unit of work: all of it happens, or nothing.
#[derive(Debug)]
pub(crate) struct Transaction<'a>(rusqlite::Transaction<'a>);

/// The state, which nobody can change meanwhile.
#[derive(Debug)]
pub(crate) struct Still<'a>(MutexGuard<'a, Connection>);

impl Still<'_> {
    /// Writes a copy to a new file.
    pub(crate) fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        Ok(self.0.backup(DatabaseName::Main, file, None)?)
    }
}

/// The state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("it has format {0}, which a newer version has written; this one knows formats up to {newest}", newest = STEPS.len())]
    Newer(i64),
    #[error("it is a database of something else")]
    Foreign,
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

impl StoreError {
    /// Whether the disk is at fault: it is full, or cannot be read or written.
    pub(crate) fn is_of_disk(&self) -> bool {
        let code = match self {
            Self::Newer(_) | Self::Foreign => None,
            Self::Sqlite(error) => error.sqlite_error_code(),
        };
        matches!(code, Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure))
    }
}

impl Store {
    pub(crate) fn in_memory() -> Result<Self, StoreError> {
        memory::install();
        Self::prepare(Connection::open_in_memory()?)
    }

    /// A copy, in memory, of a state in a file.
    pub(crate) fn in_memory_from(file: &Path) -> Result<Self, StoreError> {
        memory::install();
        let mut connection = Connection::open_in_memory()?;
        connection.restore(DatabaseName::Main, file, None::<fn(Progress)>)?;
        Self::prepare(connection)
    }

    pub(crate) fn open(file: &Path) -> Result<Self, StoreError> {
        memory::install();
        claim(file);
        let connection = Connection::open(file)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "normal")?;
        Self::prepare(connection)
    }

    /// Does `work` in one transaction, which is undone when it fails.
    pub(crate) fn transact<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transact_then(work, |_| ())
    }

    /// As [`Store::transact`], and calls `committed` before any other transaction can begin, so that what follows
    /// from two transactions follows in their order.
    pub(crate) fn transact_then<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
        committed: impl FnOnce(&T),
    ) -> Result<T, E> {
        let mut connection = self.0.lock();
        let transaction = Transaction(
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?,
        );
        let outcome = work(&transaction)?;
        transaction.0.commit().map_err(StoreError::from)?;
        committed(&outcome);
        Ok(outcome)
    }

    /// Keeps transactions from beginning; nothing if one does not end in this time. Blocks.
    pub(crate) fn still_within(&self, patience: Duration) -> Option<Still<'_>> {
        self.0.try_lock_for(patience).map(Still)
    }

    fn prepare(connection: Connection) -> Result<Self, StoreError> {
        connection.pragma_update(None, "foreign_keys", true)?;
        let store = Self(Mutex::new(connection));
        store.transact(migrate)?;
        Ok(store)
    }
}

/// Makes an empty file that only its owner can read, for the keys of all tokens will be in it. What SQLite puts beside a file
/// is as open as the file. One that is there already, or cannot be made, is SQLite's to tell of.
fn claim(file: &Path) {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(file));
}

/// Takes those of the steps that a state has not taken yet: all of them if it is empty. Its file tells by `user_version`
/// how many it has.
fn migrate(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let version: i64 = transaction.0.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let taken = usize::try_from(version).map_err(|_| StoreError::Newer(version))?;
    let missing = STEPS.get(taken..).ok_or(StoreError::Newer(version))?;
    for step in missing {
        transaction.0.execute_batch(step)?;
    }
    if missing.is_empty() { Ok(()) } else { Ok(transaction.0.pragma_update(None, "user_version", STEPS.len())?) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_fails_leaves_no_trace() {
        let store = Store::in_memory().unwrap();
        let failed: Result<(), StoreError> = store.transact(|transaction| {
            transaction.insert_user("ada")?;
            Err(StoreError::Newer(0))
        });
        assert!(failed.is_err());
        assert!(store.transact(|transaction| transaction.find_user("ada")).unwrap().is_none());
    }

    #[test]
    fn what_follows_a_commit_is_not_called_without_one() {
        let store = Store::in_memory().unwrap();
        let mut called = false;
        let failed: Result<(), StoreError> = store.transact_then(|_| Err(StoreError::Newer(0)), |()| called = true);
        assert!(failed.is_err() && !called);
    }

    #[test]
    fn a_file_of_a_newer_version_is_not_touched() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("control.db");
        for version in [i64::try_from(STEPS.len()).unwrap() + 1, -1] {
            Connection::open(&file).unwrap().pragma_update(None, "user_version", version).unwrap();
            let refused = Store::open(&file).unwrap_err();
            assert!(matches!(refused, StoreError::Newer(newer) if newer == version), "{refused}");
            let tables = "SELECT count(*) FROM sqlite_schema";
            let tables: u64 = Connection::open(&file).unwrap().query_row(tables, [], |row| row.get(0)).unwrap();
            assert_eq!(tables, 0);
        }
    }
}
