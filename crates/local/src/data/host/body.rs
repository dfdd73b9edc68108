//! Bodies of requests and answers.

use std::fs::File;
use std::io::{self, Read as _};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Response, StatusCode};
use serde::Serialize;
use tokio::task::spawn_blocking;

use crate::data::hrana::json;
use crate::data::refusal::{MAX_REQUEST_BYTES, Refusal};
use crate::json_answer::json_answer;
use crate::memory::counted;
use crate::whole_body::{self, Unread};

/// A piece of a file that is sent.
const CHUNK: usize = 256 * 1024;

/// The whole body of a request.
pub(crate) async fn read(head: &Parts, body: Body) -> Result<Bytes, Refusal> {
    whole_body::read(&head.headers, body, MAX_REQUEST_BYTES).await.map_err(|unread| match unread {
        Unread::TooLarge => Refusal::BodyTooLarge,
        Unread::BrokenOff => Refusal::protocol("the request body could not be read"),
        Unread::Encoded(refused) => Refusal::Encoded(refused),
    })
}

/// An answer in JSON.
pub(crate) fn json(answer: &impl Serialize) -> Result<Response<Body>, Refusal> {
    Ok(json_answer(StatusCode::OK, counted(to_json(answer)?)))
}

/// JSON text of plain data.
pub(crate) fn to_json(answer: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    json::to_vec(answer).map_err(|error| {
        tracing::error!(%error, "could not write an answer");
        Refusal::Internal
    })
}

/// An answer of something else than JSON.
pub(crate) fn with_type(content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An answer with what follows in a file, read as the client takes it.
pub(crate) fn file(content_type: &'static str, file: File) -> Result<Response<Body>, Refusal> {
    let length = file.metadata().map_err(unreadable)?.len();
    let chunks = stream::try_unfold(file, |mut file| async move {
        let read = spawn_blocking(move || {
            let mut chunk = vec![0; CHUNK];
            let length = file.read(&mut chunk)?;
            chunk.truncate(length);
            Ok::<_, io::Error>((length > 0).then(|| (Bytes::from(chunk), file)))
        });
        read.await.map_err(io::Error::other)?
    });
    let mut response = with_type(content_type, Body::from_stream(chunks));
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    Ok(response)
}

/// The refusal when a file of a database cannot be read.
pub(crate) fn unreadable(error: impl std::fmt::Display) -> Refusal {
    tracing::error!(%error, "could not read a database's files");
    Refusal::Internal
}
