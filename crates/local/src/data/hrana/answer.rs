//! What drivers are answered.

use serde::{Serialize, Serializer};

use super::{Value, json};
use crate::memory::Lease;

/// The answer of a pipeline endpoint.
#[derive(Debug, Serialize)]
pub(crate) struct PipelineAnswer {
    pub(crate) baton: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) results: Vec<Outcome>,
}

/// What became of one request of a pipeline.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Outcome {
    Ok { response: Response },
    Error { error: SqlError },
}

/// The answer to one request; its tag is the request's.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Response {
    Close,
    Execute { result: StatementResult },
    Batch { result: BatchResult },
    Sequence,
    Describe { result: Description },
    StoreSql,
    CloseSql,
    GetAutocommit { is_autocommit: bool },
}

/// A result column.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Column {
    pub(crate) name: Option<String>,
    pub(crate) decltype: Option<String>,
}

/// The result of one statement.
#[derive(Debug, Default, Serialize)]
pub(crate) struct StatementResult {
    pub(crate) cols: Vec<Column>,
    #[serde(serialize_with = "json::rows")]
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) affected_row_count: u64,
    #[serde(serialize_with = "as_decimal_string")]
    pub(crate) last_insert_rowid: Option<i64>,
    pub(crate) replication_index: Option<String>,
    pub(crate) rows_read: u64,
    pub(crate) rows_written: u64,
    pub(crate) query_duration_ms: f64,
    /// For what it keeps.
    #[serde(skip)]
    pub(crate) _lease: Lease,
}

/// One entry per step in both lists; a skipped step is null in both.
#[derive(Debug, Default, Serialize)]
pub(crate) struct BatchResult {
    pub(crate) step_results: Vec<Option<StatementResult>>,
    pub(crate) step_errors: Vec<Option<SqlError>>,
}

/// What a statement is, without running it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Description {
    pub(crate) params: Vec<Parameter>,
    pub(crate) cols: Vec<Column>,
    pub(crate) is_explain: bool,
    pub(crate) is_readonly: bool,
}

/// A bind parameter; a positional one has no name.
#[derive(Debug, Serialize)]
pub(crate) struct Parameter {
    pub(crate) name: Option<String>,
}

/// The first line of a cursor's answer.
#[derive(Debug, Serialize)]
pub(crate) struct CursorOpening {
    pub(crate) baton: Option<String>,
    pub(crate) base_url: Option<String>,
}

/// Every other line of a cursor's answer.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum CursorEntry {
    StepBegin {
        step: usize,
        cols: Vec<Column>,
    },
    Row {
        #[serde(serialize_with = "json::row")]
        row: Vec<Value>,
        /// For what it keeps, which is as much as its values take on the wire.
        #[serde(skip)]
        lease: Lease,
    },
    // Unlike a pipeline's result, the cursor writes this rowid as a JSON number.
    StepEnd {
        affected_row_count: u64,
        last_insert_rowid: Option<i64>,
    },
    StepError {
        step: usize,
        error: SqlError,
    },
    Error {
        error: SqlError,
    },
    ReplicationIndex {
        replication_index: Option<String>,
    },
}

/// An error reported inside a 200 answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SqlError {
    pub(crate) message: String,
    pub(crate) code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) extended_code: Option<&'static str>,
}

impl SqlError {
    /// Whether the disk is at fault: it is full, or cannot be read or written, or files cannot be opened.
    pub(crate) fn is_of_disk(&self) -> bool {
        matches!(self.code, "SQLITE_FULL" | "SQLITE_IOERR" | "SQLITE_READONLY" | "SQLITE_CANTOPEN")
    }
}

impl Column {
    /// About how many bytes this column takes on the wire.
    pub(crate) fn wire_size(&self) -> usize {
        const ENVELOPE: usize = 30;
        let size = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        ENVELOPE + size(&self.name) + size(&self.decltype)
    }
}

impl CursorEntry {
    /// About how many bytes this entry takes on the wire.
    pub(crate) fn wire_size(&self) -> usize {
        const ENVELOPE: usize = 60;
        ENVELOPE
            + match self {
                Self::Row { lease, .. } => lease.bytes(),
                Self::StepBegin { cols, .. } => cols.iter().map(Column::wire_size).sum(),
                _ => 0,
            }
    }
}

impl SqlError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { message: message.into(), code, extended_code: None }
    }

    /// As the engine tells of a statement that was stopped.
    pub(crate) fn interrupted() -> Self {
        Self::new("SQLITE_INTERRUPT", "SQLite error: interrupted")
    }

    pub(crate) fn is_interruption(&self) -> bool {
        self.code == "SQLITE_INTERRUPT"
    }
}

#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
pub(super) fn as_decimal_string<S: Serializer>(value: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}
