//! Requests to a cloud, without a connection.

use http::{Request, Response, StatusCode, header, request::Builder};
use serde_json::Value;
use turso_cloud::transport::Body;
use turso_cloud_local::Cloud;

pub(crate) async fn post(cloud: &Cloud, path: &str, token: &str, body: String) -> Response<Body> {
    send(cloud, Request::post(path), token, body).await
}

pub(crate) async fn send(cloud: &Cloud, request: Builder, token: &str, body: String) -> Response<Body> {
    let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    cloud.handle(request.body(Body::from(body)).unwrap()).await
}

/// What the organization answers to a request that must succeed.
pub(crate) async fn api(cloud: &Cloud, path: &str, body: &str) -> Value {
    let path = format!("/v1/organizations/acme/{path}");
    let answer = post(cloud, &path, cloud.token().expose(), body.to_owned()).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    read(answer).await
}

/// The JSON of an answer.
pub(crate) async fn read(answer: Response<Body>) -> Value {
    serde_json::from_slice(&answer.into_body().collect(usize::MAX).await.unwrap()).unwrap()
}
