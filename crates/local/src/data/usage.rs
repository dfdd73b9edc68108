//! What a database has used.

use super::hrana::SqlError;
use super::statistics::Rows;

/// What a database has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Rows of the asked hours, since the database was put.
    pub(crate) rows: Rows,
    /// The size of its pages now.
    pub(crate) storage_bytes: u64,
}

/// The file of a database cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the size of a database cannot be read: {}", .0.message)]
pub(crate) struct SizeUnknown(pub(super) SqlError);
