//! The HTTP face of a database host: which path and method mean what.

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request, Response};

use super::body::with_type;
use super::codec::Encoding;
use super::database::Database;
use super::refusal::Refusal;
use super::{socket, streamed};
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
        "/health" | "/v2" | "/v2/" | "/v3" | "/v3/" if is_read => Ok(Response::new(Body::empty())),
        "/version" if is_read => {
            Ok(with_type("text/plain", concat!("turso-cloud-local ", env!("CARGO_PKG_VERSION")).into()))
        }
        "/" if socket::is_meant(&request) => socket::upgrade(database, clock, request).await,
        "/v2/pipeline" | "/v3/pipeline" if is_post => {
            streamed::pipeline(&database, clock, request, Encoding::Json).await
        }
        "/v3/cursor" if is_post => streamed::cursor(database, clock, request, Encoding::Json).await,
        "/health" | "/version" | "/v2" | "/v3" | "/v2/pipeline" | "/v3/pipeline" | "/v3/cursor" => {
            Err(Refusal::MethodNotAllowed)
        }
        _ => Err(Refusal::UnknownPath),
    }
}
