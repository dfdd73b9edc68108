//! What a database has used.

mod activity;
mod meter;
mod statistics;

pub(super) use activity::Activity;
pub(super) use meter::Meter;
pub(crate) use meter::UsedUp;
pub(super) use statistics::Statistics;
pub(crate) use statistics::{Hour, Hours, Month, Rows, start_of_month};

/// What a database has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Rows of the asked hours, since the database was put.
    pub(crate) rows: Rows,
    /// The size of its pages now.
    pub(crate) storage_bytes: u64,
}
