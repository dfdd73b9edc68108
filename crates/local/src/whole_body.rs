//! Bodies of requests that are read as a whole, within a limit.

use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderValue, header::CONTENT_ENCODING};
use turso_cloud_contract::InvalidInput;

/// How much of a body that nobody wants is thrown away before its sender is cut off.
const LONGEST_DISCARDED: usize = 64 << 20;

/// Why a body was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLarge,
    /// Its sender went away, or sent what is no body.
    BrokenOff,
    /// It would have to be decoded first.
    Encoded(InvalidInput),
}

/// Reads a body of at most `limit` bytes, which came with these headers. A larger one is still read, though not kept: a
/// server that answers and hangs up while its client is sending makes the client report a broken connection instead of the
/// answer.
pub(crate) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Unread> {
    let mut kept = BytesMut::new();
    let mut length = 0;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Unread::BrokenOff)?;
        length += piece.len();
        if length <= limit {
            kept.extend_from_slice(&piece);
        } else if length <= LONGEST_DISCARDED {
            kept = BytesMut::new();
        } else {
            break;
        }
    }
    if length > limit {
        return Err(Unread::TooLarge);
    }
    if length > 0 {
        refuse_encoded(headers).map_err(Unread::Encoded)?;
    }
    Ok(kept.freeze())
}

/// Refuses a body that says to be compressed: it would be taken for what it is not.
pub(crate) fn refuse_encoded(headers: &HeaderMap) -> Result<(), InvalidInput> {
    let is_plain = |value: &&HeaderValue| {
        let mut codings = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity"))
    };
    match headers.get_all(CONTENT_ENCODING).iter().find(|value| !is_plain(value)) {
        None => Ok(()),
        Some(encoded) => {
            let value = String::from_utf8_lossy(encoded.as_bytes());
            Err(InvalidInput::new("header Content-Encoding", &value, "must be identity or left out"))
        }
    }
}

/// Reads what is left of the body of a request that is refused, for a client that would not see the answer otherwise.
pub(crate) async fn discard(mut body: BodyDataStream) {
    let mut length = 0;
    while let Some(Ok(piece)) = body.next().await {
        length += piece.len();
        if length > LONGEST_DISCARDED {
            return;
        }
    }
}
