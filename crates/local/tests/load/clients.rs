//! Clients that come in great number and do not behave.

use std::{any::Any, future::Future, net::SocketAddr, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _, future::join_all};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    runtime::{Builder, Handle},
    time::timeout,
};
use tokio_tungstenite::{client_async, tungstenite::Message};
use turso_cloud::{Client, NewDatabase, NewToken};
use turso_cloud_local::{Cloud, Server};

use crate::{alone, pipeline, process};

/// Of each kind, at the same time.
const CLIENTS: usize = 16;

/// More than the clients of all kinds, and less than those of two rounds.
const MOST_CONNECTIONS: usize = 300;

/// The streams with a connection that a database has room for.
const MOST_STREAMS: usize = 256;

/// Nothing here takes as long unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longer than the server waits for anything.
const FOR_EVER: Duration = Duration::from_secs(180);

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

/// Produces no row and never ends.
const BUSY: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

/// What a database keeps open while it is used: a file for each connection that there ever was at a time, the logs of
/// eight that are kept, and two of its own.
const KEPT_FILES: usize = MOST_STREAMS + 8 + 2;

/// What the process keeps of the memory that all of them took.
const KEPT_MEMORY: u64 = 96 << 20;

/// Larger than what the sockets take up on the way.
const LARGE: &str = "SELECT hex(randomblob(4500000))";

#[derive(Clone)]
struct Target {
    address: SocketAddr,
    token: String,
}

/// What a client holds on to, if anything.
type Held = Option<Box<dyn Any>>;

impl Target {
    async fn connect(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    async fn send(&self, path: &str, body: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(&self.request(path, body.len(), body)).await.unwrap();
        stream
    }

    fn request(&self, path: &str, length: usize, body: &str) -> Vec<u8> {
        let token = &self.token;
        format!(
            "POST /db/app-acme{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    /// Runs statements on a stream, whose baton nobody keeps.
    async fn run(&self, statements: &[&str], closed: bool) -> TcpStream {
        let mut stream = self.send("/v2/pipeline", &pipeline(statements, closed).to_string()).await;
        expect_ok(&mut stream).await;
        stream
    }

    async fn socket(&self) -> tokio_tungstenite::WebSocketStream<TcpStream> {
        let request = http::Request::get(format!("ws://{}/db/app-acme/", self.address))
            .header("host", "localhost")
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("sec-websocket-protocol", "hrana3")
            .body(())
            .unwrap();
        let (mut socket, _) = client_async(request, self.connect().await).await.unwrap();
        let batch = json!({ "steps": [{ "stmt": { "sql": ENDLESS } }] });
        let requests = [
            json!({ "type": "open_stream", "stream_id": 1 }),
            json!({ "type": "open_cursor", "stream_id": 1, "cursor_id": 1, "batch": batch }),
            json!({ "type": "open_stream", "stream_id": 2 }),
            json!({ "type": "execute", "stream_id": 2, "stmt": { "sql": "BEGIN" } }),
        ];
        let messages = requests
            .into_iter()
            .enumerate()
            .map(|(id, request)| json!({ "type": "request", "request_id": id, "request": request }));
        for message in [json!({ "type": "hello", "jwt": self.token })].into_iter().chain(messages) {
            socket.send(Message::text(message.to_string())).await.unwrap();
            let answer: Value = serde_json::from_str(socket.next().await.unwrap().unwrap().to_text().unwrap()).unwrap();
            assert!(matches!(answer["type"].as_str(), Some("hello_ok" | "response_ok")), "{answer}");
        }
        socket
    }
}

async fn expect_ok(stream: &mut TcpStream) {
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
}

async fn silent(target: Target) -> Held {
    Some(Box::new(target.connect().await))
}

async fn half_a_head(target: Target) -> Held {
    let mut stream = target.connect().await;
    stream.write_all(b"POST /db/app-acme/v2/pipeline HTTP/1.1\r\nHost: local").await.unwrap();
    Some(Box::new(stream))
}

async fn half_a_body(target: Target) -> Held {
    let mut stream = target.connect().await;
    stream.write_all(&target.request("/v2/pipeline", 100, r#"{"requests":["#)).await.unwrap();
    Some(Box::new(stream))
}

async fn half_a_handshake(target: Target) -> Held {
    let mut stream = target.connect().await;
    stream.write_all(&[0x16, 3, 1, 0, 200, 1]).await.unwrap();
    Some(Box::new(stream))
}

async fn idle(target: Target) -> Held {
    Some(Box::new(target.run(&["SELECT 1"], true).await))
}

/// Takes the beginning of an answer and no more.
async fn slow_reader(target: Target) -> Held {
    Some(Box::new(target.run(&[LARGE], true).await))
}

async fn slow_reader_of_a_cursor(target: Target) -> Held {
    let mut stream = target.send("/v3/cursor", &cursor()).await;
    expect_ok(&mut stream).await;
    Some(Box::new(stream))
}

async fn leaves_a_cursor(target: Target) -> Held {
    let mut stream = target.send("/v3/cursor", &cursor()).await;
    let mut rows = vec![0; 100_000];
    stream.read_exact(&mut rows).await.unwrap();
    None
}

/// Hangs up while a query runs that would never answer, whatever protocol it was sent with.
async fn leaves_a_query(target: Target) -> Held {
    let requests = [
        ("/v2/pipeline", pipeline(&[BUSY], true)),
        ("/v1/execute", json!({ "stmt": { "sql": BUSY } })),
        ("/v1/batch", json!({ "batch": { "steps": [{ "stmt": { "sql": BUSY } }] } })),
        ("/", json!({ "statements": [BUSY] })),
    ];
    for (path, body) in requests {
        let stream = target.send(path, &body.to_string()).await;
        // Long enough on its way for the query to have begun.
        target.run(&["SELECT 1"], true).await;
        drop(stream);
    }
    None
}

async fn leaves_a_query_of_a_socket(target: Target) -> Held {
    let mut socket = target.socket().await;
    let request = json!({ "type": "execute", "stream_id": 2, "stmt": { "sql": BUSY } });
    socket
        .send(Message::text(json!({ "type": "request", "request_id": 9, "request": request }).to_string()))
        .await
        .unwrap();
    target.run(&["SELECT 1"], true).await;
    None
}

async fn abandons_a_stream(target: Target) -> Held {
    target.run(&["BEGIN", "SELECT count(*) FROM t"], false).await;
    None
}

async fn leaves_a_socket(target: Target) -> Held {
    // Without a close frame.
    drop(target.socket().await.into_inner());
    None
}

/// Asks for more than it reads.
async fn slow_reader_of_a_socket(target: Target) -> Held {
    let mut socket = target.socket().await;
    for id in 10..200 {
        let fetch = json!({ "type": "fetch_cursor", "cursor_id": 1, "max_count": 10_000 });
        let message = json!({ "type": "request", "request_id": id, "request": fetch });
        socket.send(Message::text(message.to_string())).await.unwrap();
    }
    Some(Box::new(socket))
}

fn cursor() -> String {
    json!({ "batch": { "steps": [{ "stmt": { "sql": ENDLESS } }] } }).to_string()
}

async fn all<F: Future<Output = Held>>(target: &Target, client: impl Fn(Target) -> F) -> Vec<Held> {
    let clients = join_all((0..CLIENTS).map(|_| client(target.clone())));
    timeout(PATIENCE, clients).await.expect("a client got no answer")
}

/// Lets clients of all kinds in, and then the time pass that the server has for them. Nobody has hung up who is held.
async fn round(target: &Target) -> Vec<Held> {
    let mut held = Vec::new();
    held.extend(all(target, silent).await);
    held.extend(all(target, half_a_head).await);
    held.extend(all(target, half_a_body).await);
    held.extend(all(target, half_a_handshake).await);
    held.extend(all(target, idle).await);
    held.extend(all(target, slow_reader).await);
    held.extend(all(target, slow_reader_of_a_cursor).await);
    held.extend(all(target, slow_reader_of_a_socket).await);
    held.extend(all(target, leaves_a_cursor).await);
    held.extend(all(target, leaves_a_query).await);
    held.extend(all(target, leaves_a_query_of_a_socket).await);
    held.extend(all(target, abandons_a_stream).await);
    held.extend(all(target, leaves_a_socket).await);
    let_time_pass().await;
    held.retain(Option::is_some);
    held
}

async fn let_time_pass() {
    tokio::time::pause();
    for _ in 0..FOR_EVER.as_secs() {
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
    }
    tokio::time::resume();
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Open {
    files: usize,
    tasks: usize,
}

impl Open {
    fn now() -> Self {
        Self { files: process::open_files(), tasks: Handle::current().metrics().num_alive_tasks() }
    }

    fn is_within(self, bound: Self) -> bool {
        self.files <= bound.files && self.tasks <= bound.tasks
    }

    fn and_files(self, more: usize) -> Self {
        Self { files: self.files + more, ..self }
    }

    /// Waits until no more than this is open. What ends, ends on other threads.
    async fn expect(bound: Self, what: &str) {
        let settled = async {
            while !Self::now().is_within(bound) {
                tokio::task::yield_now().await;
            }
        };
        let settled = timeout(PATIENCE, settled).await;
        assert!(settled.is_ok(), "{what}: {:?} are open, and {bound:?} should be", Self::now());
    }
}

async fn serve() -> (Server, Client, Target) {
    // Fewer would not do for all streams that a database may have.
    rlimit::increase_nofile_limit(2048).unwrap();
    let cloud = Cloud::builder().max_connections(MOST_CONNECTIONS).build().unwrap();
    let turso = cloud.client().build().unwrap();
    turso.databases().create(NewDatabase::new("app", "default")).await.unwrap();
    let token = turso.databases().create_token("app", NewToken::full_access()).await.unwrap();
    let server = cloud.serve("127.0.0.1:0").await.unwrap();
    let target = Target { address: server.addr(), token: token.expose().to_owned() };
    target.run(&["CREATE TABLE t (x)"], true).await;
    (server, turso, target)
}

#[test]
fn clients_that_do_not_behave_leave_nothing_behind() {
    alone(Builder::new_current_thread(), let_in_clients_that_do_not_behave());
}

#[test]
fn a_server_that_is_shut_down_while_it_is_busy_leaves_nothing_behind() {
    alone(Builder::new_current_thread(), shut_down_a_busy_server());
}

async fn let_in_clients_that_do_not_behave() {
    let (server, turso, target) = serve().await;
    let before = Open::now();
    for number in 1..=2 {
        let held = round(&target).await;
        let what = format!("round {number}, {} clients hold on", held.len());
        Open::expect(before.and_files(KEPT_FILES + held.len()), &what).await;
        drop(held);
        Open::expect(before.and_files(KEPT_FILES), "nobody is there any more").await;
    }
    // Whoever had kept a place would be missed now.
    let begin = |target: Target| async move { Some(Box::new(target.run(&["BEGIN"], false).await) as Box<dyn Any>) };
    let streams = join_all((0..MOST_STREAMS).map(|_| begin(target.clone())));
    let streams = timeout(PATIENCE, streams).await.expect("a stream found no place");
    assert_eq!(streams.len(), MOST_STREAMS);
    // They are idle.
    let_time_pass().await;
    timeout(PATIENCE, target.run(&["INSERT INTO t VALUES (1)"], true)).await.expect("somebody is still writing");
    drop(streams);
    // With the database go the files that it keeps.
    turso.databases().delete("app").await.unwrap();
    Open::expect(before, "the database is gone").await;
    server.shutdown().await;
    let kept = process::memory_in_the_end(KEPT_MEMORY).await;
    assert!(kept < KEPT_MEMORY, "{kept} bytes of memory are kept");
}

async fn shut_down_a_busy_server() {
    let before = Open::now();
    let (server, _, target) = serve().await;
    let mut held = Vec::new();
    held.extend(all(&target, silent).await);
    held.extend(all(&target, half_a_body).await);
    held.extend(all(&target, half_a_handshake).await);
    held.extend(all(&target, slow_reader_of_a_cursor).await);
    held.extend(all(&target, slow_reader_of_a_socket).await);
    timeout(PATIENCE, server.shutdown()).await.expect("the server does not end");
    drop(held);
    Open::expect(before, "the server has ended").await;
}
