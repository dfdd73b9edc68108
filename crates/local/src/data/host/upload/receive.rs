//! Bytes from a request to where they belong.

use axum::body::BodyDataStream;
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use tokio::io::AsyncWriteExt as _;

use super::{TemporaryFile, failed};
use crate::data::refusal::Refusal;

/// More than anybody needs to announce a file.
const MAX_JSON_BYTES: usize = 64 << 10;

/// Writes a body of exactly this length to a file that is still empty.
pub(super) async fn into_file(body: &mut BodyDataStream, length: u64, file: &TemporaryFile) -> Result<(), Refusal> {
    let to_disk = |error| failed("could not write an uploaded file", &error);
    let mut target = tokio::fs::File::from_std(file.file().try_clone().map_err(to_disk)?);
    let mut received = 0;
    while let Some(piece) = next(body).await? {
        received = with_piece(received, &piece, length)?;
        target.write_all(&piece).await.map_err(to_disk)?;
    }
    refuse_short(received, length)?;
    target.flush().await.map_err(to_disk)
}

/// Reads a body of exactly this length, which must be small enough to be kept.
pub(super) async fn whole(body: &mut BodyDataStream, length: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    let mut received = 0;
    while let Some(piece) = next(body).await? {
        received = with_piece(received, &piece, length)?;
        bytes.extend_from_slice(&piece);
    }
    refuse_short(received, length)?;
    Ok(bytes)
}

/// Reads a small body of JSON.
pub(super) async fn json<T: DeserializeOwned>(body: &mut BodyDataStream) -> Result<T, Refusal> {
    let mut bytes = Vec::new();
    while let Some(piece) = next(body).await? {
        if bytes.len() + piece.len() > MAX_JSON_BYTES {
            return Err(Refusal::protocol(format!("the request body is larger than {MAX_JSON_BYTES} bytes")));
        }
        bytes.extend_from_slice(&piece);
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::protocol(format!("Cannot deserialize client message from JSON: {error}")))
}

async fn next(body: &mut BodyDataStream) -> Result<Option<Bytes>, Refusal> {
    body.next().await.transpose().map_err(|_| Refusal::protocol("the request body could not be read"))
}

fn with_piece(received: u64, piece: &Bytes, length: u64) -> Result<u64, Refusal> {
    let received = received + piece.len() as u64;
    if received > length {
        return Err(Refusal::protocol(format!("the request body is longer than its Content-Length of {length} bytes")));
    }
    Ok(received)
}

fn refuse_short(received: u64, length: u64) -> Result<(), Refusal> {
    if received == length {
        return Ok(());
    }
    let problem = format!("the request body ended after {received} bytes of its Content-Length of {length}");
    Err(Refusal::protocol(problem))
}
