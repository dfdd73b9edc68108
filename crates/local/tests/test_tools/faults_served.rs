//! Faults over a port, as a socket sees them.

use std::io::ErrorKind;

use tokio_tungstenite::{connect_async, tungstenite::Error};
use turso_cloud_local::{Cloud, Server};

use crate::support::{create, exchange};

const GET: &str = "GET /_region HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n";

async fn served() -> (Cloud, Server) {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    (cloud, server)
}

#[tokio::test]
async fn a_reset_is_one() {
    let (cloud, server) = served().await;
    cloud.faults().on_path("/_region").reset();
    let (answer, end) = exchange(&server, GET).await;
    assert_eq!((answer.as_str(), end.unwrap_err().kind()), ("", ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn a_cut_body_has_fewer_bytes_than_it_announces() {
    let (cloud, server) = served().await;
    let whole = exchange(&server, GET).await.0;
    let body = whole.split_once("\r\n\r\n").unwrap().1;
    cloud.faults().on_path("/_region").cut_body(4);
    let cut = exchange(&server, GET).await.0;
    assert!(cut.contains(&format!("content-length: {}\r\n", body.len())), "{cut}");
    assert_eq!(cut.split_once("\r\n\r\n").unwrap().1, &body[..4]);
}

#[tokio::test]
async fn a_body_cut_behind_its_end_announces_more_than_it_has() {
    let (cloud, server) = served().await;
    let whole = exchange(&server, GET).await.0;
    let body = whole.split_once("\r\n\r\n").unwrap().1;
    for after in [body.len(), usize::MAX] {
        cloud.faults().clear();
        cloud.faults().on_path("/_region").cut_body(after);
        let cut = exchange(&server, GET).await.0;
        let announced = cut.split("\r\n").find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        assert!(announced.parse::<u64>().unwrap() > body.len() as u64, "{cut}");
        assert_eq!(cut.split_once("\r\n\r\n").unwrap().1, body);
    }
}

#[tokio::test]
async fn who_hangs_gets_nothing_and_others_are_answered() {
    let (cloud, server) = served().await;
    let fault = cloud.faults().on_path("/_region").times(1).hang();
    let hanging = tokio::spawn(async move { exchange(&server, GET).await.0 });
    while fault.count() == 0 {
        tokio::task::yield_now().await;
    }
    let other = cloud.serve("127.0.0.1:0").await.unwrap();
    assert!(exchange(&other, GET).await.0.starts_with("HTTP/1.1 200"));
    assert!(!hanging.is_finished());
    hanging.abort();
}

#[tokio::test]
async fn the_request_for_a_websocket_can_be_refused_and_reset() {
    let (cloud, server) = served().await;
    create(&cloud, "orders").await;
    let url = format!("ws://{}/db/orders-acme/", server.addr());
    assert!(connect_async(&url).await.is_ok());
    cloud.faults().on_sql().times(1).reply(503);
    match connect_async(&url).await {
        Err(Error::Http(answer)) => assert_eq!(answer.status(), 503),
        other => panic!("{other:?}"),
    }
    cloud.faults().clear();
    cloud.faults().on_sql().times(1).reset();
    match connect_async(&url).await {
        Err(Error::Io(_) | Error::Protocol(_)) => {}
        other => panic!("{other:?}"),
    }
    assert!(connect_async(&url).await.is_ok());
    let seen: Vec<_> = cloud.requests().to_database("orders-acme").into_iter().map(|request| request.status).collect();
    assert_eq!(seen, [Some(101), Some(503), None, Some(101)]);
}
