use std::{future::pending, time::Duration};

use http::{HeaderValue, Response, StatusCode, header};
use turso_cloud_contract::ErrorBody;

use crate::{
    Error, ErrorKind,
    transport::{Body, TransportError},
};

/// How a request to the [`Mock`](super::Mock) goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The service refuses it; [`refused`](Self::refused) makes one.
    #[non_exhaustive]
    Refused {
        /// The status; one that is out of range is sent as 500.
        status: u16,
        /// The sentence.
        message: String,
        /// The machine-readable code, which only some refusals carry.
        code: Option<String>,
        /// The header `Retry-After`, rounded up to whole seconds.
        retry_after: Option<Duration>,
    },
    /// No connection can be made.
    Unreachable,
    /// The connection breaks off before the answer.
    Disconnected,
    /// No answer comes, until the timeout of the client.
    NoAnswer,
}

impl Failure {
    /// A refusal with a sentence.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use turso_cloud::{contract::jwks::ListJwks, mock::{Failure, Mock}};
    ///
    /// let mock = Mock::new();
    /// let refused = Failure::refused(402, "not in this plan").code("feature_not_available_for_starter_plan");
    /// mock.when::<ListJwks>().fail_once(refused);
    /// let error = mock.client().build()?.jwks().list().await.unwrap_err();
    /// assert_eq!(error.code(), Some("feature_not_available_for_starter_plan"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn refused(status: u16, message: impl Into<String>) -> Self {
        Self::Refused { status, message: message.into(), code: None, retry_after: None }
    }

    /// Gives a refusal a machine-readable code; nothing else has one.
    #[must_use]
    pub fn code(mut self, text: impl Into<String>) -> Self {
        if let Self::Refused { code, .. } = &mut self {
            *code = Some(text.into());
        }
        self
    }

    /// Gives a refusal the header `Retry-After`; nothing else has one.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        if let Self::Refused { retry_after, .. } = &mut self {
            *retry_after = Some(wait);
        }
        self
    }

    /// Too many requests: 429 with `Retry-After`, which has whole seconds: any part of one is rounded up. A client waits for
    /// them on the clock of tokio, which a test can pause.
    #[must_use]
    pub fn rate_limited(retry_after: Duration) -> Self {
        Self::refused(429, "too many requests").retry_after(retry_after)
    }

    pub(super) async fn into_response(self) -> Result<Response<Body>, TransportError> {
        let (status, body, retry_after) = match self {
            Self::Refused { status, message, code, retry_after } => (status, body(&message, code), retry_after),
            Self::Unreachable => return Err(TransportError::not_sent("the mock is unreachable")),
            Self::Disconnected => return Err(TransportError::interrupted("the mock broke off")),
            Self::NoAnswer => pending().await,
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(wait) = retry_after {
            let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        Ok(response)
    }
}

fn body(message: &str, code: Option<String>) -> String {
    let mut body = serde_json::json!({ "error": message });
    if let Some(code) = code {
        body["code"] = code.into();
    }
    body.to_string()
}

/// What a client makes of it, but for what only a request knows.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused { status, message, code, retry_after } => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let body = ErrorBody::parse(body(&message, code).as_bytes());
                Self::refused("", status, &body).with_retry_after(retry_after)
            }
            Failure::Unreachable => Self::new(ErrorKind::Connect).with_source("the mock is unreachable"),
            Failure::Disconnected => Self::new(ErrorKind::Interrupted).with_source("the mock broke off"),
            Failure::NoAnswer => Self::new(ErrorKind::Timeout).with_detail("no complete answer came in time"),
        }
    }
}
