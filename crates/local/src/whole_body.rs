//! Bodies of requests that are read as a whole, within a limit.

use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

/// How much of a body that nobody wants is thrown away before its sender is cut off.
const LONGEST_DISCARDED: usize = 64 << 20;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLarge,
    /// Its sender went away, or sent what is no body.
    BrokenOff,
}

/// Reads a body of at most `limit` bytes. A larger one is still read, though not kept: a server that answers and hangs up
/// while its client is sending makes the client report a broken connection instead of the answer.
pub(crate) async fn read(body: Body, limit: usize) -> Result<Bytes, Unread> {
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
    if length > limit { Err(Unread::TooLarge) } else { Ok(kept.freeze()) }
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
