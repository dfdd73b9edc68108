use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::Request;
use serde_json::json;

use super::{BUSY, Host, baton, execute, integer, record, sequence, step};
use crate::data::{AllowList, DatabaseRecord, KeyDigest};

#[tokio::test]
async fn a_compressed_body_is_refused_by_its_header_on_every_path_that_reads_one() {
    let host = Host::new();
    let authorization = format!("Bearer {}", host.token);
    for path in ["/v2/pipeline", "/v3/pipeline", "/v3-protobuf/pipeline", "/v3/cursor", "/v1/execute", "/v1/batch", "/"]
    {
        let request = Request::post(path).header("authorization", &authorization).header("content-encoding", "gzip");
        let request = request.body(json!({ "requests": [] }).to_string().into()).unwrap();
        let response = host.answer(request).await;
        assert_eq!(response.status(), 415, "{path}");
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let error = r#"{"error":"header Content-Encoding \"gzip\" is not valid: must be identity or left out"}"#;
        assert_eq!(bytes, error, "{path}");
    }
}

#[tokio::test]
async fn a_body_of_more_than_ten_mebibytes_is_refused_with_json() {
    let host = Host::new();
    let answer = (413, r#"{"error":"the request body is larger than 10485760 bytes"}"#.to_owned());
    let large = vec![b' '; 10 * 1024 * 1024 + 1];
    assert_eq!(host.post("/v3/pipeline", large).await, answer);

    // It is read for a while, so that its sender sees the answer, and then no longer.
    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 65536])));
    assert_eq!(host.post("/v3/cursor", Body::from_stream(endless)).await, answer);

    let sql = format!("SELECT length('{}')", "x".repeat(10 * 1024 * 1024 - 100));
    let body = json!({ "requests": [execute(&sql)] }).to_string();
    assert_eq!(host.post("/v3/pipeline", body).await.0, 200);
}

#[tokio::test]
async fn an_answer_of_more_than_ten_mebibytes_is_an_error_of_the_statement() {
    let host = Host::new();
    let answer = host
        .pipeline(
            None,
            json!([execute("SELECT zeroblob(6000000)"), execute("SELECT hex(zeroblob(6000000))"), execute("SELECT 1")]),
        )
        .await;
    assert_eq!(answer["results"][0]["type"], "ok");
    let error = json!({ "message": "Response is too large", "code": "RESPONSE_TOO_LARGE" });
    assert_eq!(answer["results"][1]["error"], error);
    assert_eq!(answer["results"][2]["type"], "ok");
}

#[tokio::test]
async fn no_statement_makes_a_value_of_more_than_sixty_four_mebibytes() {
    let host = Host::new();
    assert_eq!(host.value("SELECT length(hex(zeroblob(33554431)))").await, integer((64 << 20) - 2));
    for sql in [
        "SELECT length(hex(zeroblob(33554432)))",
        "SELECT length(hex(zeroblob(500000000)))",
        "SELECT length(randomblob(1000000000))",
        "SELECT length(group_concat(hex(zeroblob(1000000)))) FROM json_each('[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4]')",
    ] {
        assert_eq!(host.error(sql).await["code"], "SQLITE_TOOBIG", "{sql}");
    }
}

#[tokio::test]
async fn fifty_texts_of_five_kilobytes_can_be_stored() {
    let host = Host::new();
    let store = |id: i32, sql: &str| json!({ "type": "store_sql", "sql_id": id, "sql": sql });
    let requests: Vec<_> = (0..51).map(|id| store(id, "SELECT 1")).collect();
    let answer = host.pipeline(None, json!(requests)).await;
    assert_eq!(answer["results"][49]["type"], "ok");
    assert_eq!(answer["results"][50]["error"]["code"], "SQL_STORE_TOO_MANY");

    let replaced = host.pipeline(Some(baton(&answer)), json!([store(3, "SELECT 2")])).await;
    assert_eq!(replaced["results"][0]["type"], "ok");

    let answer = host.pipeline(None, json!([store(1, &" ".repeat(5000)), store(2, &" ".repeat(5001))])).await;
    assert_eq!(answer["results"][0]["type"], "ok");
    assert_eq!(answer["results"][1]["error"]["code"], "SQL_STORE_TOO_LARGE");
}

#[tokio::test(start_paused = true)]
async fn streams_that_hold_connections_are_limited_and_their_ends_make_room() {
    fill_and_wait(&Host::new()).await;
}

#[test]
fn streams_end_in_time_when_the_runtime_of_earlier_ones_is_gone() {
    let host = Host::new();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime().block_on(host.pipeline(None, json!([execute("SELECT 1")])));
    runtime().block_on(fill_and_wait(&host));
}

async fn fill_and_wait(host: &Host) {
    for _ in 0..256 {
        host.pipeline(None, json!([execute("PRAGMA cache_size = 10")])).await;
    }
    let body = json!({ "requests": [execute("SELECT 1")] }).to_string();
    let (status, text) = host.post("/v3/pipeline", body).await;
    assert_eq!((status, text.as_str()), (503, r#"{"error":"too many open streams on this database"}"#));
    super::pass(6).await;
    assert_eq!(host.value("SELECT 1").await, integer(1));
}

#[tokio::test]
async fn streams_that_store_much_end_the_oldest_ones() {
    let host = Host::new();
    let store = |id: usize| json!({ "type": "store_sql", "sql_id": id, "sql": " ".repeat(5000) });
    let much: Vec<_> = (0..50).map(store).collect();
    let mut batons = Vec::new();
    // 32 MiB and a bit.
    for _ in 0..136 {
        let answer = host.pipeline(None, json!(much)).await;
        batons.push(baton(&answer).to_owned());
    }
    let mut statuses = Vec::new();
    for index in [0, 1, 2, 135] {
        let body = json!({ "baton": batons[index], "requests": [] }).to_string();
        statuses.push(host.post("/v3/pipeline", body).await.0);
    }
    assert_eq!(statuses, [410, 410, 200, 200]);
}

#[tokio::test]
async fn streams_without_state_hold_no_connection() {
    let host = Host::new();
    for index in 0..600 {
        let answer = host.pipeline(None, json!([execute("SELECT 1")])).await;
        assert!(answer["baton"].is_string(), "{index}");
        host.cursor(None, json!([step("SELECT 1")])).await;
    }
}

#[tokio::test(start_paused = true)]
async fn copies_need_a_thread_as_statements_do() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let taken = host.all_threads().await;
    let refused = (503, r#"{"error":"too many statements at work"}"#.to_owned());
    assert_eq!(host.post("/pull-updates", "").await, refused);
    assert_eq!(super::export::get(&host, "/info").await.0, 503);

    drop(taken);
    assert_eq!(host.send("/pull-updates", "").await.status(), 200);
    assert_eq!(super::export::get(&host, "/info").await.0, 200);
}

/// A transaction has its own, shorter time.
#[tokio::test(start_paused = true)]
async fn a_statement_outside_a_transaction_is_stopped_after_its_time() {
    let host = Host::new();
    let request = tokio::spawn({
        let host = host.clone();
        async move { host.error(BUSY).await }
    });
    while !request.is_finished() {
        // The engine works on a thread of its own, and the clock stands still meanwhile.
        tokio::time::advance(Duration::from_secs(100)).await;
        tokio::task::yield_now().await;
    }
    let error = request.await.unwrap();
    assert_eq!(error, json!({ "message": "SQLite error: interrupted", "code": "SQLITE_INTERRUPT" }));
    assert_eq!(host.value("SELECT 1").await, integer(1));
}

/// No statement of it runs for so long that the engine would ask whether it is to go on.
#[tokio::test]
async fn a_sequence_stops_between_short_statements_when_its_client_leaves() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let long = sequence(&format!("{}COMMIT", "SELECT 1;".repeat(200_000)));
    host.leave_within(long).await;
    host.run(&["INSERT INTO t VALUES (2)"]).await;
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "2");
}

#[tokio::test]
async fn a_database_that_has_reached_its_size_is_full() {
    let host = Host::new();
    host.plane.put(DatabaseRecord { size_limit: Some(64 * 1024), ..record() });
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"]).await;
    let error = host.error("INSERT INTO t VALUES (zeroblob(100000))").await;
    assert_eq!(error, json!({ "message": "SQLite error: database or disk is full", "code": "SQLITE_FULL" }));
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(1));
}

#[tokio::test]
async fn what_keeps_a_request_out_holds_for_every_route() {
    let host = Host::new();
    let elsewhere = AllowList::new(&["192.0.2.1".to_owned()]);
    let cases = [
        (DatabaseRecord { archived: true, ..record() }, 403, "is archived"),
        (DatabaseRecord { allowed_ips: elsewhere, ..record() }, 403, "allowed IP addresses"),
        (DatabaseRecord { encryption: Some(KeyDigest::from_bytes([1; 32])), ..record() }, 400, "is encrypted"),
    ];
    for (record, status, part) in cases {
        host.plane.put(record);
        for path in ["/v2/pipeline", "/v3/pipeline", "/v3/cursor"] {
            let answer = host.post(path, r#"{"requests":[],"batch":{"steps":[]}}"#).await;
            assert!(answer.0 == status && answer.1.contains(part), "{path}: {answer:?}");
        }
    }
    host.plane.put(DatabaseRecord { block_reads: true, block_writes: true, ..record() });
    for sql in ["SELECT 1", "CREATE TABLE t (x)"] {
        let lines = host.cursor(None, json!([step(sql)])).await;
        assert!(lines.iter().any(|line| line["error"]["code"] == "BLOCKED"), "{sql}: {lines:?}");
        let requests = json!([sequence(sql), { "type": "batch", "batch": { "steps": [step(sql)] } }]);
        let answer = host.pipeline(None, requests).await;
        assert_eq!(answer["results"][0]["error"]["code"], "BLOCKED", "{answer}");
        assert_eq!(answer["results"][1]["response"]["result"]["step_errors"][0]["code"], "BLOCKED", "{answer}");
    }
}

#[tokio::test]
async fn statements_that_make_the_engine_call_itself_very_often_do_not_end_the_process() {
    let host = Host::new();
    let letters = "a".repeat(49_000);
    let like = format!("SELECT '{letters}' LIKE '{}b'", "%a".repeat(24_000));
    let glob = format!("SELECT '{letters}' GLOB '{}b'", "*a".repeat(24_000));
    assert_eq!([host.value(&like).await, host.value(&glob).await], [integer(0), integer(0)]);
    let path = format!("SELECT length(json_set('{{}}', '${}', 1))", ".a".repeat(50_000));
    assert_eq!(host.value(&path).await, integer(300_001));

    let nested = |depth: usize| format!("{}SELECT 7{}", "SELECT * FROM (".repeat(depth), ")".repeat(depth));
    assert_eq!(host.value(&nested(900)).await, integer(7));
    let error = json!({
        "message": "SQL string could not be parsed: parentheses in more than 1000 others",
        "code": "SQL_PARSE_ERROR"
    });
    assert_eq!(host.error(&nested(20_000)).await, error);
    let requests = json!([sequence(&nested(20_000)), { "type": "describe", "sql": nested(20_000) }]);
    let answer = host.pipeline(None, requests).await;
    assert_eq!([&answer["results"][0]["error"], &answer["results"][1]["error"]], [&error, &error]);
    let reader = host.read_only();
    assert_eq!(reader.error(&nested(20_000)).await, error);
}

#[tokio::test]
async fn a_zero_byte_in_a_text_is_refused_and_hides_nothing_behind_it() {
    let host = Host::new();
    let hidden = sequence("CREATE TABLE t (a);\0 CREATE TABLE u (a)");
    let requests = json!([hidden, execute("SELECT 1\0; nope"), execute("SELECT '\0'")]);
    let answer = host.pipeline(None, requests).await;
    for (index, offset) in [19, 8, 8].into_iter().enumerate() {
        let message = format!("SQL string could not be parsed: a zero byte at offset {offset}");
        assert_eq!(answer["results"][index]["error"], json!({ "message": message, "code": "SQL_PARSE_ERROR" }));
    }
    assert_eq!(host.value("SELECT count(*) FROM sqlite_schema").await, integer(0));
}
