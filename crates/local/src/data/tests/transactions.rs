use serde_json::json;

use super::{BUSY, Host, baton, execute, integer, pass, sequence};

#[tokio::test]
async fn an_open_transaction_is_invisible_to_others_and_does_not_lock_them_out() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let open = host.pipeline(None, json!([execute("BEGIN IMMEDIATE"), execute("INSERT INTO t VALUES (1)")])).await;
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(0));
    host.pipeline(Some(baton(&open)), json!([execute("COMMIT"), { "type": "close" }])).await;
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(1));
}

#[tokio::test]
async fn closing_a_stream_rolls_back() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    host.pipeline(None, json!([execute("BEGIN"), execute("INSERT INTO t VALUES (1)"), { "type": "close" }])).await;
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(0));
    host.run(&["INSERT INTO t VALUES (2)"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_transaction_is_rolled_back_after_five_seconds_and_lets_the_next_writer_in() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let open = host.pipeline(None, json!([execute("BEGIN"), execute("INSERT INTO t VALUES (1)")])).await;
    let started = tokio::time::Instant::now();
    host.run(&["INSERT INTO t VALUES (2)"]).await;
    let waited = started.elapsed();
    assert!(waited.as_secs_f64() > 4.9 && waited.as_secs_f64() < 5.5, "{waited:?}");
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "2");

    // Nothing of the rest of the transaction may run on its own.
    let answer = host
        .pipeline(
            Some(baton(&open)),
            json!([execute("INSERT INTO t VALUES (3)"), execute("COMMIT"), execute("SELECT 1")]),
        )
        .await;
    let timeout =
        json!({ "type": "error", "error": { "message": "Transaction timed out", "code": "TRANSACTION_TIMEOUT" } });
    assert_eq!(answer["results"][0], timeout);
    assert_eq!(answer["results"][1], timeout);
    assert_eq!(answer["results"][2]["type"], "ok");
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "2");
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_no_writer_waits_for_takes_as_long_as_it_needs() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let mut answer =
        host.pipeline(None, json!([execute("BEGIN IMMEDIATE"), execute("INSERT INTO t VALUES (1)")])).await;
    for _ in 0..3 {
        pass(7).await;
        assert_eq!(host.value("SELECT count(*) FROM t").await, integer(0));
        answer = host.pipeline(Some(baton(&answer)), json!([execute("SELECT 1")])).await;
        assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
    }
    let answer = host.pipeline(Some(baton(&answer)), json!([execute("COMMIT")])).await;
    assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(1));
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_only_reads_is_not_ended_for_those_who_write() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let count = "SELECT count(*) FROM t";
    let mut reader = host.pipeline(None, json!([execute("BEGIN"), execute(count)])).await;
    for _ in 0..3 {
        // One writer waits for the other meanwhile.
        host.pipeline(None, json!([execute("BEGIN IMMEDIATE")])).await;
        host.run(&["INSERT INTO t VALUES (1)"]).await;
        reader = host.pipeline(Some(baton(&reader)), json!([execute(count)])).await;
        assert_eq!(reader["results"][0]["response"]["result"]["rows"], json!([[integer(0)]]), "{reader}");
    }
    let answer = host.pipeline(Some(baton(&reader)), json!([execute("COMMIT"), execute(count)])).await;
    assert_eq!(answer["results"][1]["response"]["result"]["rows"], json!([[integer(3)]]), "{answer}");
}

/// As drivers do that begin, read and end by sequences.
#[tokio::test(start_paused = true)]
async fn a_sequence_that_only_reads_waits_for_no_writer_and_lets_none_wait() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let started = tokio::time::Instant::now();
    let writer = host.pipeline(None, json!([execute("BEGIN IMMEDIATE")])).await;
    let count = "SELECT count(*) FROM t";
    let begin = "; -- ';'\n BEGIN /* INSERT */ DEFERRED TRANSACTION; SELECT 'INSERT; DELETE'; VALUES (1);";
    let reader = host.pipeline(None, json!([sequence(begin), execute(count), sequence(count)])).await;
    let alone = ["PRAGMA foreign_keys = ON;", "WITH n AS (SELECT 1) SELECT * FROM n"].map(sequence);
    let alone = host.pipeline(None, json!(alone)).await;
    assert!(alone["results"].as_array().unwrap().iter().all(|result| result["type"] == "ok"), "{alone}");
    host.pipeline(Some(baton(&writer)), json!([execute("ROLLBACK"), { "type": "close" }])).await;
    host.run(&["INSERT INTO t VALUES (1)"]).await;
    let reader = host.pipeline(Some(baton(&reader)), json!([execute(count), sequence("END"), execute(count)])).await;
    assert_eq!(reader["results"][0]["response"]["result"]["rows"], json!([[integer(0)]]), "{reader}");
    assert_eq!(reader["results"][2]["response"]["result"]["rows"], json!([[integer(1)]]), "{reader}");
    assert!(started.elapsed().as_secs_f64() < 1.0, "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_has_not_written_gives_its_turn_back() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let started = tokio::time::Instant::now();
    // What may write takes its turn, and this leaves the database as it is.
    let reading = host.pipeline(None, json!([sequence("BEGIN; DROP TABLE IF EXISTS u; SELECT * FROM t")])).await;
    host.run(&["INSERT INTO t VALUES (1)"]).await;
    let late = host.pipeline(Some(baton(&reading)), json!([execute("INSERT INTO t VALUES (2)")])).await;
    assert_eq!(late["results"][0]["error"]["code"], "SQLITE_BUSY", "{late}");
    host.run(&["INSERT INTO t VALUES (3)"]).await;
    assert!(started.elapsed().as_secs_f64() < 1.0, "{:?}", started.elapsed());
    let ended = host.pipeline(Some(baton(&late)), json!([execute("ROLLBACK")])).await;
    assert_eq!(ended["results"][0]["type"], "ok", "{ended}");
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_transaction_begins_with_its_first_write() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let open = host.pipeline(None, json!([execute("BEGIN")])).await;
    pass(7).await;
    host.pipeline(Some(baton(&open)), json!([execute("INSERT INTO t VALUES (1)")])).await;
    let started = tokio::time::Instant::now();
    host.run(&["INSERT INTO t VALUES (2)"]).await;
    assert!(started.elapsed().as_secs_f64() > 4.9, "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_statement_of_a_transaction_that_no_writer_waits_for_runs_to_its_end() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let created = host.usage().rows.written;
    let long = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) SELECT max(i) FROM n";
    let requests = ["BEGIN", "INSERT INTO t VALUES (1)", long, "COMMIT"].map(execute);
    let request = tokio::spawn({
        let host = host.clone();
        async move { host.pipeline(None, json!(requests)).await }
    });
    while host.usage().rows.written == created {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(std::time::Duration::from_secs(6)).await;
    let answer = request.await.unwrap();
    assert!(answer["results"].as_array().unwrap().iter().all(|result| result["type"] == "ok"), "{answer}");
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "1,300000");
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_transaction_had_made_is_not_said_to_be_missing() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let open = host.pipeline(None, json!([execute("BEGIN"), execute("CREATE TABLE made (x)")])).await;
    host.run(&["INSERT INTO t VALUES (1)"]).await;
    let rest = json!([execute("INSERT INTO made VALUES (1)"), sequence("DELETE FROM made"), execute("COMMIT")]);
    let answer = host.pipeline(Some(baton(&open)), rest).await;
    for result in answer["results"].as_array().unwrap() {
        assert_eq!(result["error"]["code"], "TRANSACTION_TIMEOUT", "{answer}");
    }
    let answer = host.pipeline(Some(baton(&answer)), json!([execute("SELECT * FROM made")])).await;
    assert_eq!(answer["results"][0]["error"]["message"], "SQLite error: no such table: made");
}

#[tokio::test(start_paused = true)]
async fn a_new_transaction_may_begin_after_a_lost_one() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let open = host.pipeline(None, json!([execute("BEGIN"), execute("INSERT INTO t VALUES (1)")])).await;
    host.run(&["INSERT INTO t VALUES (2)"]).await;
    let answer = host
        .pipeline(Some(baton(&open)), json!([execute("BEGIN"), execute("INSERT INTO t VALUES (3)"), execute("COMMIT")]))
        .await;
    assert!(answer["results"].as_array().unwrap().iter().all(|result| result["type"] == "ok"), "{answer}");
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "2,3");
}

#[tokio::test(start_paused = true)]
async fn requests_do_not_extend_a_transaction() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let mut answer = host.pipeline(None, json!([execute("BEGIN"), execute("INSERT INTO t VALUES (1)")])).await;
    for _ in 0..2 {
        pass(2).await;
        answer = host.pipeline(Some(baton(&answer)), json!([execute("SELECT 1")])).await;
        assert_eq!(answer["results"][0]["type"], "ok");
    }
    let started = tokio::time::Instant::now();
    host.run(&["INSERT INTO t VALUES (2)"]).await;
    assert!(started.elapsed().as_secs_f64() < 1.5, "{:?}", started.elapsed());
    let answer = host.pipeline(Some(baton(&answer)), json!([execute("COMMIT")])).await;
    assert_eq!(answer["results"][0]["error"]["code"], "TRANSACTION_TIMEOUT");
}

#[tokio::test(start_paused = true)]
async fn a_writer_behind_many_transactions_is_told_the_database_is_locked() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let holders = (0..4).map(|_| {
        let host = host.clone();
        tokio::spawn(async move { host.pipeline(None, json!([execute("BEGIN IMMEDIATE")])).await })
    });
    let holders: Vec<_> = holders.collect();
    let mut locked = 0;
    for holder in holders {
        let answer = holder.await.unwrap();
        locked += usize::from(answer["results"][0]["error"]["code"] == "SQLITE_BUSY");
    }
    assert!((1..4).contains(&locked), "{locked}");
}

#[tokio::test]
async fn savepoints_work_within_a_stream() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let open = host.pipeline(None, json!([execute("SAVEPOINT a"), execute("INSERT INTO t VALUES (1)")])).await;
    let statements = ["SAVEPOINT b", "INSERT INTO t VALUES (2)", "ROLLBACK TO b", "RELEASE a"].map(execute);
    let answer = host.pipeline(Some(baton(&open)), json!(statements)).await;
    assert!(answer["results"].as_array().unwrap().iter().all(|result| result["type"] == "ok"), "{answer}");
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "1");
}

#[tokio::test(start_paused = true)]
async fn a_statement_that_outlives_its_transaction_is_interrupted_for_the_next_writer() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let created = host.usage().rows.written;
    let requests = json!([execute("BEGIN"), execute("INSERT INTO t VALUES (1)"), execute(BUSY), execute("COMMIT")]);
    let request = tokio::spawn({
        let host = host.clone();
        async move { host.pipeline(None, requests).await }
    });
    while host.usage().rows.written == created {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(std::time::Duration::from_secs(6)).await;
    host.run(&["INSERT INTO t VALUES (2)"]).await;
    let answer = request.await.unwrap();
    assert_eq!(answer["results"][2]["error"]["code"], "TRANSACTION_TIMEOUT", "{answer}");
    assert_eq!(answer["results"][3]["error"]["code"], "TRANSACTION_TIMEOUT");
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "2");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_outlives_its_transaction_takes_all_of_it_back() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let created = host.usage().rows.written;
    let endless = format!("INSERT INTO t {BUSY}");
    let statements = ["BEGIN", "INSERT INTO t VALUES (1)", &endless, "INSERT INTO t VALUES (2)", "COMMIT", "SELECT 1"];
    let request = tokio::spawn({
        let (host, requests) = (host.clone(), statements.map(execute));
        async move { host.pipeline(None, json!(requests)).await }
    });
    while host.usage().rows.written == created {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(std::time::Duration::from_secs(6)).await;
    host.run(&["DELETE FROM t"]).await;
    let answer = request.await.unwrap();
    for index in 2..5 {
        assert_eq!(answer["results"][index]["error"]["code"], "TRANSACTION_TIMEOUT", "{answer}");
    }
    assert_eq!(answer["results"][5]["type"], "ok", "{answer}");
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(0));
}

#[tokio::test(start_paused = true)]
async fn a_sequence_and_a_cursor_wait_for_their_turn_to_write() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    host.pipeline(None, json!([execute("BEGIN IMMEDIATE")])).await;
    let answer = host.pipeline(None, json!([sequence("BEGIN; INSERT INTO t VALUES (1); COMMIT;")])).await;
    assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
    host.pipeline(None, json!([execute("BEGIN IMMEDIATE")])).await;
    let lines = host.cursor(None, json!([super::step("INSERT INTO t VALUES (2)")])).await;
    assert_eq!(lines[2]["affected_row_count"], 1, "{lines:?}");
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(2));
}
