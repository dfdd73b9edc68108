//! `POST /`: what came before the protocol had a name. A list of statements, rows in plain JSON.

use std::sync::Arc;

use axum::body::Body;
use base64::Engine as _;
use http::{Request, Response};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::body;
use super::codec::from_json;
use super::request::Received;
use super::stateless::{failure, run};
use crate::clock::Clock;
use crate::data::database::Database;
use crate::data::hrana::{
    BASE64, Batch, Condition, NamedValue, Request as Task, Response as Done, Statement, StatementResult, Step, Value,
};
use crate::data::refusal::Refusal;

#[derive(Deserialize)]
struct LegacyBody {
    statements: Vec<LegacyStatement>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a statement must be a text, or an object with `q` and a list or an object as `params`")]
enum LegacyStatement {
    Text(String),
    WithParameters {
        q: String,
        #[serde(default)]
        params: Parameters,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Parameters {
    Positional(Vec<Json>),
    Named(Map<String, Json>),
}

impl Default for Parameters {
    fn default() -> Self {
        Self::Positional(Vec::new())
    }
}

/// Runs the statements up to the first that fails; those after it are `null` in the answer.
pub(crate) async fn query(
    database: &Arc<Database>,
    clock: &Clock,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let received = Received::read(request, database, clock).await?;
    let LegacyBody { statements } = from_json(&received.body)?;
    let steps = statements.into_iter().enumerate().map(|(index, statement)| {
        let condition = index.checked_sub(1).map(|step| Condition::Ok { step });
        Ok(Step { condition, stmt: read(statement)? })
    });
    let mut steps = steps.collect::<Result<Vec<_>, Refusal>>()?;
    steps.extend(steps.len().checked_sub(1).map(end_of_open_transaction));
    let batch = Batch { steps: Some(steps) };
    let result = match run(database, received.policy(database, clock)?, Task::Batch { batch }).await? {
        Ok(Done::Batch { result }) => result,
        Ok(_) => return Err(Refusal::Internal),
        Err(error) => return Ok(failure(&error)),
    };
    let mut outcomes: Vec<_> = result.step_results.into_iter().zip(result.step_errors).collect();
    if !matches!(outcomes.pop(), None | Some((None, None))) {
        return Err(Refusal::protocol("Query error: `interactive transaction not allowed in HTTP queries`"));
    }
    let answers = outcomes.into_iter().map(|outcome| match outcome {
        (Some(result), _) => json!({ "results": write(result) }),
        // A client expects a text here, and shows it as it is.
        (None, Some(error)) => json!({ "error": words_of_the_engine(&error.message) }),
        (None, None) => Json::Null,
    });
    body::json(&answers.collect::<Vec<_>>())
}

/// No later request could go on with a transaction: one that all statements leave open is undone, which must not look as
/// if it was kept.
fn end_of_open_transaction(last: usize) -> Step {
    let is_open = Condition::Not { cond: Box::new(Condition::IsAutocommit) };
    let condition = Some(Condition::And { conds: vec![Condition::Ok { step: last }, is_open] });
    Step { condition, stmt: Statement::of("ROLLBACK".to_owned()) }
}

/// Without what later versions put before them.
fn words_of_the_engine(message: &str) -> &str {
    ["SQLite error: ", "SQL input error: "].iter().find_map(|prefix| message.strip_prefix(prefix)).unwrap_or(message)
}

fn read(sent: LegacyStatement) -> Result<Statement, Refusal> {
    let (sql, params) = match sent {
        LegacyStatement::Text(sql) => (sql, Parameters::default()),
        LegacyStatement::WithParameters { q, params } => (q, params),
    };
    let mut read = Statement::of(sql);
    match params {
        Parameters::Positional(values) => {
            read.args = values.into_iter().map(read_value).collect::<Result<_, _>>()?;
        }
        Parameters::Named(values) => {
            let named = values.into_iter().map(|(name, value)| Ok(NamedValue { name, value: read_value(value)? }));
            read.named_args = named.collect::<Result<_, Refusal>>()?;
        }
    }
    Ok(read)
}

fn read_value(value: Json) -> Result<Value, Refusal> {
    let unusable = || Refusal::protocol("a parameter must be null, a boolean, a number, a text or {\"base64\": ..}");
    match value {
        Json::Null => Ok(Value::Null),
        Json::Bool(value) => Ok(Value::Integer(value.into())),
        Json::Number(value) => match value.as_i64() {
            Some(value) => Ok(Value::Integer(value)),
            None => value.as_f64().map(Value::Float).ok_or_else(unusable),
        },
        Json::String(value) => Ok(Value::Text(value)),
        Json::Object(value) => {
            let text = value.get("base64").and_then(Json::as_str).ok_or_else(unusable)?;
            BASE64.decode(text).map(Value::Blob).map_err(|_| unusable())
        }
        Json::Array(_) => Err(unusable()),
    }
}

fn write(result: StatementResult) -> Json {
    let columns: Vec<_> = result.cols.into_iter().map(|column| column.name).collect();
    let rows: Vec<Vec<Json>> = result.rows.into_iter().map(|row| row.into_iter().map(write_value).collect()).collect();
    json!({
        "columns": columns,
        "rows": rows,
        "rows_read": result.rows_read,
        "rows_written": result.rows_written,
        "query_duration_ms": result.query_duration_ms,
    })
}

fn write_value(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Integer(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::Text(value) => value.into(),
        Value::Blob(value) => json!({ "base64": BASE64.encode(value) }),
    }
}
