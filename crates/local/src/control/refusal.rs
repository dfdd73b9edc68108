use http::{HeaderName, HeaderValue, Response, StatusCode};
use jiff::Timestamp;
use serde_json::json;
use turso_cloud_contract::{DatabaseName, InvalidInput, RequestError};

use super::OrganizationKey;
use crate::{blocking::Crash, ids::IdError, json_answer::json_answer, store::StoreError};

/// What its user can do something about.
pub(crate) const DISK: &str = "the local cloud cannot write to its disk, which may be full; nothing was changed";

/// A request that was not carried out: nothing of it happened.
///
/// It is answered with a status and a JSON body `{"error": "<sentence>"}`, to which some refusals add a `code`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    error: String,
    code: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// A refusal with this status and this sentence.
    pub fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), code: None, headers: Vec::new() }
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The sentence it is answered with.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.error
    }

    /// Adds a machine-readable code to the body.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn bad_request(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    pub(super) fn unauthorized(error: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, error)
    }

    pub(super) fn forbidden(error: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, error)
    }

    pub(crate) fn not_found(error: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error)
    }

    pub(crate) fn conflict(error: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, error)
    }

    pub(super) fn organization_not_found(key: OrganizationKey<'_>) -> Self {
        Self::not_found(format!("organization {key} not found"))
    }

    /// A database is to be what it was at a time that is not known of.
    pub(super) fn before_history(name: &DatabaseName, at: Timestamp, earliest: Timestamp) -> Self {
        let rule = format!("the earliest time database {name} can be restored to is {earliest}");
        Self::bad_request(format!("invalid seed.timestamp {at}: {rule}"))
    }

    pub(super) fn damaged_history(name: &DatabaseName, at: Timestamp, error: impl std::error::Error + 'static) -> Self {
        let problem = format!("the past of database {name} is damaged: what it was at {at} cannot be restored");
        Self::new(Self::internal(error).status, problem)
    }

    /// A fault of the local cloud itself. The caller is told no more than that; the log says what it was.
    pub(super) fn internal(error: impl std::error::Error + 'static) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the local cloud could not answer");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal server error")
    }

    /// As [`Refusal::internal`], of which the caller is told if it is the disk that is at fault.
    pub(super) fn internal_or_of_disk(is_of_disk: bool, error: impl std::error::Error + 'static) -> Self {
        let internal = Self::internal(error);
        if is_of_disk { Self::new(internal.status, DISK) } else { internal }
    }

    /// A file of the local cloud could not be written.
    pub(super) fn disk(error: std::io::Error) -> Self {
        Self::internal_or_of_disk(true, error)
    }

    pub(crate) fn into_response<B: From<String>>(self) -> Response<B> {
        let body = match self.code {
            None => json!({ "error": self.error }),
            Some(code) => json!({ "code": code, "error": self.error }),
        };
        let mut response = json_answer(self.status, body.to_string());
        response.headers_mut().extend(self.headers);
        response
    }
}

impl From<InvalidInput> for Refusal {
    fn from(refused: InvalidInput) -> Self {
        Self::bad_request(refused.to_string())
    }
}

impl From<RequestError> for Refusal {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Path(_) => Self::not_found(error.to_string()),
            _ => Self::bad_request(error.to_string()),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::internal_or_of_disk(error.is_of_disk(), error)
    }
}

impl From<IdError> for Refusal {
    fn from(error: IdError) -> Self {
        Self::internal(error)
    }
}

impl From<Crash> for Refusal {
    fn from(error: Crash) -> Self {
        Self::internal(error)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_caller_is_told_of_a_disk_that_is_at_fault_and_of_nothing_else() {
        let failed = |is_of_disk| Refusal::internal_or_of_disk(is_of_disk, io::Error::other("at /home/ada"));
        assert_eq!((failed(true).status(), failed(true).error()), (StatusCode::INTERNAL_SERVER_ERROR, DISK));
        assert_eq!(failed(false).error(), "internal server error");
    }
}
