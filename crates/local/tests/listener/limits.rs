//! What one client may ask of the port without harm to the others.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use turso_cloud_local::Cloud;

use crate::support::{Served, blocking, connect, exchange};

fn get(headers: &str) -> String {
    format!("GET /_region HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n")
}

#[tokio::test]
async fn too_large_a_head_is_refused() {
    let served = Served::start().await;
    let fits = format!("X-Large: {}\r\n", "x".repeat(32 * 1024));
    assert_eq!(exchange(&served.at(), get(&fits)).await.status, 200);
    let at = served.at();
    let status = blocking(move || {
        let mut stream = connect(&at);
        // The server may close while this is still being written.
        let _ = stream.write_all(get(&format!("X-Large: {}\r\n", "x".repeat(128 * 1024))).as_bytes());
        let mut head = [0; 12];
        stream.read_exact(&mut head).map(|()| String::from_utf8_lossy(&head).into_owned())
    })
    .await;
    // An answer that is lost to the end of the connection is a refusal all the same.
    let is_refused = match &status {
        Ok(status) => status == "HTTP/1.1 431",
        Err(error) => is_closed(error.kind()),
    };
    assert!(is_refused, "{status:?}");
}

fn is_closed(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof)
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let served = Served::start().await;
    let headers = |count: usize| (0..count).map(|n| format!("X-{n}: v\r\n")).collect::<Vec<_>>().concat();
    assert_eq!(exchange(&served.at(), get(&headers(90))).await.status, 200);
    assert!(
        blocking({
            let at = served.at();
            move || {
                let mut stream = connect(&at);
                stream.write_all(get(&headers(200)).as_bytes()).unwrap();
                let mut head = [0; 12];
                stream.read_exact(&mut head).unwrap();
                &head == b"HTTP/1.1 431"
            }
        })
        .await
    );
}

#[tokio::test]
async fn one_connection_too_many_is_told_so_and_the_next_one_is_served() {
    let served = Served::of(Cloud::builder().max_connections(3).build().unwrap()).await;
    let at = served.at();
    let mut held = Vec::new();
    for _ in 0..3 {
        let request = "GET /_region HTTP/1.1\r\nHost: localhost\r\n\r\n";
        held.push(open(&at, request, "HTTP/1.1 200").await.unwrap());
    }
    let refused = exchange(&at, get("")).await;
    assert_eq!(refused.refusal(), (503, "the local cloud has 3 connections, and takes no more at once".to_owned()));
    drop(held);
    in_the_end(async || (exchange(&at, get("")).await.status == 200).then_some(())).await;
}

#[tokio::test]
async fn a_websocket_is_a_connection_for_as_long_as_it_is_open() {
    let served = Served::of(Cloud::builder().max_connections(3).build().unwrap()).await;
    let at = served.at();
    let upgrade = "GET /db/orders-acme/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut sockets = Vec::new();
    for _ in 0..3 {
        // The requests before it may have left their connections a moment ago.
        sockets.push(in_the_end(async || open(&at, upgrade, "HTTP/1.1 101").await).await);
    }
    let refused = exchange(&at, get("")).await;
    assert_eq!(refused.refusal(), (503, "the local cloud has 3 connections, and takes no more at once".to_owned()));
    drop(sockets.pop());
    in_the_end(async || (exchange(&at, get("")).await.status == 200).then_some(())).await;
}

/// A connection whose first request is answered like this.
async fn open(at: &str, request: &str, beginning: &str) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    (first == beginning.as_bytes()).then_some(stream)
}

/// What comes of trying again until something does.
async fn in_the_end<T>(attempt: impl AsyncFn() -> Option<T>) -> T {
    let attempts = async {
        loop {
            if let Some(done) = attempt().await {
                return done;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), attempts).await.unwrap()
}

/// Sends the beginning of something and waits until the server gives up.
async fn seconds_until_closed(beginning: &[u8]) -> u64 {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let started = tokio::time::Instant::now();
    stream.write_all(beginning).await.unwrap();
    let mut answer = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(120), stream.read_to_end(&mut answer)).await;
    let _ = end.expect("the connection is still open");
    started.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_sends_nothing_is_closed() {
    assert!((25..=35).contains(&seconds_until_closed(b"").await));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_is_given_up() {
    assert!((25..=35).contains(&seconds_until_closed(b"GET /_region HTTP/1.1\r\nHost: loc").await));
}

/// The first byte is that of `POST`, too.
#[tokio::test(start_paused = true)]
async fn the_beginning_of_http_2_keeps_no_connection_open() {
    for beginning in ["P", "PRI * HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"] {
        assert!(seconds_until_closed(beginning.as_bytes()).await <= 35, "{beginning:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_never_ends_is_given_up() {
    assert!((8..=12).contains(&seconds_until_closed(&[0x16, 3, 1]).await));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed() {
    assert!((25..=35).contains(&seconds_until_closed(b"GET /_region HTTP/1.1\r\nHost: localhost\r\n\r\n").await));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_is_given_up() {
    let request = b"POST /_region HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf";
    assert!((25..=65).contains(&seconds_until_closed(request).await));
}
