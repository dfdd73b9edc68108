//! The HTTP face of a database host: which path does what, for whom.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cursor::Cursor;
use super::database::Database;
use super::export::Ask;
use super::hrana::{CursorBody, PipelineAnswer, PipelineBody};
use super::pipeline::Pipeline;
use super::plan::{self, Task};
use super::policy::Policy;
use super::refusal::Refusal;
use super::stream::{Stream, StreamState};
use super::streams::Streams;
use super::tokens::authorize;
use super::{MAX_REQUEST_BYTES, Peer};
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
    match path {
        // Drivers probe these to learn what a host speaks, and monitors to learn whether it is up: no token is asked for.
        "/health" | "/v2" | "/v2/" | "/v3" | "/v3/" if is_read => Ok(Response::new(Body::empty())),
        "/version" if is_read => Ok(text(concat!("turso-cloud-local ", env!("CARGO_PKG_VERSION")).into())),
        "/v2/pipeline" | "/v3/pipeline" if request.method() == Method::POST => {
            let policy = policy_for(&database, clock, &request)?;
            pipeline(&database, policy, read_json(request).await?).await
        }
        "/v3/cursor" if request.method() == Method::POST => {
            let policy = policy_for(&database, clock, &request)?;
            cursor(database, policy, read_json(request).await?).await
        }
        "/health" | "/version" | "/v2" | "/v3" | "/v2/pipeline" | "/v3/pipeline" | "/v3/cursor" => {
            Err(Refusal::MethodNotAllowed)
        }
        _ => match Ask::parse(path) {
            Some(_) if !is_read => Err(Refusal::MethodNotAllowed),
            Some(ask) => {
                let policy = policy_for(&database, clock, &request)?;
                ask?.answer(database, policy).await
            }
            None => Err(Refusal::UnknownPath),
        },
    }
}

async fn pipeline(database: &Arc<Database>, policy: Policy, body: PipelineBody) -> Result<Response<Body>, Refusal> {
    let mut stream = open(database, body.baton.as_deref())?;
    let tasks = plan::pipeline(body.requests, &mut stream.state.stored)?;
    refuse_forbidden(&mut stream, policy, || plan::sql_texts(&tasks)).await?;
    let is_closing = matches!(tasks.last(), Some(Task::Close));
    let results = Pipeline::new(&mut stream, policy).run(tasks).await?;
    let baton = if is_closing {
        None
    } else {
        // Even a stream without state gets one: a driver takes the lack of it for a broken connection.
        let baton = Streams::new_baton()?;
        database.streams().park(database, baton, stream.park());
        Some(baton.to_string())
    };
    json(&PipelineAnswer { baton, base_url: None, results })
}

async fn cursor(database: Arc<Database>, policy: Policy, body: CursorBody) -> Result<Response<Body>, Refusal> {
    let mut stream = open(&database, body.baton.as_deref())?;
    let steps = plan::batch(body.batch, &stream.state.stored)?;
    let texts = || steps.iter().map(|step| step.command.sql.clone()).collect();
    refuse_forbidden(&mut stream, policy, texts).await?;
    let baton = Streams::new_baton()?;
    Ok(with_type("text/plain", Cursor { database, stream, steps, policy, baton }.start()))
}

fn open(database: &Arc<Database>, baton: Option<&str>) -> Result<Stream, Refusal> {
    let state = match baton {
        Some(baton) => database.streams().take(database, baton)?,
        None => StreamState::default(),
    };
    Ok(Stream::new(Arc::clone(database), state))
}

async fn refuse_forbidden(
    stream: &mut Stream,
    policy: Policy,
    texts: impl FnOnce() -> Vec<String>,
) -> Result<(), Refusal> {
    if policy.needs_screening() && stream.is_forbidden(texts(), policy).await? {
        return Err(Refusal::WriteForbidden);
    }
    Ok(())
}

fn policy_for(database: &Database, clock: &Clock, request: &Request<Body>) -> Result<Policy, Refusal> {
    let record = database.record();
    let peer = request.extensions().get::<Peer>().copied().unwrap_or_default();
    // Before the token, as a firewall would.
    if !record.allowed_ips.admits(peer) {
        return Err(Refusal::AddressNotAllowed(peer.0));
    }
    let token = bearer(request.headers());
    let access = authorize(token, &record, database.verified_tokens(), clock.now()).map_err(Refusal::Token)?;
    if record.archived {
        return Err(Refusal::Archived);
    }
    Ok(Policy::new(access, &record))
}

/// The token of the `Authorization` header, empty if there is none.
fn bearer(headers: &HeaderMap) -> &str {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    }
}

async fn read_json<T: DeserializeOwned>(request: Request<Body>) -> Result<T, Refusal> {
    let body = read(request).await?;
    serde_json::from_slice(&body)
        .map_err(|error| Refusal::protocol(format!("Cannot deserialize client message from JSON: {error}")))
}

async fn read(request: Request<Body>) -> Result<Vec<u8>, Refusal> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_REQUEST_BYTES) {
        return Err(Refusal::BodyTooLarge);
    }
    let mut body = Vec::with_capacity(announced.unwrap_or_default());
    let mut chunks = request.into_body().into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk: Bytes = chunk.map_err(|_| Refusal::protocol("the request body could not be read"))?;
        if body.len() + chunk.len() > MAX_REQUEST_BYTES {
            return Err(Refusal::BodyTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn json(answer: &impl Serialize) -> Result<Response<Body>, Refusal> {
    let body = serde_json::to_vec(answer).map_err(|error| {
        tracing::error!(%error, "could not write an answer");
        Refusal::Internal
    })?;
    Ok(with_type("application/json", body.into()))
}

fn text(body: Body) -> Response<Body> {
    with_type("text/plain", body)
}

/// Without a charset: a driver compares the whole header.
fn with_type(content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
