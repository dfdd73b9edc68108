//! What a database has used.

use super::statistics::Rows;

/// What a database has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Rows of the asked hours, since the database was put.
    pub(crate) rows: Rows,
    /// The size of its pages now.
    pub(crate) storage_bytes: u64,
}
