//! What a token may still do that ends while its request is under way.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Served, api, execute, mint};

/// Ends all tokens of the database and makes another one.
async fn rotate(served: &mut Served) {
    api(&served.cloud, "databases/app/auth/rotate", "").await;
    served.token = mint(&served.cloud, "").await;
}

#[tokio::test]
async fn a_request_whose_token_ends_before_its_body_does_changes_nothing() {
    let mut served = Served::new().await;
    served.value("CREATE TABLE t (x)").await;
    let insert = json!({ "sql": "INSERT INTO t VALUES (1)" });
    let bodies = [
        ("/v3/pipeline", json!({ "requests": [{ "type": "execute", "stmt": insert }] })),
        ("/v3/cursor", json!({ "batch": { "steps": [{ "stmt": insert }] } })),
        ("/v1/execute", json!({ "stmt": insert })),
        ("/v1/batch", json!({ "batch": { "steps": [{ "stmt": insert }] } })),
        ("/", json!({ "statements": ["INSERT INTO t VALUES (1)"] })),
    ];
    for (path, body) in bodies {
        let body = body.to_string();
        let mut stream = TcpStream::connect(served.server.addr()).await.unwrap();
        let head = format!(
            "POST /db/app-acme{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\
             expect: 100-continue\r\nconnection: close\r\n\r\n",
            served.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // It was let in, and its body is waited for.
        let mut go_on = [0; 12];
        stream.read_exact(&mut go_on).await.unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100");
        rotate(&mut served).await;
        stream.write_all(body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains("HTTP/1.1 401"), "{path}: {answer}");
    }
    assert_eq!(served.value("SELECT count(*) FROM t").await, "0");
}

#[tokio::test]
async fn what_a_socket_has_asked_for_is_refused_when_its_turn_comes_after_the_end_of_its_token() {
    let mut served = Served::new().await;
    served.value("CREATE TABLE t (x)").await;
    let mut writer = served.socket("hrana3").await;
    writer.open(1).await;
    writer.run(1, "BEGIN IMMEDIATE").await;

    let mut socket = served.socket("hrana3").await;
    for stream in [1, 2] {
        socket.open(stream).await;
    }
    let _waits_for_the_writer = socket.begin(execute(1, "INSERT INTO t VALUES (1)")).await;
    let second = socket.begin(execute(1, "INSERT INTO t VALUES (2)")).await;
    // Answered when those before it have come.
    socket.run(2, "SELECT 1").await;
    rotate(&mut served).await;
    writer.get(json!({ "type": "close_stream", "stream_id": 1 })).await;
    let answers = [socket.hear().await, socket.hear().await];
    let answer = answers.iter().find(|answer| answer["request_id"] == second).unwrap();
    assert_eq!(answer["type"], "response_error", "{answer}");
    assert_eq!(served.value("SELECT count(*) FROM t WHERE x = 2").await, "0");
}
