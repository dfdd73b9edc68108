//! The HTTP face of a database host: which path and method mean what.

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request, Response};

use super::admission::policy_of;
use super::body::with_type;
use super::codec::Encoding;
use super::database::Database;
use super::export::Ask;
use super::refusal::Refusal;
use super::{dump, jobs, legacy, pull, socket, stateless, streamed};
use crate::clock::Clock;

/// Answers one request to the host of `database`.
pub(crate) async fn respond(
    database: Arc<Database>,
    clock: &Clock,
    path: &str,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let path = path.split('?').next().unwrap_or_default();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_post = request.method() == Method::POST;
    match path {
        // Drivers probe these to learn what a host speaks, and monitors to learn whether it is up: no token is asked for.
        "/health" | "/v1" | "/v2" | "/v2/" | "/v3" | "/v3/" | "/v3-protobuf" if is_read => {
            Ok(Response::new(Body::empty()))
        }
        "/version" if is_read => {
            Ok(with_type("text/plain", concat!("turso-cloud-local ", env!("CARGO_PKG_VERSION")).into()))
        }
        "/" if socket::is_meant(&request) => socket::upgrade(database, clock, request).await,
        "/" if is_post => legacy::query(&database, clock, request).await,
        "/v1/execute" if is_post => stateless::execute(&database, clock, request).await,
        "/v1/batch" if is_post => stateless::batch(&database, clock, request).await,
        "/v1/jobs" if is_read => jobs::jobs(&database, clock, &request, None),
        "/dump" if is_read => dump::dump(&database, clock, &request),
        "/v2/pipeline" | "/v3/pipeline" if is_post => {
            streamed::pipeline(&database, clock, request, Encoding::Json).await
        }
        "/v3-protobuf/pipeline" if is_post => streamed::pipeline(&database, clock, request, Encoding::Protobuf).await,
        "/v3/cursor" if is_post => streamed::cursor(database, clock, request, Encoding::Json).await,
        "/pull-updates" if is_post => pull::pull(database, clock, request).await,
        "/v3-protobuf/cursor" if is_post => streamed::cursor(database, clock, request, Encoding::Protobuf).await,
        "/health"
        | "/version"
        | "/v1"
        | "/v2"
        | "/v3"
        | "/v3-protobuf"
        | "/v1/execute"
        | "/v1/batch"
        | "/v1/jobs"
        | "/dump"
        | "/v2/pipeline"
        | "/v3/pipeline"
        | "/v3/cursor"
        | "/pull-updates"
        | "/v3-protobuf/pipeline"
        | "/v3-protobuf/cursor" => Err(Refusal::MethodNotAllowed),
        _ => match (path.strip_prefix("/v1/jobs/"), Ask::parse(path)) {
            (None, None) => Err(Refusal::UnknownPath),
            _ if !is_read => Err(Refusal::MethodNotAllowed),
            (_, Some(ask)) => {
                let policy = policy_of(&request, &database, clock)?;
                ask?.answer(database, &policy).await
            }
            (id, None) => jobs::jobs(&database, clock, &request, id),
        },
    }
}
