//! What a database has used.

mod activity;
mod meter;
mod statistics;
mod time;

pub(super) use activity::Activity;
pub(super) use meter::Meter;
pub(crate) use meter::UsedUp;
pub(crate) use statistics::Rows;
pub(super) use statistics::Statistics;
pub(crate) use time::{Hour, Hours, Month, start_of_month};

/// What a database has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Rows of the asked hours, since the database was put.
    pub(crate) rows: Rows,
    /// The size of its pages now.
    pub(crate) storage_bytes: u64,
}
