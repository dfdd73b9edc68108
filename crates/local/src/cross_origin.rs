//! Web pages that use databases, as drivers for browsers do (CORS): a browser asks before it sends a page's request to
//! another origin, and lets the page read no answer that does not allow it.
//!
//! Every page may: what opens a database is its token, and no browser adds one by itself.

use axum::body::Body;
use http::{HeaderValue, Method, Response, header, request::Parts};

const ANY: HeaderValue = HeaderValue::from_static("*");

/// Whether a browser asks what a page may send.
pub(crate) fn is_preflight(head: &Parts) -> bool {
    head.method == Method::OPTIONS
        && head.headers.contains_key(header::ORIGIN)
        && head.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a browser that asks: anything.
pub(crate) fn anything() -> Response<Body> {
    let mut response = readable(Response::new(Body::empty()));
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_METHODS, ANY);
    // The header with the token is the one that has to be named.
    let headers = HeaderValue::from_static("*, authorization");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
    response
}

/// The same answer, which pages may read.
pub(crate) fn readable(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    response
}
