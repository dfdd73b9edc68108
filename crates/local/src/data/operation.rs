//! What the requests to a database's host are called, in the request log and by faults.

use http::{Method, Request};

use super::export::Ask;
use super::{socket, upload::Uploads};

/// All of these names.
pub(crate) const OPERATIONS: [&str; 12] = [
    "Batch",
    "Cursor",
    "Dump",
    "Execute",
    "Export",
    "Jobs",
    "Pipeline",
    "Probe",
    "Pull",
    "Query",
    "Upload",
    "WebSocket",
];

/// The name of a request; nothing for one that no path of a host answers.
pub(crate) fn operation_of<B>(path: &str, request: &Request<B>) -> Option<&'static str> {
    let is_post = request.method() == Method::POST;
    Some(match path {
        "/v2/pipeline" | "/v3/pipeline" | "/v3-protobuf/pipeline" => "Pipeline",
        "/v3/cursor" | "/v3-protobuf/cursor" => "Cursor",
        "/" if socket::is_meant(request) => "WebSocket",
        "/" if is_post => "Query",
        "/v1/execute" => "Execute",
        "/v1/batch" => "Batch",
        "/dump" => "Dump",
        "/pull-updates" => "Pull",
        "/health" | "/version" | "/v1" | "/v2" | "/v2/" | "/v3" | "/v3/" | "/v3-protobuf" => "Probe",
        _ if path == "/v1/jobs" || path.starts_with("/v1/jobs/") => "Jobs",
        _ if Uploads::answers(path) => "Upload",
        _ if Ask::parse(path).is_some() => "Export",
        _ => return None,
    })
}
