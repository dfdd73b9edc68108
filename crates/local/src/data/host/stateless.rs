//! The first version of the protocol over HTTP: one statement or one batch, without a stream.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::body;
use super::codec::from_json;
use super::request::Received;
use crate::clock::Clock;
use crate::data::database::{Database, Policy, StoredSql, StreamState};
use crate::data::hrana::{self, Batch, Outcome, SqlError, Statement};
use crate::data::refusal::Refusal;
use crate::data::run::plan;
use crate::data::run::{Pipeline, Stream};
use crate::json_answer::json_answer;

#[derive(Deserialize)]
struct ExecuteBody {
    stmt: Statement,
}

#[derive(Deserialize)]
struct BatchBody {
    batch: Batch,
}

#[derive(Serialize)]
struct Answer<T> {
    result: T,
}

/// Answers `POST /v1/execute`.
pub(crate) async fn execute(
    database: &Arc<Database>,
    clock: &Clock,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let received = Received::read(request, database, clock).await?;
    let ExecuteBody { stmt } = from_json(&received.body)?;
    answer(run(database, received.policy(database, clock)?, hrana::Request::Execute { stmt }).await?)
}

/// Answers `POST /v1/batch`.
pub(crate) async fn batch(
    database: &Arc<Database>,
    clock: &Clock,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let received = Received::read(request, database, clock).await?;
    let BatchBody { batch } = from_json(&received.body)?;
    answer(run(database, received.policy(database, clock)?, hrana::Request::Batch { batch }).await?)
}

/// Runs one request on a stream that ends with it, and with it what the request has left open.
pub(crate) async fn run(
    database: &Arc<Database>,
    policy: Policy,
    request: hrana::Request,
) -> Result<Result<hrana::Response, SqlError>, Refusal> {
    let mut stream = Stream::new(Arc::clone(database), StreamState::default());
    let plan = plan::single(request, &mut StoredSql::new(), 0)?;
    stream.refuse_forbidden(&policy, || plan::sql_texts(&plan.tasks)).await?;
    match stream.run(Pipeline::new(plan), policy).await?.into_outcomes().pop() {
        Some(Outcome::Ok { response }) => Ok(Ok(response)),
        Some(Outcome::Error { error }) => Ok(Err(error)),
        None => Err(Refusal::Internal),
    }
}

fn answer(outcome: Result<hrana::Response, SqlError>) -> Result<Response<Body>, Refusal> {
    match outcome {
        Ok(hrana::Response::Execute { result }) => body::json(&Answer { result }),
        Ok(hrana::Response::Batch { result }) => body::json(&Answer { result }),
        Ok(_) => Err(Refusal::Internal),
        Err(error) => Ok(failure(&error)),
    }
}

/// An answer whose status tells of an error that later versions report inside a success.
pub(crate) fn failure(error: &SqlError) -> Response<Body> {
    let status = match error.code {
        "SQL_PARSE_ERROR" | "SQL_INPUT_ERROR" | "SQL_MANY_STATEMENTS" | "ARGS_INVALID" => StatusCode::BAD_REQUEST,
        "BLOCKED" => StatusCode::FORBIDDEN,
        "ARGS_BOTH_POSITIONAL_AND_NAMED" => StatusCode::NOT_IMPLEMENTED,
        "TRANSACTION_TIMEOUT" | "SQLITE_BUSY" | "TOO_MANY_STREAMS" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    json_answer(status, json!({ "message": error.message, "code": error.code, "error": error.message }).to_string())
}
