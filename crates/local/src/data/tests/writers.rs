use serde_json::json;

use super::{Host, baton, execute, integer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_concurrent_writers_all_succeed() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let writers: Vec<_> = (0..50)
        .map(|writer| {
            let host = host.clone();
            tokio::spawn(async move {
                for _ in 0..4 {
                    host.run(&[&format!("INSERT INTO t VALUES ({writer})")]).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_transactions_over_several_requests_take_turns() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (0)"]).await;
    let writers: Vec<_> = (0..20)
        .map(|_| {
            let host = host.clone();
            tokio::spawn(async move {
                let answer =
                    host.pipeline(None, json!([execute("BEGIN IMMEDIATE"), execute("UPDATE t SET x = x + 1")])).await;
                host.pipeline(Some(baton(&answer)), json!([execute("COMMIT"), { "type": "close" }])).await
            })
        })
        .collect();
    for writer in writers {
        let answer = writer.await.unwrap();
        assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
    }
    assert_eq!(host.value("SELECT x FROM t").await, integer(20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_are_not_held_up_by_writers_and_schema_changes_reach_them() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let writer = tokio::spawn({
        let host = host.clone();
        async move {
            for index in 0..20 {
                host.run(&[&format!("CREATE TABLE t{index} (x)"), &format!("INSERT INTO t VALUES ({index})")]).await;
            }
        }
    });
    while !writer.is_finished() {
        host.run(&["SELECT count(*) FROM t"]).await;
    }
    writer.await.unwrap();
    assert_eq!(host.value("SELECT count(*) FROM t19").await, integer(0));
}

#[tokio::test]
async fn a_read_transaction_that_writes_after_another_wrote_is_told_to_retry() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let open = host.pipeline(None, json!([execute("BEGIN"), execute("SELECT * FROM t")])).await;
    host.run(&["INSERT INTO t VALUES (1)"]).await;
    let answer = host.pipeline(Some(baton(&open)), json!([execute("INSERT INTO t VALUES (2)")])).await;
    assert_eq!(answer["results"][0]["error"]["code"], "SQLITE_BUSY");
    assert_eq!(answer["results"][0]["error"]["message"], "SQLite error: database is locked");
}
