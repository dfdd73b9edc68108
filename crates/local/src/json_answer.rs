//! Answers in JSON, of the Platform API, of the databases' hosts, and of the local cloud itself.

use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};

/// An answer of JSON that is written already.
pub(crate) fn json_answer<B>(status: StatusCode, json: impl Into<B>) -> Response<B> {
    let mut response = Response::new(json.into());
    *response.status_mut() = status;
    // Without a charset: a driver compares the whole header with this text.
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
