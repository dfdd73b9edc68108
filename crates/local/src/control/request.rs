use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::{StatusCode, header, request::Parts};
use turso_cloud_contract::audit_logs::AuditOrigin;

use super::Refusal;

/// The largest body that is read.
const LONGEST_BODY: usize = 1 << 20;

/// How much of a body that is too large is thrown away before its sender is cut off.
const LONGEST_DISCARDED: usize = 64 << 20;

/// A request with its whole body.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) head: Parts,
    pub(super) body: Bytes,
}

/// Reads a body. One that is too large is still read, though not kept: a server that answers and hangs up while its
/// client is sending makes the client report a broken connection instead of the answer.
pub(crate) async fn read(body: Body) -> Result<Bytes, Refusal> {
    let mut kept = BytesMut::new();
    let mut length = 0;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Refusal::bad_request("the body of the request broke off"))?;
        length += piece.len();
        if length <= LONGEST_BODY {
            kept.extend_from_slice(&piece);
        } else if length <= LONGEST_DISCARDED {
            kept = BytesMut::new();
        } else {
            break;
        }
    }
    if length > LONGEST_BODY { Err(too_large()) } else { Ok(kept.freeze()) }
}

/// Reads a body to its end for a client that would not see the answer otherwise.
pub(crate) async fn drain(body: Body) {
    // What it says does not matter any more, nor whether all of it came.
    let _ = read(body).await;
}

/// Where a request comes from, by the rule of the service: the official command line names itself.
pub(super) fn origin(received: &Received) -> AuditOrigin {
    let agent = received.head.headers.get(header::USER_AGENT).map_or(&b""[..], |agent| agent.as_bytes());
    if agent.starts_with(b"turso-cli/") { AuditOrigin::Cli } else { AuditOrigin::Web }
}

fn too_large() -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body of the request is larger than {LONGEST_BODY} bytes"))
}
