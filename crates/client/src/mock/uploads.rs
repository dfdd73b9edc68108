//! Uploads, whose routes are not operations of the catalogue: all succeed, and nothing of them is kept.

use futures_util::StreamExt as _;
use http::Method;
use turso_cloud_contract::uploads::{START_UPLOAD, StartedUpload, UPLOAD, UploadPart, UploadedDump};

use super::{Failure, Reply, encode};
use crate::transport::{Body, TransportError};

const CHUNK_SIZE: u64 = 8 << 20;
/// Where a database is asked whether it answers.
const SQL: &str = "/v2/pipeline";
/// How the path of dumps ends, behind the organization.
const DUMPS: &str = "/databases/dumps";

/// The answer to a part of an upload; nothing for any other request.
pub(super) fn reply(method: &Method, path: &str) -> Option<Reply> {
    let done = || Some(Ok(bytes::Bytes::new()));
    match (method, path) {
        (&Method::PUT, START_UPLOAD) => Some(started()),
        (&Method::POST, UPLOAD | SQL) => done(),
        (&Method::POST, path) if path.ends_with(DUMPS) => {
            Some(encode(&UploadedDump::new(format!("http://api.mock.invalid{path}/mock"))))
        }
        (&Method::PUT, path) => match UploadPart::read(path)? {
            Ok(_) => done(),
            Err(refused) => Some(Err(Failure::refused(400, refused.to_string()))),
        },
        _ => None,
    }
}

fn started() -> Reply {
    let upload = "mock".parse().map_err(|_| Failure::Disconnected)?;
    encode(&StartedUpload::new(CHUNK_SIZE, upload))
}

/// Takes a body to its end without keeping it.
pub(super) async fn drain(body: Body) -> Result<(), TransportError> {
    let mut pieces = std::pin::pin!(body);
    while let Some(piece) = pieces.next().await {
        piece?;
    }
    Ok(())
}
