//! What faults make of an answer.

use std::{io, time::Duration};

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderValue, Response, StatusCode, header};
use tokio::time::sleep;

use super::FaultEffect;
use crate::Refusal;

/// The mark of an answer that is none: the connection is to be reset.
#[derive(Clone, Copy, Debug)]
struct Broken;

/// What a client gets that cannot be let down by a connection.
const WRONG_JSON: &str = "{\"wrong\": \"the local cloud was told to answer with this\"";

impl FaultEffect {
    /// The answer that takes the place of the real one; nothing where it is to be changed or never comes.
    pub(crate) fn answer(&self) -> Option<Response<Body>> {
        match self {
            Self::Reply { status, retry_after, error, code } => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let sentence = error.as_deref().unwrap_or("fault injected by the local cloud");
                let mut refusal = Refusal::new(status, sentence);
                if let Some(code) = code {
                    refusal = refusal.code(code);
                }
                if let Some(seconds) = retry_after {
                    refusal = refusal.header(header::RETRY_AFTER, HeaderValue::from(*seconds));
                }
                Some(refusal.into_response())
            }
            Self::Reset => Some(broken()),
            _ => None,
        }
    }

    /// Spoils an answer. The request for a WebSocket is left alone, for its answer has no body.
    pub(crate) fn spoil(&self, response: Response<Body>) -> Response<Body> {
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return response;
        }
        let (mut head, body) = response.into_parts();
        let body = match *self {
            Self::CutBody { after } => {
                // A client has to notice that something is missing, even of a body that would have fitted.
                let length = body.size_hint().exact().unwrap_or_default().max((after as u64).saturating_add(1));
                head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
                cut(body, after)
            }
            Self::WrongJson => {
                head.headers.remove(header::CONTENT_LENGTH);
                Body::from(WRONG_JSON)
            }
            Self::SlowBody { piece, every_ms } => slow(body, piece, Duration::from_millis(every_ms)),
            _ => body,
        };
        Response::from_parts(head, body)
    }
}

/// An answer that is none.
fn broken() -> Response<Body> {
    let mut response = Response::new(Body::from_stream(stream::iter([Err::<Bytes, _>(reset())])));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response.extensions_mut().insert(Broken);
    response
}

/// Whether the connection of this answer is to be reset.
pub(crate) fn is_broken<T>(response: &Response<T>) -> bool {
    response.extensions().get::<Broken>().is_some()
}

fn reset() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the connection was reset, as the local cloud was told to")
}

fn cut(body: Body, after: usize) -> Body {
    let pieces = body.into_data_stream();
    Body::from_stream(stream::unfold(Some((pieces, after)), |rest| async {
        let (mut pieces, left) = rest?;
        match pieces.next().await {
            Some(Ok(piece)) if piece.len() <= left => {
                let left = left - piece.len();
                Some((Ok(piece), Some((pieces, left))))
            }
            // The next one breaks off at once, so that what was let through is sent.
            Some(Ok(piece)) if left > 0 => Some((Ok(piece.slice(..left)), Some((pieces, 0)))),
            _ => {
                // What was sent so far has to be on its way, or the connection would end without a word.
                tokio::task::yield_now().await;
                Some((Err(reset()), None))
            }
        }
    }))
}

fn slow(body: Body, piece: usize, every: Duration) -> Body {
    let parts = body.into_data_stream();
    // Cut off one by one: of a long answer there may be millions.
    Body::from_stream(stream::unfold((parts, Bytes::new()), move |(mut parts, mut rest)| async move {
        while rest.is_empty() {
            match parts.next().await? {
                Ok(part) => rest = part,
                Err(error) => return Some((Err(error), (parts, rest))),
            }
        }
        sleep(every).await;
        Some((Ok(rest.split_to(piece.min(rest.len()))), (parts, rest)))
    }))
}
