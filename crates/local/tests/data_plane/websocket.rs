//! What a socket can do.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::support::{Served, Socket, execute};

/// Produces no row and never ends.
const BUSY: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

#[tokio::test]
async fn every_request_of_the_third_version_is_answered_in_its_documented_shape() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana3").await;
    socket.open(1).await;
    socket.run(1, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)").await;
    let result = socket.run(1, "INSERT INTO t (v) VALUES ('a'), ('b')").await;
    assert_eq!((&result["affected_row_count"], &result["last_insert_rowid"]), (&json!(2), &json!("2")));
    let batch = json!({ "steps": [
        { "stmt": { "sql": "SELECT v FROM t WHERE id = ?", "args": [{ "type": "integer", "value": "2" }] } },
        { "stmt": { "sql": "SELECT 1" }, "condition": { "type": "error", "step": 0 } },
    ] });
    let response = socket.get(json!({ "type": "batch", "stream_id": 1, "batch": batch })).await;
    assert_eq!(response["type"], "batch");
    assert_eq!(response["result"]["step_results"][0]["rows"][0][0], json!({ "type": "text", "value": "b" }));
    assert_eq!(response["result"]["step_results"][1], Value::Null);
    let response = socket.get(json!({ "type": "sequence", "stream_id": 1, "sql": "BEGIN; DELETE FROM t" })).await;
    assert_eq!(response, json!({ "type": "sequence" }));
    let response = socket.get(json!({ "type": "get_autocommit", "stream_id": 1 })).await;
    assert_eq!(response, json!({ "type": "get_autocommit", "is_autocommit": false }));
    socket.run(1, "ROLLBACK").await;
    let response = socket.get(json!({ "type": "store_sql", "sql_id": 7, "sql": "SELECT count(*) FROM t" })).await;
    assert_eq!(response, json!({ "type": "store_sql" }));
    let response = socket.get(json!({ "type": "execute", "stream_id": 1, "stmt": { "sql_id": 7 } })).await;
    assert_eq!(response["result"]["rows"][0][0]["value"], "2");
    let response = socket.get(json!({ "type": "describe", "stream_id": 1, "sql_id": 7 })).await;
    assert_eq!(response["result"]["is_readonly"], true);
    let response = socket.get(json!({ "type": "close_sql", "sql_id": 7 })).await;
    assert_eq!(response, json!({ "type": "close_sql" }));
    let response = socket.get(json!({ "type": "close_stream", "stream_id": 1 })).await;
    assert_eq!(response, json!({ "type": "close_stream" }));
}

#[tokio::test]
async fn every_type_of_value_survives_the_way_there_and_back() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana2").await;
    socket.open(1).await;
    let values = [
        json!({ "type": "null" }),
        json!({ "type": "integer", "value": i64::MIN.to_string() }),
        json!({ "type": "float", "value": -1.5e300 }),
        json!({ "type": "text", "value": "größe 🦀\u{0}" }),
        json!({ "type": "blob", "base64": "AP8H" }),
    ];
    for value in values {
        let stmt = json!({ "sql": "SELECT ?", "args": [value] });
        let response = socket.get(json!({ "type": "execute", "stream_id": 1, "stmt": stmt })).await;
        assert_eq!(response["result"]["rows"][0][0], value);
    }
}

#[tokio::test]
async fn requests_of_a_stream_run_in_the_order_they_were_sent() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana2").await;
    socket.begin(json!({ "type": "open_stream", "stream_id": 1 })).await;
    socket.begin(execute(1, "CREATE TABLE t (x)")).await;
    for n in 0..50 {
        socket.begin(execute(1, &format!("INSERT INTO t VALUES ({n})"))).await;
    }
    socket.begin(json!({ "type": "close_stream", "stream_id": 1 })).await;
    for id in 1..=53 {
        let answer = socket.hear().await;
        assert_eq!((&answer["type"], &answer["request_id"]), (&json!("response_ok"), &json!(id)), "{answer}");
    }
}

#[tokio::test]
async fn two_streams_that_wait_for_the_write_lock_do_not_block_each_other() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana2").await;
    socket.open(1).await;
    socket.open(2).await;
    socket.run(1, "CREATE TABLE t (x)").await;
    socket.run(1, "BEGIN IMMEDIATE").await;
    let waiting = socket.begin(execute(2, "INSERT INTO t VALUES (2)")).await;
    let inserted = socket.begin(execute(1, "INSERT INTO t VALUES (1)")).await;
    assert_eq!(socket.hear().await["request_id"], inserted);
    let committed = socket.begin(execute(1, "COMMIT")).await;
    let mut answered = vec![];
    for _ in 0..2 {
        let answer = socket.hear().await;
        assert_eq!(answer["type"], "response_ok", "{answer}");
        answered.push(answer["request_id"].as_i64().unwrap());
    }
    answered.sort_unstable();
    assert_eq!(answered, [i64::from(waiting), i64::from(committed)]);
    assert_eq!(served.value("SELECT group_concat(x) FROM t").await, "1,2");
}

#[tokio::test]
async fn a_transaction_is_seen_by_others_once_it_is_committed() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana2").await;
    socket.open(1).await;
    socket.run(1, "CREATE TABLE t (x UNIQUE)").await;
    socket.run(1, "BEGIN").await;
    socket.run(1, "INSERT INTO t VALUES (1)").await;
    assert_eq!(served.value("SELECT count(*) FROM t").await, "0");
    let error = socket.error(execute(1, "INSERT INTO t VALUES (1)")).await;
    assert_eq!(error["code"], "SQLITE_CONSTRAINT");
    socket.run(1, "COMMIT").await;
    assert_eq!(served.value("SELECT count(*) FROM t").await, "1");
}

#[tokio::test]
async fn a_socket_that_closes_rolls_back_and_lets_the_next_writer_in() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana2").await;
    socket.open(1).await;
    socket.run(1, "CREATE TABLE t (x)").await;
    socket.run(1, "BEGIN IMMEDIATE").await;
    socket.run(1, "INSERT INTO t VALUES (1)").await;
    drop(socket);
    let mut next = served.socket("hrana2").await;
    next.open(1).await;
    let started = std::time::Instant::now();
    next.run(1, "INSERT INTO t VALUES (2)").await;
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert_eq!(served.value("SELECT group_concat(x) FROM t").await, "2");
}

#[tokio::test]
async fn a_farewell_is_answered() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana3").await;
    socket.open(1).await;
    socket.run(1, "BEGIN IMMEDIATE").await;
    assert_eq!(socket.say_farewell(CloseCode::Normal).await, Some(CloseCode::Normal));
    assert_eq!(served.value("SELECT 1").await, "1");
}

#[tokio::test]
async fn three_hundred_streams_at_rest_leave_room_for_others() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana2").await;
    for stream in 0..300 {
        socket.open(stream).await;
        socket.run(stream, "SELECT 1").await;
    }
    assert_eq!(served.value("SELECT 'free'").await, "free");
}

#[tokio::test]
async fn a_cursor_is_fetched_piece_by_piece_until_it_is_done() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana3").await;
    socket.open(1).await;
    socket.run(1, "CREATE TABLE t (x)").await;
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n";
    let steps = json!([{ "stmt": { "sql": "INSERT INTO t VALUES (1)" } }, { "stmt": { "sql": many } }]);
    let request = json!({ "type": "open_cursor", "stream_id": 1, "cursor_id": 9, "batch": { "steps": steps } });
    assert_eq!(socket.get(request).await, json!({ "type": "open_cursor" }));
    let mut entries = Vec::new();
    loop {
        let response = socket.get(json!({ "type": "fetch_cursor", "cursor_id": 9, "max_count": 5000 })).await;
        let fetched = response["entries"].as_array().unwrap().clone();
        assert!(fetched.len() <= 5000);
        entries.extend(fetched);
        if response["done"] == true {
            break;
        }
    }
    assert_eq!(entries[0], json!({ "type": "step_begin", "step": 0, "cols": [] }));
    assert_eq!(entries[1], json!({ "type": "step_end", "affected_row_count": 1, "last_insert_rowid": "1" }));
    assert_eq!(entries.iter().filter(|entry| entry["type"] == "row").count(), 100_000);
    assert_eq!(entries.last().unwrap()["type"], "step_end");
    let response = socket.get(json!({ "type": "close_cursor", "cursor_id": 9 })).await;
    assert_eq!(response, json!({ "type": "close_cursor" }));
    socket.run(1, "SELECT 1").await;
}

#[tokio::test]
async fn a_cursor_closed_early_stops_its_query_and_keeps_the_transaction_of_its_stream() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana3").await;
    socket.open(1).await;
    socket.run(1, "CREATE TABLE t (x)").await;
    socket.run(1, "BEGIN").await;
    socket.run(1, "INSERT INTO t VALUES (1)").await;
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let steps = json!([{ "stmt": { "sql": endless } }, { "stmt": { "sql": "DELETE FROM t" } }]);
    socket.get(json!({ "type": "open_cursor", "stream_id": 1, "cursor_id": 1, "batch": { "steps": steps } })).await;
    let response = socket.get(json!({ "type": "fetch_cursor", "cursor_id": 1, "max_count": 10 })).await;
    assert_eq!(response["done"], false);
    socket.get(json!({ "type": "close_cursor", "cursor_id": 1 })).await;
    socket.run(1, "COMMIT").await;
    assert_eq!(served.value("SELECT count(*) FROM t").await, "1");
}

#[tokio::test]
async fn a_cursor_closed_before_its_next_row_stops_its_query_and_keeps_the_transaction_of_its_stream() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana3").await;
    socket.open(1).await;
    for sql in ["CREATE TABLE t (x)", "BEGIN", "INSERT INTO t VALUES (1)"] {
        socket.run(1, sql).await;
    }
    close_within(&mut socket, BUSY).await;
    socket.run(1, "INSERT INTO t VALUES (2)").await;
    socket.run(1, "COMMIT").await;
    assert_eq!(served.value("SELECT count(*) FROM t").await, "2");
}

#[tokio::test]
async fn a_cursor_closed_while_it_writes_tells_of_the_transaction_it_has_cost() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana3").await;
    socket.open(1).await;
    socket.run(1, "CREATE TABLE t (x)").await;
    let told = loop {
        socket.run(1, "BEGIN").await;
        socket.run(1, "INSERT INTO t VALUES (1)").await;
        close_within(&mut socket, &format!("INSERT INTO t {BUSY}")).await;
        let answer = socket.ask(execute(1, "INSERT INTO t VALUES (2)")).await;
        if answer["type"] == "response_error" {
            break answer["error"].clone();
        }
        // The cursor was closed before its statement began, which costs nothing: the transaction is still there.
        socket.run(1, "ROLLBACK").await;
    };
    assert_eq!(told["code"], "TRANSACTION_TIMEOUT");
    assert_eq!(socket.error(execute(1, "COMMIT")).await["code"], "TRANSACTION_TIMEOUT");
    socket.run(1, "INSERT INTO t VALUES (3)").await;
    assert_eq!(served.value("SELECT group_concat(x) FROM t").await, "3");
}

/// Closes a cursor on stream 1 while this runs, which never ends by itself.
async fn close_within(socket: &mut Socket, endless: &str) {
    let steps = json!([{ "stmt": { "sql": "SELECT 1" } }, { "stmt": { "sql": endless } }]);
    socket.get(json!({ "type": "open_cursor", "stream_id": 1, "cursor_id": 1, "batch": { "steps": steps } })).await;
    let response = socket.get(json!({ "type": "fetch_cursor", "cursor_id": 1, "max_count": 1 })).await;
    assert_eq!(response["entries"][0]["type"], "step_begin", "{response}");
    let closed = socket.get(json!({ "type": "close_cursor", "cursor_id": 1 }));
    timeout(Duration::from_secs(60), closed).await.expect("the query is stopped");
}

#[tokio::test]
async fn a_stream_closed_with_an_open_cursor_ends_both() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana3").await;
    socket.open(1).await;
    let steps = json!([{ "stmt": { "sql": "SELECT 1" } }]);
    socket.get(json!({ "type": "open_cursor", "stream_id": 1, "cursor_id": 1, "batch": { "steps": steps } })).await;
    let response = socket.get(json!({ "type": "close_stream", "stream_id": 1 })).await;
    assert_eq!(response, json!({ "type": "close_stream" }));
    let error = socket.error(json!({ "type": "fetch_cursor", "cursor_id": 1, "max_count": 1 })).await;
    assert_eq!(error["code"], "CURSOR_NOT_OPEN");
}

#[tokio::test]
async fn a_stream_closed_while_its_cursor_has_no_row_yet_stops_the_query() {
    let served = Served::new().await;
    let mut socket = served.socket("hrana3").await;
    socket.open(1).await;
    let steps = json!([{ "stmt": { "sql": BUSY } }]);
    socket.get(json!({ "type": "open_cursor", "stream_id": 1, "cursor_id": 1, "batch": { "steps": steps } })).await;
    let fetched = socket.begin(json!({ "type": "fetch_cursor", "cursor_id": 1, "max_count": 1 })).await;
    let closed = socket.begin(json!({ "type": "close_stream", "stream_id": 1 })).await;
    let answer = socket.hear().await;
    let nothing_yet = json!({ "type": "fetch_cursor", "entries": [], "done": false });
    assert_eq!((&answer["request_id"], &answer["response"]), (&json!(fetched), &nothing_yet));
    assert_eq!(socket.hear().await["request_id"], closed);
}
