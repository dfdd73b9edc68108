//! From what drivers are answered to the shared structures.

use super::schema::{
    AnyValue, BatchResult, Col, CursorEntry, DescribeCol, DescribeParam, DescribeResult, Empty, Entry, Error, Row,
    StepBegin, StepEnd, StepError, StmtResult, Value,
};
use crate::data::hrana::{self, Column, Description, SqlError, StatementResult};

impl From<SqlError> for Error {
    fn from(error: SqlError) -> Self {
        Self { message: error.message, code: Some(error.code.to_owned()) }
    }
}

impl From<hrana::Value> for Value {
    fn from(value: hrana::Value) -> Self {
        let value = match value {
            hrana::Value::Null => AnyValue::Null(Empty {}),
            hrana::Value::Integer(value) => AnyValue::Integer(value),
            hrana::Value::Float(value) => AnyValue::Float(value),
            hrana::Value::Text(value) => AnyValue::Text(value),
            hrana::Value::Blob(value) => AnyValue::Blob(value),
        };
        Self { value: Some(value) }
    }
}

impl From<Column> for Col {
    fn from(column: Column) -> Self {
        Self { name: column.name, decltype: column.decltype }
    }
}

impl From<StatementResult> for StmtResult {
    fn from(result: StatementResult) -> Self {
        Self {
            cols: result.cols.into_iter().map(Into::into).collect(),
            rows: result.rows.into_iter().map(row).collect(),
            affected_row_count: result.affected_row_count,
            last_insert_rowid: result.last_insert_rowid,
            rows_read: result.rows_read,
            rows_written: result.rows_written,
            query_duration_ms: result.query_duration_ms,
        }
    }
}

impl From<hrana::BatchResult> for BatchResult {
    /// A skipped step is in neither of the maps.
    fn from(result: hrana::BatchResult) -> Self {
        let results = (0..).zip(result.step_results).filter_map(|(step, result)| Some((step, result?.into())));
        let errors = (0..).zip(result.step_errors).filter_map(|(step, error)| Some((step, error?.into())));
        Self { step_results: results.collect(), step_errors: errors.collect() }
    }
}

impl From<Description> for DescribeResult {
    fn from(description: Description) -> Self {
        let column = |column: Column| DescribeCol { name: column.name.unwrap_or_default(), decltype: column.decltype };
        Self {
            params: description.params.into_iter().map(|param| DescribeParam { name: param.name }).collect(),
            cols: description.cols.into_iter().map(column).collect(),
            is_explain: description.is_explain,
            is_readonly: description.is_readonly,
        }
    }
}

impl CursorEntry {
    /// The entry, unless it is the terminator that only JSON over HTTP has.
    pub(super) fn of(entry: hrana::CursorEntry) -> Option<Self> {
        let entry = match entry {
            hrana::CursorEntry::StepBegin { step, cols } => {
                Entry::StepBegin(StepBegin { step: number(step), cols: cols.into_iter().map(Into::into).collect() })
            }
            hrana::CursorEntry::Row { row: values, .. } => Entry::Row(row(values)),
            hrana::CursorEntry::StepEnd { affected_row_count, last_insert_rowid } => {
                Entry::StepEnd(StepEnd { affected_row_count, last_insert_rowid })
            }
            hrana::CursorEntry::StepError { step, error } => {
                Entry::StepError(StepError { step: number(step), error: Some(error.into()) })
            }
            hrana::CursorEntry::Error { error } => Entry::Error(error.into()),
            hrana::CursorEntry::ReplicationIndex { .. } => return None,
        };
        Some(Self { entry: Some(entry) })
    }
}

fn row(values: Vec<hrana::Value>) -> Row {
    Row { values: values.into_iter().map(Into::into).collect() }
}

/// A batch of more steps does not fit into a request.
fn number(step: usize) -> u32 {
    u32::try_from(step).unwrap_or(u32::MAX)
}
