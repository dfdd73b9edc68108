use std::{net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::Timestamp;

use super::{LoggedMessage, LoggedRequest, redact};
use crate::control::is_meant;

/// Larger bodies are not kept, only their length.
pub(crate) const MAX_BODY: usize = 8 * 1024;

/// The mark of a request that came over TLS. A server puts it into the extensions of its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encrypted;

/// A request as it is remembered, secrets and all.
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    pub(crate) operation: Option<&'static str>,
    /// `{database}-{organization}` where it is for a SQL endpoint.
    pub(crate) database: Option<Arc<str>>,
    /// The name of that database, where there was one then.
    pub(crate) database_name: Option<Arc<str>>,
    pub(crate) method: Method,
    pub(crate) url: String,
    /// Whether it came over TLS.
    pub(crate) is_encrypted: bool,
    pub(crate) host: Option<HeaderValue>,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) agent: Option<HeaderValue>,
    /// Nothing where no answer was sent.
    pub(crate) status: Option<StatusCode>,
    pub(crate) duration: Duration,
    pub(crate) fault: Option<u64>,
    pub(crate) request: Message,
    pub(crate) response: Message,
}

/// Headers and body of a request or of an answer, as far as they are kept.
#[derive(Default)]
pub(crate) struct Message {
    headers: HeaderMap,
    /// Where it is known.
    length: Option<usize>,
    body: Option<Bytes>,
}

impl Message {
    pub(crate) fn new(headers: &HeaderMap) -> Self {
        let headers = headers.iter().map(|(name, value)| (name.clone(), copied(value))).collect();
        Self { headers, length: None, body: None }
    }

    /// With so many bytes of a body, which are these unless there are too many to be kept.
    pub(crate) fn body(mut self, bytes: impl Into<Box<[u8]>>, length: usize) -> Self {
        self.body = (1..=MAX_BODY).contains(&length).then(|| bytes.into().into());
        self.length(Some(length))
    }

    pub(crate) fn length(mut self, length: Option<usize>) -> Self {
        self.length = length;
        self
    }

    fn logged(&self) -> LoggedMessage {
        LoggedMessage {
            headers: self.headers.iter().map(|(name, value)| (name.to_string(), redact::header(name, value))).collect(),
            body_length: self.length,
            body: self.body.as_ref().and_then(redact::body),
        }
    }
}

/// A value of its own. That of a request is a piece of what the connection has read, and would keep all of it.
pub(crate) fn copied(value: &HeaderValue) -> HeaderValue {
    HeaderValue::from_bytes(value.as_bytes()).unwrap_or_else(|_| value.clone())
}

impl Entry {
    /// Scheme and host, where the target of the request is a path alone.
    fn origin(&self) -> Option<String> {
        let host = self.host.as_ref().filter(|_| self.url.starts_with('/'))?.to_str().ok()?;
        let scheme = if self.is_encrypted { "https" } else { "http" };
        Some(redact::text(&format!("{scheme}://{host}")))
    }

    /// Whether it is for the SQL endpoint of the database that is meant by its name or by `{database}-{organization}`.
    pub(crate) fn is_to_database(&self, wanted: &str) -> bool {
        is_meant(wanted, self.database_name.as_deref(), self.database.as_deref())
    }

    pub(super) fn logged(&self) -> LoggedRequest {
        let agent = self.agent.as_ref().map(|agent| String::from_utf8_lossy(agent.as_bytes()));
        LoggedRequest {
            number: self.number,
            at: self.at,
            operation: self.operation.map(str::to_owned),
            database: self.database.as_deref().map(str::to_owned),
            method: self.method.to_string(),
            url: redact::url(&self.url),
            origin: self.origin(),
            peer: self.peer,
            client: agent.map(|agent| redact::text(&agent)),
            status: self.status.map(|status| status.as_u16()),
            duration_us: self.duration.as_micros().try_into().unwrap_or(u64::MAX),
            fault: self.fault,
            request: self.request.logged(),
            response: self.response.logged(),
        }
    }
}

/// Without anything that might be a secret.
impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("number", &self.number)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_of_a_request_does_not_keep_what_was_read_with_it() {
        let read = Bytes::from(b"agent/1 and a body of ten megabytes".to_vec());
        let value = HeaderValue::from_maybe_shared(read.slice(..7)).unwrap();
        let headers = HeaderMap::from_iter([(http::header::USER_AGENT, value)]);
        let message = Message::new(&headers);
        assert_eq!(message.headers, headers);
        drop(headers);
        assert!(read.is_unique());
    }
}
