//! The request log as it grows: a line of JSON for each request.

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, future::Either, stream};
use http::{HeaderValue, Response, header, request::Parts};

use crate::{Cloud, LoggedRequest, lifeline::Lifeline};

/// Follows the log for as long as the client and the server are there.
pub(super) fn follow(cloud: &Cloud, head: &Parts, after: u64) -> Response<Body> {
    let requests = cloud.requests().clone();
    let lines = stream::unfold(after, move |after| {
        let requests = requests.clone();
        async move {
            let news = requests.wait_after(after).await;
            let last = news.last().map_or(after, |request| request.number);
            Some((Ok::<_, std::io::Error>(lines(&news)), last))
        }
    });
    let lines = match head.extensions.get::<Lifeline>().cloned() {
        Some(mut lifeline) => Either::Left(lines.take_until(async move { lifeline.ended().await })),
        None => Either::Right(lines),
    };
    let mut response = Response::new(Body::from_stream(lines));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jsonl"));
    response
}

fn lines(requests: &[LoggedRequest]) -> Bytes {
    let lines = requests.iter().filter_map(|request| serde_json::to_string(request).ok());
    lines.map(|line| line + "\n").collect::<String>().into()
}
