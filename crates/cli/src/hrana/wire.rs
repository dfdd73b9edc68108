//! What is sent and answered, beside values.

use serde::{Deserialize, Serialize};

use super::value::{Statement, Value};

#[derive(Debug, Serialize)]
pub(super) struct CursorBody<'a> {
    pub(super) baton: Option<&'a str>,
    pub(super) batch: Batch<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct PipelineBody<'a> {
    pub(super) baton: Option<&'a str>,
    pub(super) requests: Vec<Request<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Request<'a> {
    Batch { batch: Batch<'a> },
    Close,
}

#[derive(Debug, Serialize)]
pub(super) struct Batch<'a> {
    pub(super) steps: Vec<Step<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Step<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) condition: Option<Condition>,
    pub(super) stmt: StepStatement<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum StepStatement<'a> {
    Given(&'a Statement),
    Own(Statement),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Condition {
    Ok { step: usize },
    Not { cond: Box<Condition> },
    And { conds: Vec<Condition> },
    IsAutocommit,
}

impl Condition {
    pub(super) fn not(self) -> Self {
        Self::Not { cond: Box::new(self) }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PipelineAnswer {
    #[serde(default)]
    pub(super) results: Vec<PipelineResult>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum PipelineResult {
    Ok { response: Response },
    Error { error: SqlError },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Response {
    Batch {
        result: BatchResult,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
pub(super) struct BatchResult {
    pub(super) step_results: Vec<Option<StepResult>>,
    pub(super) step_errors: Vec<Option<SqlError>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct StepResult {
    #[serde(default)]
    pub(super) affected_row_count: u64,
}

/// The first line of a cursor's answer.
#[derive(Debug, Deserialize)]
pub(super) struct Opening {
    #[serde(default)]
    pub(super) baton: Option<String>,
    #[serde(default)]
    pub(super) base_url: Option<String>,
}

/// Every other line of a cursor's answer.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Entry {
    StepBegin {
        step: usize,
        #[serde(default)]
        cols: Vec<Column>,
    },
    Row {
        row: Vec<Value>,
    },
    StepEnd {
        #[serde(default)]
        affected_row_count: u64,
    },
    StepError {
        step: usize,
        error: SqlError,
    },
    Error {
        error: SqlError,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
pub(super) struct Column {
    #[serde(default)]
    pub(super) name: Option<String>,
}

/// What a database says of a statement that failed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct SqlError {
    pub(super) message: String,
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default)]
    pub(super) extended_code: Option<String>,
}
