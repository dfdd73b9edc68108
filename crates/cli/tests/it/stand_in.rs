//! A server that answers as a test wants.
#![expect(clippy::unwrap_used, reason = "a server that cannot be had fails its test")]

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::Response,
};
use bytes::Bytes;
use tokio::net::TcpListener;

use crate::support::Served;

/// Serves on a port of its own, and yields the URL. `answer` is given path and query of each request, and its body, and
/// yields a status and a body.
pub(crate) fn stand_in(
    served: &Served,
    answer: impl Fn(&str, &Bytes) -> (u16, Vec<u8>) + Send + Sync + 'static,
) -> String {
    let answer = Arc::new(answer);
    let answered = move |request: Request| {
        let answer = Arc::clone(&answer);
        async move {
            let path = request.uri().path_and_query().unwrap().to_string();
            let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
            let (status, body) = answer(&path, &body);
            Response::builder().status(status).body(Body::from(body)).unwrap()
        }
    };
    let listener = served.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let addr = listener.local_addr().unwrap();
    let serving = axum::serve(listener, Router::new().fallback(answered)).into_future();
    served.runtime.spawn(serving);
    format!("http://{addr}")
}
