//! The cloud on a port.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use turso_cloud_local::Cloud;

use crate::support::{create_database, get, post};

async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_request_written_by_hand_is_answered() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let request = format!(
        "GET /v1/auth/validate HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        server.addr(),
        cloud.token().expose(),
    );
    let answer = exchange(server.addr(), &request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-type: application/json\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n{\"exp\":-1}"), "{answer}");
    assert_eq!(server.url(), format!("http://{}", server.addr()));
}

#[tokio::test]
async fn the_host_of_a_database_is_an_address_or_a_path_on_the_port_while_there_is_one() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let hostname = async || {
        let got = get(&cloud, "/v1/organizations/acme/databases/orders").await.json();
        got["database"]["Hostname"].as_str().unwrap().to_owned()
    };
    assert_eq!(hostname().await, "orders-acme.localhost");
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let alone = hostname().await;
    if cfg!(target_os = "linux") {
        assert_eq!(alone, format!("127.1.0.2:{}", server.addr().port()));
    }
    let everywhere = cloud.serve("0.0.0.0:0").await.unwrap();
    assert_eq!(hostname().await, format!("127.0.0.1:{}/db/orders-acme/", everywhere.addr().port()));
    drop(everywhere);
    assert_eq!(hostname().await, alone);
    server.shutdown().await;
    assert_eq!(hostname().await, "orders-acme.localhost");
}

#[tokio::test]
async fn a_database_answers_at_its_hostname_on_the_port() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let created = create_database(&cloud, "orders").await.json();
    let minted = post(&cloud, "/v1/organizations/acme/databases/orders/auth/tokens", "").await.json();
    let hostname = created["database"]["Hostname"].as_str().unwrap();
    let (address, path) = hostname.split_once('/').unwrap_or((hostname, ""));
    let body = r#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT 41 + 1"}},{"type":"close"}]}"#;
    let request = format!(
        "POST /{path}v2/pipeline HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        minted["jwt"].as_str().unwrap(),
        body.len(),
    );
    let answer = exchange(address.parse().unwrap(), &request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains(r#""value":"42""#), "{answer}");
    drop(server);
}

#[tokio::test]
async fn a_body_of_five_megabytes_gets_its_answer_over_the_port_too() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let request = format!(
        "POST /v1/organizations/acme/groups HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\nConnection: close\r\n\r\n{}",
        "x".repeat(5_000_000),
    );
    let answer = exchange(server.addr(), &request).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("larger than 1048576 bytes"), "{answer}");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_a_shutdown() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let address = server.addr();
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /_region HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut buffer = [0; 1024];
    assert!(idle.read(&mut buffer).await.unwrap() > 0);
    let started = std::time::Instant::now();
    server.shutdown().await;
    assert!(started.elapsed().as_secs() < 3, "{:?}", started.elapsed());
    assert_eq!(idle.read(&mut buffer).await.unwrap(), 0);
    assert_eq!(silent.read(&mut buffer).await.unwrap(), 0);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let address = server.addr();
    let mut open = TcpStream::connect(address).await.unwrap();
    open.write_all(b"GET /_region HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut buffer = [0; 1024];
    assert!(open.read(&mut buffer).await.unwrap() > 0);
    drop(server);
    assert_eq!(open.read(&mut buffer).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(address).await.is_err());
}

/// Nothing is awaited in between, so that no task of the server runs.
#[tokio::test]
async fn a_dropped_server_leaves_its_port_and_its_directory_to_others_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let build = || Cloud::builder().directory(directory.path()).build();
    let server = build().unwrap().serve("127.0.0.1:0").await.unwrap();
    let answer = exchange(server.addr(), "GET /_region HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let address = server.addr();
    drop(server);
    drop(std::net::TcpListener::bind(address).unwrap());
    drop(build().unwrap());
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let refused = cloud.serve(server.addr()).await.unwrap_err();
    assert_eq!(refused.to_string(), format!("could not listen on {}", server.addr()));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_five_seconds_for_a_request_that_never_ends() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let fault = cloud.faults().on_path("/_region").hang();
    let mut stuck = TcpStream::connect(server.addr()).await.unwrap();
    stuck.write_all(b"GET /_region HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    while fault.count() == 0 {
        tokio::task::yield_now().await;
    }
    let started = tokio::time::Instant::now();
    server.shutdown().await;
    assert_eq!(started.elapsed().as_secs(), 5, "{:?}", started.elapsed());
    assert_eq!(stuck.read(&mut [0; 1024]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn many_connections_are_answered_at_once() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let request = "GET /_region HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answers = (0..100).map(|_| exchange(server.addr(), request));
    for answer in futures_util::future::join_all(answers).await {
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_the_server_lives_on() {
    let cloud = Cloud::new().unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let answer = exchange(server.addr(), "this is no request\r\n\r\n").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    let answer = exchange(server.addr(), "GET /_region HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}
