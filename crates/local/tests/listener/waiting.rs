//! Requests that wait for a commit, and what ends them besides.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use turso_cloud_local::Cloud;

use crate::support::Served;

/// As many connections as the server takes.
const PLACES: usize = 8;

/// Sends a request that waits five minutes for the first commit to `orders`. The server has asked for its body, so that
/// it is being answered.
async fn wait(served: &Served) -> TcpStream {
    let database = served.api("GET", "/databases/orders", "").await.json();
    let id = database["database"]["DbId"].as_str().unwrap();
    let revision = format!("{id}.1.0.{:016x}", 0);
    let mut body = vec![0x1a, u8::try_from(revision.len()).unwrap()];
    body.extend_from_slice(revision.as_bytes());
    body.extend_from_slice(&[0x20, 0xe0, 0xa7, 0x12]);
    let head = format!(
        "POST /db/orders-acme/pull-updates HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nExpect: 100-continue\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        served.at(),
        served.token("orders").await,
        body.len()
    );
    let mut stream = TcpStream::connect(served.at()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut begun = [0; 25];
    stream.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&body).await.unwrap();
    stream
}

#[tokio::test]
async fn a_server_that_shuts_down_answers_who_waits() {
    let served = Served::start().await;
    let mut stream = wait(&served).await;
    served.server.shutdown().await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "{:?}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn who_is_gone_is_no_longer_waited_for() {
    let served = Served::of(Cloud::builder().max_connections(PLACES).build().unwrap()).await;
    let mut waiting = Vec::new();
    for _ in 0..PLACES - 2 {
        waiting.push(wait(&served).await);
    }
    drop(waiting);
    let all_free = async { while free_places(&served.at()).await < PLACES {} };
    tokio::time::timeout(Duration::from_secs(20), all_free).await.unwrap();
}

/// How many connections the server takes at once.
async fn free_places(at: &str) -> usize {
    let mut held = Vec::new();
    for _ in 0..PLACES {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(b"GET /_region HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut status = [0; 12];
        if stream.read_exact(&mut status).await.is_ok() && &status == b"HTTP/1.1 200" {
            held.push(stream);
        }
    }
    held.len()
}
