//! What drivers send.

use serde::{Deserialize, Deserializer};

use super::Value;

/// The body of `POST /v2/pipeline` and `POST /v3/pipeline`.
#[derive(Debug, Deserialize)]
pub(crate) struct PipelineBody {
    pub(crate) baton: Option<String>,
    /// Absent rather than empty by default, so that `[]` is no body without requests.
    pub(crate) requests: Option<Vec<Request>>,
}

/// The body of `POST /v3/cursor`.
#[derive(Debug, Deserialize)]
pub(crate) struct CursorBody {
    #[serde(default)]
    pub(crate) baton: Option<String>,
    pub(crate) batch: Batch,
}

/// One request of a pipeline.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Request {
    Close,
    Execute { stmt: Statement },
    Batch { batch: Batch },
    Sequence(SqlText),
    Describe(SqlText),
    StoreSql { sql_id: i32, sql: String },
    CloseSql { sql_id: i32 },
    GetAutocommit,
}

/// SQL given as text or by the id of a stored text.
#[derive(Debug, Deserialize)]
pub(crate) struct SqlText {
    #[serde(default)]
    pub(crate) sql: Option<String>,
    #[serde(default)]
    pub(crate) sql_id: Option<i32>,
}

/// One statement with its arguments.
#[derive(Debug, Deserialize)]
pub(crate) struct Statement {
    #[serde(default)]
    pub(crate) sql: Option<String>,
    #[serde(default)]
    pub(crate) sql_id: Option<i32>,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) args: Vec<Value>,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) named_args: Vec<NamedValue>,
    #[serde(default)]
    pub(crate) want_rows: Option<bool>,
}

impl Statement {
    /// One without arguments.
    pub(crate) fn of(sql: String) -> Self {
        Self { sql: Some(sql), sql_id: None, args: Vec::new(), named_args: Vec::new(), want_rows: None }
    }
}

/// An argument for `:name`, `@name` or `$name`; the prefix may be left out.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NamedValue {
    pub(crate) name: String,
    pub(crate) value: Value,
}

/// Statements, each guarded by what happened to earlier ones.
#[derive(Debug, Deserialize)]
pub(crate) struct Batch {
    /// As the requests of a pipeline.
    pub(crate) steps: Option<Vec<Step>>,
}

/// One step of a batch.
#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    #[serde(default)]
    pub(crate) condition: Option<Condition>,
    pub(crate) stmt: Statement,
}

/// Whether a step runs.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Condition {
    Ok { step: usize },
    Error { step: usize },
    Not { cond: Box<Condition> },
    And { conds: Vec<Condition> },
    Or { conds: Vec<Condition> },
    IsAutocommit,
}

fn null_as_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
