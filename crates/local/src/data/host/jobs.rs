//! `GET /v1/jobs`: the migrations of a schema database. There is none here, so that none has ever migrated.

use axum::body::Body;
use http::{Request, Response};
use serde_json::json;

use super::admission::policy_of;
use super::body;
use crate::clock::Clock;
use crate::data::database::Database;
use crate::data::refusal::Refusal;

/// Answers `/v1/jobs`, and `/v1/jobs/{id}` with its id.
pub(crate) fn jobs(
    database: &Database,
    clock: &Clock,
    request: &Request<Body>,
    id: Option<&str>,
) -> Result<Response<Body>, Refusal> {
    policy_of(request, database, clock)?;
    match id {
        None => body::json(&json!({ "schema_version": 0, "migrations": [] })),
        Some(_) => Err(Refusal::UnknownPath),
    }
}
