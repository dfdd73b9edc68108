use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A request as the log tells of it: secrets are replaced by `[redacted]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// Requests are counted from 1.
    pub number: u64,
    /// When it came, by the clock of the cloud.
    pub at: Timestamp,
    /// The operation: a name of the catalogue, or `Pipeline`, `Cursor`, `WebSocket` and the like for SQL endpoints.
    /// Nothing for a request that the local cloud knows no answer to.
    pub operation: Option<String>,
    /// `{database}-{organization}`, for requests to a SQL endpoint.
    pub database: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// What was asked for: path and query, with the origin where the client sent one.
    pub url: String,
    /// Where a path was asked for: the scheme it came by and the host that the client named, as in
    /// `https://127.1.0.2:8080`.
    pub origin: Option<String>,
    /// Where it came from, if not from the same process.
    pub peer: Option<IpAddr>,
    /// What the client calls itself, its `User-Agent`.
    pub client: Option<String>,
    /// The status of the answer; nothing where there was none.
    pub status: Option<u16>,
    /// The microseconds of real time until the answer began.
    pub duration_us: u64,
    /// The number of the fault that hit it.
    pub fault: Option<u64>,
    /// What was sent, whoever answered it.
    pub request: LoggedMessage,
    /// What was answered, before a fault changed it or took it away. It is the fault's own answer where the request was
    /// not carried out.
    pub response: LoggedMessage,
}

/// What is remembered of a request or of an answer. Of SQL endpoints that is nothing unless it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LoggedMessage {
    /// The headers, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The bytes of the body, where they were counted: a request that broke off has an unknown number of them, and so has
    /// an answer that is a stream.
    pub body_length: Option<usize>,
    /// The body, if it is JSON of no more than 8 KiB.
    pub body: Option<String>,
}

impl LoggedMessage {
    /// The body as a value of a type; nothing where there is no body of that form.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(self.body.as_deref()?).ok()
    }
}
