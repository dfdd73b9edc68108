use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::json;

use super::{BUSY, Host, baton, execute, integer, pass, step};
use crate::data::database::{StreamState, Streams};
use crate::data::run::cursor::MAX_STALL;

#[tokio::test]
async fn a_cursor_answers_line_by_line_in_the_documented_shape() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x INTEGER)"]).await;
    let body = r#"{"batch":{"steps":[
        {"stmt":{"sql":"INSERT INTO t VALUES (1), (2)","want_rows":false}},
        {"stmt":{"sql":"SELECT x FROM t ORDER BY x"}},
        {"condition":{"type":"error","step":1},"stmt":{"sql":"SELECT 'skipped'"}},
        {"stmt":{"sql":"SELECT nope"}}]}}"#;
    let (status, text) = host.post("/v3/cursor", body).await;
    assert_eq!(status, 200);
    let (opening, rest) = text.split_once('\n').unwrap();
    let opening: serde_json::Value = serde_json::from_str(opening).unwrap();
    assert!(opening["baton"].is_string() && opening["base_url"].is_null(), "{opening}");
    assert_eq!(
        rest,
        concat!(
            r#"{"type":"step_begin","step":0,"cols":[]}"#,
            "\n",
            r#"{"type":"step_end","affected_row_count":2,"last_insert_rowid":2}"#,
            "\n",
            r#"{"type":"step_begin","step":1,"cols":[{"name":"x","decltype":"INTEGER"}]}"#,
            "\n",
            r#"{"type":"row","row":[{"type":"integer","value":"1"}]}"#,
            "\n",
            r#"{"type":"row","row":[{"type":"integer","value":"2"}]}"#,
            "\n",
            r#"{"type":"step_end","affected_row_count":0,"last_insert_rowid":null}"#,
            "\n",
            r#"{"type":"step_error","step":3,"error":{"message":"SQL input error: no such column: nope (at offset 7)","code":"SQL_INPUT_ERROR"}}"#,
            "\n",
            r#"{"type":"replication_index","replication_index":null}"#,
            "\n",
        )
    );
}

#[tokio::test]
async fn a_cursor_has_the_content_type_drivers_compare_with() {
    let host = Host::new();
    let response = host.send("/v3/cursor", r#"{"batch":{"steps":[]}}"#).await;
    assert_eq!(response.headers()["content-type"], "text/plain");
}

#[tokio::test]
async fn conditions_see_the_transaction_of_the_cursor() {
    let host = Host::new();
    let autocommit = json!({ "type": "is_autocommit" });
    let lines = host
        .cursor(
            None,
            json!([
                step("BEGIN"),
                { "condition": autocommit, "stmt": { "sql": "SELECT 1" } },
                step("ROLLBACK"),
                { "condition": autocommit, "stmt": { "sql": "SELECT 2" } },
            ]),
        )
        .await;
    let begun: Vec<_> = lines.iter().filter_map(|line| line["step"].as_u64()).collect();
    assert_eq!(begun, [0, 2, 3]);
}

#[tokio::test]
async fn the_stream_of_a_cursor_can_be_continued_as_soon_as_the_last_line_is_read() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let lines = host.cursor(None, json!([step("BEGIN"), step("INSERT INTO t VALUES (1)")])).await;
    assert_eq!(lines.last().unwrap()["type"], "replication_index");
    let answer = host.pipeline(Some(baton(&lines[0])), json!([execute("COMMIT"), { "type": "close" }])).await;
    assert_eq!(answer["results"][0]["type"], "ok");
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(1));
}

/// As drivers do that were asked for one row.
#[tokio::test]
async fn the_stream_of_a_cursor_can_be_continued_by_who_has_seen_the_last_row_and_reads_no_further() {
    let host = Host::new();
    let response = host.send("/v3/cursor", json!({ "batch": { "steps": [step("SELECT 7")] } }).to_string()).await;
    let mut body = response.into_body().into_data_stream();
    let mut text = String::new();
    while !text.contains(r#""type":"row""#) {
        text.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
    }
    drop(body);
    let opening: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let answer = host.pipeline(Some(baton(&opening)), json!([execute("SELECT 8"), { "type": "close" }])).await;
    assert_eq!(answer["results"][0]["response"]["result"]["rows"], json!([[integer(8)]]));
}

/// As drivers do that were asked for one row of many.
#[tokio::test]
async fn who_leaves_a_cursor_goes_on_with_its_baton_and_without_its_transaction() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    for (begin, code) in [("SELECT 1", serde_json::Value::Null), ("BEGIN IMMEDIATE", json!("TRANSACTION_TIMEOUT"))] {
        let steps = json!([step(begin), step("UPDATE t SET x = x"), step(ENDLESS)]);
        let response = host.send("/v3/cursor", json!({ "batch": { "steps": steps } }).to_string()).await;
        let mut body = response.into_body().into_data_stream();
        let first = body.next().await.unwrap().unwrap();
        let opening = std::str::from_utf8(&first).unwrap().lines().next().unwrap();
        let opening: serde_json::Value = serde_json::from_str(opening).unwrap();
        // The next request may come before the server knows that its client has left.
        let next = host.pipeline(Some(baton(&opening)), json!([execute("INSERT INTO t VALUES (2)")]));
        let leave = async {
            tokio::task::yield_now().await;
            drop(body);
        };
        let (next, ()) = tokio::join!(next, leave);
        assert_eq!(next["results"][0]["error"]["code"], code, "{next}");
    }
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "2");
}

#[tokio::test]
async fn who_leaves_a_cursor_that_has_committed_is_told_of_no_lost_transaction() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    for last in [ENDLESS, BUSY] {
        let steps = json!([step("BEGIN IMMEDIATE"), step("INSERT INTO t VALUES (1)"), step("COMMIT"), step(last)]);
        let response = host.send("/v3/cursor", json!({ "batch": { "steps": steps } }).to_string()).await;
        let mut body = response.into_body().into_data_stream();
        let opening: serde_json::Value = serde_json::from_slice(&body.next().await.unwrap().unwrap()).unwrap();
        // The ends of the first three.
        for _ in 0..3 {
            body.next().await.unwrap().unwrap();
        }
        drop(body);
        let next = host.pipeline(Some(baton(&opening)), json!([execute("INSERT INTO t VALUES (2)")])).await;
        assert_eq!(next["results"][0]["type"], "ok", "{next}");
    }
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "1,2,1,2");
}

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

#[tokio::test]
async fn rows_arrive_while_the_query_runs_and_a_client_that_leaves_stops_it() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let steps = json!([step("BEGIN IMMEDIATE"), step("INSERT INTO t VALUES (1)"), step(ENDLESS)]);
    let response = host.send("/v3/cursor", json!({ "batch": { "steps": steps } }).to_string()).await;
    let mut body = response.into_body().into_data_stream();
    let mut bytes = 0;
    while bytes < 1_000_000 {
        bytes += body.next().await.unwrap().unwrap().len();
    }
    drop(body);
    // The transaction of the interrupted cursor is gone and the next writer may go on.
    host.run(&["INSERT INTO t VALUES (2)"]).await;
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "2");
}

#[tokio::test]
async fn the_rows_of_a_cursor_come_in_pieces_that_even_a_slow_client_takes_in_time() {
    let host = Host::new();
    let response = host.send("/v3/cursor", json!({ "batch": { "steps": [step(ENDLESS)] } }).to_string()).await;
    let pieces = response.into_body().into_data_stream().skip(1).take(20);
    let lengths: Vec<_> = pieces.map(|piece| piece.unwrap().len()).collect().await;
    assert!(lengths.iter().all(|length| (4 * 1024..=64 * 1024).contains(length)), "{lengths:?}");
    // The first rows do not wait for many others, and later ones do not come in crumbs.
    assert!(lengths[0] < 5 * 1024 && lengths[10..].iter().all(|length| *length > 48 * 1024), "{lengths:?}");
}

#[tokio::test]
async fn a_client_that_leaves_stops_a_query_that_has_no_rows_yet() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let steps = json!([step("BEGIN IMMEDIATE"), step("INSERT INTO t VALUES (1)"), step(BUSY)]);
    let response = host.send("/v3/cursor", json!({ "batch": { "steps": steps } }).to_string()).await;
    let mut body = response.into_body().into_data_stream();
    body.next().await.unwrap().unwrap();
    drop(body);
    host.run(&["INSERT INTO t VALUES (2)"]).await;
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "2");
}

#[tokio::test]
async fn a_query_of_a_pipeline_stops_when_its_client_leaves() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    host.leave_within(execute(BUSY)).await;
    host.run(&["INSERT INTO t VALUES (2)"]).await;
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "2");
}

#[tokio::test]
async fn steps_that_get_no_connection_are_answered_though_the_client_does_not_read_yet() {
    let directory = tempfile::tempdir().unwrap();
    let in_the_way = directory.path().join("databases");
    std::fs::write(&in_the_way, "not a directory").unwrap();
    let host = Host::in_directory(in_the_way);
    // More than are sent ahead of the client.
    let steps: Vec<_> = (0..20).map(|_| step("SELECT 1")).collect();
    let response = host.send("/v3/cursor", json!({ "batch": { "steps": steps } }).to_string()).await;
    let mut body = response.into_body().into_data_stream();
    let opening: serde_json::Value = serde_json::from_slice(&body.next().await.unwrap().unwrap()).unwrap();
    // Waits for the end of the batch.
    host.pipeline(Some(baton(&opening)), json!([{ "type": "close" }])).await;
    let rest: Vec<_> = body.map(|piece| piece.unwrap().to_vec()).collect().await;
    let text = String::from_utf8(rest.concat()).unwrap();
    assert_eq!(text.matches(r#""code":"SQLITE_CANTOPEN""#).count(), 20, "{text}");
    assert!(text.contains("replication_index"), "{text}");
}

/// As drivers send that keep the rows of one query while they run another.
#[tokio::test(start_paused = true)]
async fn a_request_goes_on_with_its_stream_when_the_cursor_that_nobody_reads_has_ended() {
    let database = Host::new().database();
    let cursor = Streams::announce(&database).unwrap();
    let baton = cursor.baton();
    let text = baton.to_string();
    let end_of_cursor = async {
        pass(MAX_STALL.as_secs() + 1).await;
        database.streams().park(&database, baton, StreamState::default());
        drop(cursor);
    };
    let (resumed, ()) = tokio::join!(database.streams().resume(&database, &text), end_of_cursor);
    assert!(resumed.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_a_client_gets_that_has_taken_nothing_for_too_long_does_not_look_whole() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"]).await;
    let read = host.usage().rows.read;
    let steps: Vec<_> = (0..20).map(|_| step("SELECT x FROM t")).collect();
    let response = host.send("/v3/cursor", json!({ "batch": { "steps": steps } }).to_string()).await;
    let mut body = response.into_body().into_data_stream();
    let opening: serde_json::Value = serde_json::from_slice(&body.next().await.unwrap().unwrap()).unwrap();
    // So many are sent ahead, and one more has to wait.
    while host.usage().rows.read < read + 9 {
        tokio::task::yield_now().await;
    }
    // The stream can be continued when the batch has ended.
    let next = json!({ "baton": baton(&opening), "requests": [] }).to_string();
    let mut status = 0;
    while status != 200 {
        let (host, next) = (host.clone(), next.clone());
        let request = tokio::spawn(async move { host.post("/v3/pipeline", next).await.0 });
        while !request.is_finished() {
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        status = request.await.unwrap();
    }
    let pieces: Vec<_> = body.map(|piece| String::from_utf8(piece.unwrap().to_vec()).unwrap()).collect().await;
    let (last, before) = pieces.split_last().unwrap();
    assert!(before.len() == 8 && before.iter().all(|piece| piece.contains("step_end")), "{before:?}");
    let last: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!((&last["type"], &last["error"]["code"]), (&json!("error"), &json!("SQLITE_INTERRUPT")), "{last}");
}
