//! The paths of a database's host: what each is for, by which methods it is asked for, and how that is called in the
//! request log and by faults.

use http::{Method, Request};

use super::codec::Encoding;
use super::export::Ask;
use super::socket;
use super::upload::Uploads;
use crate::data::refusal::Refusal;

/// All names of operations.
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

/// What a request to a host is for.
pub(crate) enum Route<'p> {
    Batch,
    Cursor(Encoding),
    Dump,
    Execute,
    /// A path with something that is no number is refused.
    Export(Result<Ask, Refusal>),
    /// All of them, or the one of this id.
    Jobs(Option<&'p str>),
    Pipeline(Encoding),
    /// Drivers ask what a host speaks, and monitors whether it is up.
    Probe,
    Pull,
    Query,
    /// One of several paths.
    Upload,
    Version,
    WebSocket,
}

/// The name of a request; nothing for one that no path of a host answers.
pub(crate) fn operation_of<B>(path: &str, request: &Request<B>) -> Option<&'static str> {
    Route::read(path, request).map(|route| route.operation())
}

impl<'p> Route<'p> {
    /// Nothing for a path that hosts do not have.
    pub(crate) fn read<B>(path: &'p str, request: &Request<B>) -> Option<Self> {
        Some(match path {
            "/health" | "/v1" | "/v2" | "/v2/" | "/v3" | "/v3/" | "/v3-protobuf" => Self::Probe,
            "/version" => Self::Version,
            "/" if socket::is_meant(request) => Self::WebSocket,
            "/" => Self::Query,
            "/v1/execute" => Self::Execute,
            "/v1/batch" => Self::Batch,
            "/v1/jobs" => Self::Jobs(None),
            "/dump" => Self::Dump,
            "/v2/pipeline" | "/v3/pipeline" => Self::Pipeline(Encoding::Json),
            "/v3-protobuf/pipeline" => Self::Pipeline(Encoding::Protobuf),
            "/v3/cursor" => Self::Cursor(Encoding::Json),
            "/v3-protobuf/cursor" => Self::Cursor(Encoding::Protobuf),
            "/pull-updates" => Self::Pull,
            _ if Uploads::answers(path) => Self::Upload,
            _ => match path.strip_prefix("/v1/jobs/") {
                Some(id) => Self::Jobs(Some(id)),
                None => Self::Export(Ask::parse(path)?),
            },
        })
    }

    /// Whether it may be asked for by this method.
    pub(crate) fn takes(&self, method: &Method) -> bool {
        match self {
            Self::Dump | Self::Export(_) | Self::Jobs(_) | Self::Probe | Self::Version => {
                matches!(*method, Method::GET | Method::HEAD)
            }
            Self::Batch | Self::Cursor(_) | Self::Execute | Self::Pipeline(_) | Self::Pull | Self::Query => {
                method == Method::POST
            }
            // Uploads have a method for each path, and the handshake of a socket looks at its own.
            Self::Upload | Self::WebSocket => true,
        }
    }

    fn operation(&self) -> &'static str {
        match self {
            Self::Batch => "Batch",
            Self::Cursor(_) => "Cursor",
            Self::Dump => "Dump",
            Self::Execute => "Execute",
            Self::Export(_) => "Export",
            Self::Jobs(_) => "Jobs",
            Self::Pipeline(_) => "Pipeline",
            Self::Probe | Self::Version => "Probe",
            Self::Pull => "Pull",
            Self::Query => "Query",
            Self::Upload => "Upload",
            Self::WebSocket => "WebSocket",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_known_by_a_name_whatever_the_method() {
        for (path, name) in [
            ("/", "Query"),
            ("/v2/", "Probe"),
            ("/version", "Probe"),
            ("/v1/execute", "Execute"),
            ("/v1/batch", "Batch"),
            ("/v1/jobs", "Jobs"),
            ("/v1/jobs/7", "Jobs"),
            ("/dump", "Dump"),
            ("/v3/pipeline", "Pipeline"),
            ("/v3-protobuf/cursor", "Cursor"),
            ("/pull-updates", "Pull"),
            ("/v2/upload/start", "Upload"),
            ("/info", "Export"),
            ("/sync/1/x/2", "Export"),
        ] {
            for method in [Method::GET, Method::POST, Method::PATCH] {
                let request = Request::builder().method(method).body(()).unwrap();
                assert_eq!(operation_of(path, &request), Some(name), "{path}");
            }
            assert!(OPERATIONS.contains(&name), "{name}");
        }
        assert_eq!(operation_of("/nope", &Request::new(())), None);
    }
}
