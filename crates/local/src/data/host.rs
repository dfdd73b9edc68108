//! The HTTP face of a database host: who answers which route, with one file for each protocol.

mod admission;
mod body;
mod codec;
mod dump;
mod export;
mod jobs;
mod legacy;
mod pull;
mod request;
mod route;
mod socket;
mod stateless;
mod streamed;
mod upload;

use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response};

use super::database::Database;
use super::refusal::Refusal;
use crate::clock::Clock;
use admission::policy_of;
use body::with_type;
use route::Route;

#[cfg(fuzzing)]
pub(super) use codec::Encoding;
pub(crate) use route::{OPERATIONS, operation_of};
pub(super) use socket::is_meant as is_socket;
pub(super) use stateless::run;
pub(crate) use upload::NotActivated;
pub(super) use upload::Uploads;

/// Answers one request to the host of `database`.
pub(crate) async fn respond(
    database: Arc<Database>,
    uploads: &Arc<Uploads>,
    clock: &Clock,
    path: &str,
    request: Request<Body>,
) -> Result<Response<Body>, Refusal> {
    let route = Route::read(path, &request).ok_or(Refusal::UnknownPath)?;
    if !route.takes(request.method()) {
        return Err(Refusal::MethodNotAllowed);
    }
    match route {
        // No token is asked for.
        Route::Probe => Ok(Response::new(Body::empty())),
        Route::Version => Ok(with_type("text/plain", concat!("turso-cloud-local ", env!("CARGO_PKG_VERSION")).into())),
        Route::WebSocket => socket::upgrade(database, clock, request).await,
        Route::Query => legacy::query(&database, clock, request).await,
        Route::Execute => stateless::execute(&database, clock, request).await,
        Route::Batch => stateless::batch(&database, clock, request).await,
        Route::Jobs(id) => jobs::jobs(&database, clock, &request, id),
        Route::Dump => dump::dump(&database, clock, request).await,
        Route::Pipeline(encoding) => streamed::pipeline(&database, clock, request, encoding).await,
        Route::Cursor(encoding) => streamed::cursor(database, clock, request, encoding).await,
        Route::Pull => pull::pull(database, clock, request).await,
        Route::Export(ask) => {
            let policy = policy_of(&request, &database, clock)?;
            ask?.answer(&database, &policy).await
        }
        Route::Upload => uploads.respond(&database, path, request).await,
    }
}
