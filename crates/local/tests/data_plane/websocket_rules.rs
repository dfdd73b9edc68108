//! What a socket refuses, and how it ends.

use std::time::Duration;

use futures_util::SinkExt as _;
use http::{Method, Request};
use serde_json::json;
use tokio_tungstenite::tungstenite::protocol::frame::{
    Frame,
    coding::{Data, OpCode},
};
use tokio_tungstenite::tungstenite::{Error, Message};
use turso_cloud::transport::Body;

use crate::support::{Served, api, call, execute, mint};

#[tokio::test]
async fn the_latest_version_the_client_offers_is_chosen() {
    let served = Served::new().await;
    let chosen = async |offered: &[&str]| served.silent(offered).await.unwrap().chosen;
    assert_eq!(chosen(&["hrana2", "hrana1"]).await.as_deref(), Some("hrana2"));
    assert_eq!(chosen(&["hrana9", "hrana3", "hrana2"]).await.as_deref(), Some("hrana3"));
    assert_eq!(chosen(&[]).await, None);
    let Err(Error::Http(response)) = served.silent(&["mqtt"]).await else { panic!("accepted") };
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn a_client_that_offers_no_subprotocol_speaks_the_first_version() {
    let served = Served::new().await;
    let mut socket = served.silent(&[]).await.unwrap();
    socket.greet(&served.token).await;
    socket.open(1).await;
    assert_eq!(socket.run(1, "SELECT 1").await["rows"][0][0]["value"], "1");
    socket.begin(json!({ "type": "sequence", "stream_id": 1, "sql": "SELECT 1" })).await;
    assert_eq!(socket.end().await.0, 1008);
}

#[tokio::test]
async fn a_request_without_a_connection_cannot_become_a_socket() {
    let served = Served::new().await;
    let request = Request::get("/db/app-acme/")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .body(Body::empty())
        .unwrap();
    let answer = served.cloud.handle(request).await;
    assert_eq!(answer.status(), 400);
    let bytes = answer.into_body().collect(1000).await.unwrap();
    assert!(std::str::from_utf8(&bytes).unwrap().contains("serve the cloud on a port"), "{bytes:?}");
}

#[tokio::test]
async fn a_refused_token_is_told_and_ends_the_socket() {
    let served = Served::new().await;
    for (token, code) in [("", "AUTH_JWT_MISSING"), ("nonsense", "AUTH_JWT_INVALID")] {
        let mut socket = served.silent(&["hrana2"]).await.unwrap();
        let answer = socket.greet(token).await;
        assert_eq!((&answer["type"], &answer["error"]["code"]), (&json!("hello_error"), &json!(code)), "{answer}");
        assert_eq!(socket.end().await.0, 1000);
    }
}

#[tokio::test]
async fn a_read_only_token_reads_and_is_refused_a_whole_request_that_writes() {
    let served = Served::new().await;
    served.value("CREATE TABLE t (x)").await;
    let mut socket = served.silent(&["hrana3"]).await.unwrap();
    socket.greet(&mint(&served.cloud, "?authorization=read-only").await).await;
    socket.open(1).await;
    assert_eq!(socket.run(1, "SELECT count(*) FROM t").await["rows"][0][0]["value"], "0");
    let error = socket.error(execute(1, "INSERT INTO t VALUES (1)")).await;
    assert_eq!(error["code"], "BLOCKED");
    let steps = json!([{ "stmt": { "sql": "SELECT 1" } }, { "stmt": { "sql": "DELETE FROM t" } }]);
    let cursor = json!({ "type": "open_cursor", "stream_id": 1, "cursor_id": 1, "batch": { "steps": steps } });
    assert_eq!(socket.error(cursor).await["code"], "BLOCKED");
    // A second greeting changes what the connection may do.
    socket.greet(&served.token).await;
    socket.get(json!({ "type": "close_cursor", "cursor_id": 1 })).await;
    socket.run(1, "INSERT INTO t VALUES (1)").await;
}

#[tokio::test]
async fn a_token_that_expires_ends_what_its_socket_may_do() {
    let served = Served::new().await;
    let mut socket = served.silent(&["hrana2"]).await.unwrap();
    socket.greet(&mint(&served.cloud, "?expiration=1h").await).await;
    socket.open(1).await;
    socket.run(1, "SELECT 1").await;
    served.cloud.clock().advance(Duration::from_secs(3601));
    assert_eq!(socket.error(execute(1, "SELECT 1")).await["code"], "AUTH_JWT_EXPIRED");
}

#[tokio::test]
async fn an_archived_database_answers_no_open_socket() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana2").await;
    socket.open(1).await;
    served.cloud.archive_group("acme", "default").unwrap();
    assert_eq!(socket.error(execute(1, "SELECT 1")).await["code"], "BLOCKED");
}

#[tokio::test]
async fn what_the_rules_of_a_token_forbid_is_blocked() {
    let served = Served::new().await;
    served.value("CREATE TABLE t (x)").await;
    let rules = json!({ "fine_grained_permissions": [{ "t": ["t"], "a": ["data_read"] }] }).to_string();
    let token = api(&served.cloud, "databases/app/auth/tokens", &rules).await["jwt"].as_str().unwrap().to_owned();
    let mut socket = served.silent(&["hrana3"]).await.unwrap();
    socket.greet(&token).await;
    socket.open(1).await;
    socket.run(1, "SELECT count(*) FROM t").await;
    let error = socket.error(execute(1, "DELETE FROM t")).await;
    assert_eq!(error["code"], "BLOCKED", "{error}");
}

#[tokio::test]
async fn a_database_that_waits_for_its_file_or_its_key_says_so_in_the_code() {
    let served = Served::new().await;
    let draft = json!({ "name": "draft", "group": "default", "seed": { "type": "database_upload" } });
    let encryption = json!({ "encryption_key": KEY, "encryption_cipher": "aes256gcm" });
    let vault = json!({ "name": "vault", "group": "default", "remote_encryption": encryption });
    for (body, key, code) in [
        (&draft, None, "BLOCKED"),
        (&vault, None, "ENCRYPTION_KEY_MISSING"),
        (&vault, Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), "ENCRYPTION_KEY_INVALID"),
    ] {
        let name = body["name"].as_str().unwrap();
        if key.is_none() {
            api(&served.cloud, "databases", &body.to_string()).await;
        }
        let token = api(&served.cloud, &format!("databases/{name}/auth/tokens"), "").await["jwt"].clone();
        let mut socket = served.socket_of(name, key).await;
        let answer = socket.greet(token.as_str().unwrap()).await;
        assert_eq!((&answer["type"], &answer["error"]["code"]), (&json!("hello_error"), &json!(code)), "{answer}");
    }
}

/// 32 bytes that are no secret.
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

#[tokio::test]
async fn a_deleted_database_answers_no_open_socket_and_nor_does_its_successor() {
    let served = Served::new().await;
    served.value("CREATE TABLE t (x)").await;
    let mut socket = served.socket("hrana3").await;
    socket.open(1).await;
    socket.run(1, "INSERT INTO t VALUES (1)").await;
    call(&served.cloud, Method::DELETE, "databases/app", "").await;
    let open = json!({ "type": "open_stream", "stream_id": 2 });
    let batch = json!({ "steps": [{ "stmt": { "sql": "INSERT INTO t VALUES (2)" } }] });
    let cursor = json!({ "type": "open_cursor", "stream_id": 1, "cursor_id": 1, "batch": batch });
    for request in [execute(1, "INSERT INTO t VALUES (2)"), open, cursor] {
        let error = socket.error(request).await;
        assert_eq!(error, json!({ "message": "database not found", "code": "DATABASE_NOT_FOUND" }));
    }
    // The name is free at once, and whoever has it next is another one.
    api(&served.cloud, "databases", r#"{"name":"app","group":"default"}"#).await;
    assert_eq!(socket.error(execute(1, "CREATE TABLE mine (x)")).await["code"], "DATABASE_NOT_FOUND");
}

#[tokio::test]
async fn the_databases_of_a_deleted_group_answer_no_open_socket() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana2").await;
    socket.open(1).await;
    call(&served.cloud, Method::DELETE, "groups/default", "").await;
    assert_eq!(socket.error(execute(1, "CREATE TABLE t (x)")).await["code"], "DATABASE_NOT_FOUND");
}

#[tokio::test]
async fn what_breaks_the_protocol_closes_the_socket_with_a_code_and_a_reason() {
    let served = Served::new().await;
    let twice = json!({ "type": "open_stream", "stream_id": 1 });
    let cases = [
        (Message::text("{"), 1007),
        (Message::text(r#"{"type":"request","request_id":1,"request":{"type":"nope"}}"#), 1007),
        (Message::binary(vec![1]), 1003),
        (Message::text(json!({ "type": "request", "request_id": 1, "request": twice }).to_string()), 1008),
        (Message::text("x".repeat(10 * 1024 * 1024 + 1)), 1009),
        (Message::binary(vec![b'x'; 15 * 1024 * 1024]), 1009),
        (fragment(b"\xff", OpCode::Data(Data::Text), true), 1007),
        (fragment(b"the rest of nothing", OpCode::Data(Data::Continue), true), 1002),
    ];
    for (message, code) in cases {
        let mut socket = served.socket("hrana3").await;
        socket.open(1).await;
        socket.stream.send(message).await.unwrap();
        let (found, reason) = socket.end().await;
        assert_eq!(found, code, "{reason}");
        assert!(!reason.is_empty());
    }
}

fn fragment(payload: &[u8], of: OpCode, is_last: bool) -> Message {
    Message::Frame(Frame::message(payload.to_vec(), of, is_last))
}

#[tokio::test]
async fn a_message_in_many_fragments_may_be_no_longer_than_another() {
    let served = Served::new().await;
    let mut socket = served.silent(&["hrana2"]).await.unwrap();
    let piece = vec![b' '; 1024 * 1024];
    socket.stream.send(fragment(&piece, OpCode::Data(Data::Text), false)).await.unwrap();
    for _ in 0..10 {
        socket.stream.send(fragment(&piece, OpCode::Data(Data::Continue), false)).await.unwrap();
    }
    assert_eq!(socket.end().await, (1009, "a message may have at most 10485760 bytes".to_owned()));
}

#[tokio::test]
async fn a_request_before_the_greeting_closes_the_socket() {
    let served = Served::new().await;
    let mut socket = served.silent(&["hrana2"]).await.unwrap();
    socket.begin(json!({ "type": "open_stream", "stream_id": 1 })).await;
    assert_eq!(socket.end().await, (1008, "a request came before the `hello`".to_owned()));
}

#[tokio::test]
async fn a_stream_that_was_never_opened_is_an_error_of_the_request() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana2").await;
    assert_eq!(socket.error(execute(5, "SELECT 1")).await["code"], "STREAM_NOT_OPEN");
    socket.get(json!({ "type": "close_stream", "stream_id": 5 })).await;
}

#[tokio::test]
async fn streams_and_stored_texts_of_a_connection_are_limited() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana2").await;
    for stream in 0..1024 {
        socket.open(stream).await;
    }
    let error = socket.error(json!({ "type": "open_stream", "stream_id": 1024 })).await;
    assert_eq!(error["code"], "TOO_MANY_STREAMS");
    for id in 0..150 {
        socket.get(json!({ "type": "store_sql", "sql_id": id, "sql": "SELECT 1" })).await;
    }
    let error = socket.error(json!({ "type": "store_sql", "sql_id": 150, "sql": "SELECT 1" })).await;
    assert_eq!(error["code"], "SQL_STORE_TOO_MANY");
}

#[tokio::test]
async fn nothing_more_is_read_while_long_requests_wait_for_their_answers() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana3").await;
    for stream in 1..=3 {
        socket.open(stream).await;
    }
    socket.run(1, "CREATE TABLE t (x)").await;
    tokio::time::pause();
    socket.run(1, "BEGIN IMMEDIATE").await;
    let text = json!({ "type": "text", "value": "x".repeat(6 * 1024 * 1024) });
    let insert = json!({ "sql": "INSERT INTO t VALUES (?)", "args": [text] });
    let long = json!({ "type": "execute", "stream_id": 2, "stmt": insert });
    let waiting = [socket.begin(long.clone()).await, socket.begin(long).await];
    // It would not have to wait.
    let behind = socket.begin(execute(3, "SELECT 1")).await;
    let mut answered = Vec::new();
    for _ in 0..3 {
        answered.push(socket.hear().await["request_id"].clone());
    }
    assert_eq!(answered[0], waiting[0], "{answered:?} ({behind} is read once the first is answered)");
}

#[tokio::test]
async fn a_server_that_shuts_down_takes_leave_of_its_sockets() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana2").await;
    let Served { server, cloud, .. } = served;
    server.shutdown().await;
    assert_eq!(socket.end().await.0, 1001);
    api(&cloud, "groups/default/auth/tokens", "").await;
}

#[tokio::test]
async fn nothing_of_a_socket_outlives_the_server_it_came_through() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let served = Served::new().await;
    let mut socket = served.socket("hrana2").await;
    socket.open(1).await;
    socket.run(1, "BEGIN IMMEDIATE").await;
    let (left, end) = tokio::join!(
        async {
            served.server.shutdown().await;
            tasks()
        },
        socket.end()
    );
    assert_eq!((left, end.0), (before, 1001));
}

/// It is never read from, so that a close frame cannot be written to it.
#[tokio::test(start_paused = true)]
async fn a_socket_that_takes_nothing_holds_up_a_shutdown_for_five_seconds_at_most() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana3").await;
    socket.open(1).await;
    for _ in 0..8 {
        socket.begin(execute(1, "SELECT hex(zeroblob(4500000))")).await;
    }
    let began = tokio::time::Instant::now();
    served.server.shutdown().await;
    let took = began.elapsed().as_secs();
    assert!(took <= 5, "{took} s");
    drop(socket);
}
