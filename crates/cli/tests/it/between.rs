//! A way to a local cloud on which statements run between the requests of a program.
#![expect(clippy::unwrap_used, reason = "a way that cannot be made fails its test")]

use std::sync::Arc;

use axum::{Router, body, extract::Request, http::header::CONTENT_TYPE};
use futures_util::TryStreamExt as _;
use tokio::net::TcpListener;
use turso_cloud::transport::{Body, TransportError};

use crate::support::Served;

/// Serves the databases of a cloud on a port of its own. `first` is given the path of each request, and yields the statement
/// that runs before it on the database `shop`, if any.
pub(crate) fn between(served: &Served, first: impl Fn(&str) -> Option<&'static str> + Send + Sync + 'static) -> String {
    let (url, token) = served.access("shop");
    let pipeline = format!("{url}v2/pipeline");
    let (cloud, first) = (served.cloud.clone(), Arc::new(first));
    let answer = move |request: Request| {
        let (cloud, statement) = (cloud.clone(), first(request.uri().path()));
        let (pipeline, token) = (pipeline.clone(), token.clone());
        async move {
            if let Some(sql) = statement {
                let body = serde_json::json!({ "requests": [{ "type": "execute", "stmt": { "sql": sql } }] });
                let request = Request::post(pipeline).header(CONTENT_TYPE, "application/json");
                let request = request.header("authorization", format!("Bearer {token}"));
                let answer = cloud.handle(request.body(Body::from(body.to_string())).unwrap()).await;
                assert!(answer.status().is_success(), "{answer:?}");
            }
            let request =
                request.map(|body| Body::stream(body.into_data_stream().map_err(TransportError::interrupted)));
            cloud.handle(request).await.map(body::Body::from_stream)
        }
    };
    let listener = served.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let addr = listener.local_addr().unwrap();
    let serving = axum::serve(listener, Router::new().fallback(answer)).into_future();
    served.runtime.spawn(serving);
    url.replace(&served.addr().to_string(), &addr.to_string())
}
