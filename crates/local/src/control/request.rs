use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use turso_cloud_contract::{InvalidInput, audit_logs::AuditOrigin};

use super::Refusal;
use crate::whole_body::{self, Unread};

/// The largest body that is read.
const LONGEST_BODY: usize = 1 << 20;

/// A request with its whole body.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) head: Parts,
    pub(super) body: Bytes,
}

/// Reads a body that came with these headers.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    whole_body::read(headers, body, LONGEST_BODY).await.map_err(|unread| match unread {
        Unread::TooLarge => too_large(),
        Unread::BrokenOff => Refusal::bad_request("the body of the request broke off"),
        Unread::Encoded(refused) => encoded(&refused),
    })
}

/// Refuses a body, not read as a whole, that would have to be decoded.
pub(super) fn refuse_encoded(head: &Parts) -> Result<(), Refusal> {
    whole_body::refuse_encoded(&head.headers).map_err(|refused| encoded(&refused))
}

/// The method whose operations answer a request: `HEAD` gets what `GET` does, and whoever sends that leaves out the body.
pub(crate) fn answered_as(method: &Method) -> &Method {
    if method == Method::HEAD { &Method::GET } else { method }
}

/// Reads a body to its end for a client that would not see the answer otherwise.
pub(crate) async fn drain(body: Body) {
    whole_body::discard(body.into_data_stream()).await;
}

/// Where a request comes from, by the rule of the service: the official command line names itself.
pub(super) fn origin(head: &Parts) -> AuditOrigin {
    let agent = head.headers.get(header::USER_AGENT).map_or(&b""[..], |agent| agent.as_bytes());
    if agent.starts_with(b"turso-cli/") { AuditOrigin::Cli } else { AuditOrigin::Web }
}

fn encoded(refused: &InvalidInput) -> Refusal {
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, refused.to_string())
}

fn too_large() -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body of the request is larger than {LONGEST_BODY} bytes"))
}
