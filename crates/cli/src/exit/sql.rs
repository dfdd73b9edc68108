//! What a database said, for programs.

use serde::Serialize;

use super::Failure;
use crate::hrana::HranaError;

/// Where in a script a statement stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScriptPosition {
    /// Which of the statements, from 1 on.
    pub(crate) statement: u64,
    pub(crate) line: u64,
}

/// A failure of a database.
#[derive(Debug, Serialize)]
pub(super) struct Sql {
    /// The status, where the whole request was refused.
    status: Option<u16>,
    /// Such as `SQLITE_CONSTRAINT`.
    code: Option<String>,
    /// Such as `SQLITE_CONSTRAINT_UNIQUE`.
    extended_code: Option<String>,
    statement: Option<u64>,
    line: Option<u64>,
}

impl Sql {
    /// Nothing where it is about no database.
    pub(super) fn of(error: &anyhow::Error) -> Option<Self> {
        let answered = error.chain().find_map(|cause| cause.downcast_ref::<HranaError>())?;
        let place = error.chain().filter_map(|cause| cause.downcast_ref::<Failure>()).find_map(|failure| failure.place);
        Some(Self {
            status: answered.status(),
            code: answered.code().map(str::to_owned),
            extended_code: answered.extended_code().map(str::to_owned),
            statement: place.map(|place| place.statement),
            line: place.map(|place| place.line),
        })
    }
}
