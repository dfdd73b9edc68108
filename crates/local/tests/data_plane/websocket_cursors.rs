//! Cursors whose client is slow to fetch.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Served, Socket, execute, rows_read};

#[tokio::test]
async fn the_transaction_of_a_cursor_nobody_fetches_ends_in_time() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana3").await;
    socket.open(1).await;
    socket.open(2).await;
    socket.run(1, "CREATE TABLE t (x)").await;
    tokio::time::pause();
    open_cursor(&mut socket, &["BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)"]).await;
    socket.run(2, "INSERT INTO t VALUES (2)").await;
    let entries = fetch_all(&mut socket).await;
    assert_eq!(entries.iter().filter(|entry| entry["type"] == "step_end").count(), 2, "{entries:?}");
    socket.get(json!({ "type": "close_cursor", "cursor_id": 1 })).await;
    assert_eq!(socket.error(execute(1, "COMMIT")).await["code"], "TRANSACTION_TIMEOUT");
    assert_eq!(socket.run(1, "SELECT group_concat(x) FROM t").await["rows"][0][0]["value"], "2");
}

#[tokio::test]
async fn a_cursor_that_was_stopped_because_nobody_fetched_does_not_look_whole() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana3").await;
    socket.open(1).await;
    socket.open(2).await;
    socket.run(1, "CREATE TABLE t (x)").await;
    socket.run(1, "INSERT INTO t VALUES (1)").await;
    let before = rows_read(&served.cloud).await;
    tokio::time::pause();
    open_cursor(&mut socket, &[&["BEGIN IMMEDIATE"], &["SELECT x FROM t"; 20][..]].concat()).await;
    // The ends of eight are sent ahead of the client, and one has to wait.
    while rows_read(&served.cloud).await < before + 9 {}
    // Once its client is given up, the next one may write.
    let mut answer = json!({});
    while answer["type"] != "response_ok" {
        answer = while_time_passes(socket.ask(execute(2, "INSERT INTO t VALUES (2)"))).await;
    }
    let entries = fetch_all(&mut socket).await;
    assert_eq!(entries.iter().filter(|entry| entry["type"] == "step_end").count(), 9, "{entries:?}");
    let last = entries.last().unwrap();
    assert_eq!((&last["type"], &last["error"]["code"]), (&json!("error"), &json!("SQLITE_INTERRUPT")), "{last}");
}

/// Opens a cursor, and fetches the first entry.
async fn open_cursor(socket: &mut Socket, statements: &[&str]) {
    let steps: Vec<_> = statements.iter().map(|sql| json!({ "stmt": { "sql": sql } })).collect();
    socket.get(json!({ "type": "open_cursor", "stream_id": 1, "cursor_id": 1, "batch": { "steps": steps } })).await;
    assert_eq!(fetch(socket, 1).await.0.len(), 1);
}

async fn fetch_all(socket: &mut Socket) -> Vec<Value> {
    let mut entries = Vec::new();
    loop {
        let (more, is_done) = fetch(socket, 1000).await;
        entries.extend(more);
        if is_done {
            return entries;
        }
    }
}

async fn fetch(socket: &mut Socket, max_count: u32) -> (Vec<Value>, bool) {
    let response = socket.get(json!({ "type": "fetch_cursor", "cursor_id": 1, "max_count": max_count })).await;
    (response["entries"].as_array().unwrap().clone(), response["done"] == true)
}

/// A thread that waits for its client keeps the paused time from passing by itself.
async fn while_time_passes<T>(work: impl Future<Output = T>) -> T {
    let passing = async {
        loop {
            tokio::time::advance(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        done = work => done,
        () = passing => unreachable!("time does not end"),
    }
}
