//! The official way in for a Rust program: the client of this workspace, without a port.

use turso_cloud::{NewDatabase, NewGroup};
use turso_cloud_local::Cloud;

#[tokio::test]
async fn a_client_works_inside_the_process() {
    let cloud = Cloud::new().unwrap();
    let turso = cloud.client().build().unwrap();
    turso.groups().create(NewGroup::new("eu", "local")).await.unwrap();
    turso.databases().create(NewDatabase::new("orders", "eu")).await.unwrap();
    assert_eq!(turso.databases().get("orders").await.unwrap().url(), "http://orders-acme.localhost");
    let taken = turso.databases().create(NewDatabase::new("orders", "eu")).await.unwrap_err();
    assert!(taken.is_already_exists(), "{taken}");
}

#[test]
fn a_transport_without_a_runtime_is_an_error_and_no_panic() {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };
    use turso_cloud::transport::{Body, Transport as _};

    let cloud = Cloud::new().unwrap();
    let request = http::Request::get("http://localhost/v1/locations").body(Body::empty()).unwrap();
    let mut answer = pin!(cloud.send(request));
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Err(error)) => assert!(!error.may_have_been_sent()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_client_over_the_port_sees_the_same_cloud() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let turso = server.client().build().unwrap();
    cloud.client().build().unwrap().databases().create(NewDatabase::new("orders", "default")).await.unwrap();
    let seen_over_the_port = turso.databases().get("orders").await.unwrap();
    let seen_inside = cloud.client().build().unwrap().databases().get("orders").await.unwrap();
    assert_eq!(seen_over_the_port, seen_inside);
    assert!(seen_over_the_port.url().starts_with("http://127."), "{}", seen_over_the_port.url());
}
