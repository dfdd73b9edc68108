//! Statements that were brief run where the request is, and are as good as others when they are brief no longer.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{DATABASE, Host, baton, execute, integer};

/// Takes as long as its only argument says.
const COUNT: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT max(i) FROM n";
const INSERT: &str =
    "INSERT INTO t (x) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n";

/// Far more than is done before a thread is left that must not block, and soon done on another one.
const MANY: i64 = 300_000;

/// More than anybody waits for.
const ENDLESS: i64 = i64::MAX;

fn with(sql: &str, argument: i64) -> Value {
    json!({ "type": "execute", "stmt": { "sql": sql, "args": [integer(argument)] } })
}

impl Host {
    /// Runs a text until it is known to be brief.
    async fn learn(&self, sql: &str) {
        for _ in 0..20 {
            self.pipeline(None, json!([with(sql, 1), { "type": "close" }])).await;
        }
    }
}

#[tokio::test]
async fn a_query_that_takes_longer_than_before_gives_all_its_rows_once() {
    let host = Host::new();
    host.learn(COUNT).await;
    let rows = COUNT.replace("SELECT max(i) FROM n", "SELECT i FROM n");
    host.learn(&rows).await;
    let answer = host.pipeline(None, json!([with(COUNT, MANY), with(&rows, 20_000), with(COUNT, 3)])).await;
    let result = |index: usize| &answer["results"][index]["response"]["result"];
    assert_eq!(result(0)["rows"], json!([[integer(MANY)]]));
    let numbers: Vec<_> = result(1)["rows"].as_array().unwrap().iter().map(|row| row[0].clone()).collect();
    assert!(numbers.into_iter().eq((1..=20_000).map(integer)));
    assert_eq!(result(2)["rows"], json!([[integer(3)]]));
}

#[tokio::test]
async fn a_write_that_takes_longer_than_before_is_done_once() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, x)"]).await;
    host.learn(INSERT).await;
    let before = host.usage().rows.written;
    let answer =
        host.pipeline(None, json!([with(INSERT, MANY), execute("SELECT last_insert_rowid(), total_changes()")]));
    let answer = answer.await;
    let result = &answer["results"][0]["response"]["result"];
    assert_eq!(result["affected_row_count"], MANY);
    assert_eq!(result["last_insert_rowid"], (20 + MANY).to_string());
    assert_eq!(answer["results"][1]["response"]["result"]["rows"][0][0], integer(20 + MANY));
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(20 + MANY));
    assert_eq!(host.usage().rows.written - before, result["rows_written"].as_u64().unwrap());
}

#[tokio::test]
async fn a_transaction_survives_a_statement_that_takes_longer_than_before() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    host.learn(INSERT).await;
    host.learn(COUNT).await;
    let requests = json!([execute("BEGIN"), with(INSERT, 2), with(COUNT, MANY), with(INSERT, MANY), execute("COMMIT")]);
    let answer = host.pipeline(None, requests).await;
    assert!(answer["results"].as_array().unwrap().iter().all(|result| result["type"] == "ok"), "{answer}");
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(22 + MANY));
}

/// All on one thread, which a statement that ran where the request is would hold up.
#[tokio::test]
async fn a_statement_that_never_ends_holds_up_nobody_whatever_was_known_of_it() {
    let host = Host::new();
    host.learn(COUNT).await;
    let endless = tokio::spawn({
        let host = host.clone();
        async move { host.pipeline(None, json!([with(COUNT, ENDLESS)])).await }
    });
    for _ in 0..10 {
        assert_eq!(host.value("SELECT 1").await, integer(1));
        tokio::task::yield_now().await;
    }
    assert!(!endless.is_finished());
    endless.abort();
    assert!(endless.await.unwrap_err().is_cancelled());
}

/// On the only thread there is, where the engine would wait for whoever has the lock.
#[tokio::test]
async fn what_another_program_has_locked_holds_up_only_those_who_need_it() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::in_directory(directory.path());
    host.run(&["CREATE TABLE t (x)"]).await;
    host.learn(INSERT).await;
    let other = rusqlite::Connection::open(directory.path().join(format!("{DATABASE}.db"))).unwrap();
    // Those that come together share a turn.
    for writers in [1, 3] {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let write = async |host: Host| host.pipeline(None, json!([with(INSERT, 1)])).await;
        let writes = tokio::spawn(join_all((0..writers).map(|_| write(host.clone()))));
        for _ in 0..10 {
            assert_eq!(host.value("SELECT 1").await, integer(1));
            tokio::task::yield_now().await;
        }
        assert!(!writes.is_finished(), "{writers}");
        other.execute_batch("ROLLBACK").unwrap();
        for answer in writes.await.unwrap() {
            assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
        }
    }
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(20 + 1 + 3));
}

#[tokio::test]
async fn a_text_that_is_known_means_what_the_schema_says_now() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (1)", "CREATE VIEW v AS SELECT x FROM t"]).await;
    for _ in 0..5 {
        assert_eq!(host.value("SELECT * FROM v").await, integer(1));
    }
    host.run(&["DROP VIEW v", "CREATE VIEW v AS SELECT x + 1 AS y FROM t"]).await;
    let results = host.run(&["SELECT * FROM v"]).await;
    assert_eq!((&results[0]["cols"][0]["name"], &results[0]["rows"][0][0]), (&json!("y"), &integer(2)));
    host.run(&["DROP VIEW v"]).await;
    let error = host.error("SELECT * FROM v").await;
    assert!(error["message"].as_str().unwrap().contains("no such table: v"), "{error}");
}

/// The answer to such a question is a part of what the text is compiled to.
#[tokio::test]
async fn a_setting_that_is_asked_for_again_and_again_is_the_one_that_holds() {
    let host = Host::new();
    let mut answer = host.pipeline(None, json!([execute("PRAGMA defer_foreign_keys")])).await;
    for _ in 0..3 {
        for value in [true, false] {
            let set = execute(&format!("PRAGMA defer_foreign_keys = {value}"));
            let requests = json!([set, execute("PRAGMA defer_foreign_keys")]);
            answer = host.pipeline(Some(baton(&answer)), requests).await;
            let rows = &answer["results"][1]["response"]["result"]["rows"];
            assert_eq!(rows[0][0], integer(value.into()), "{answer}");
        }
    }
}

#[tokio::test]
async fn a_token_for_reading_may_not_run_what_others_have_made_known() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    host.learn(INSERT).await;
    let body = json!({ "requests": [with(INSERT, 1)] }).to_string();
    assert_eq!(host.read_only().post("/v3/pipeline", body).await.0, 403);
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(20));
}

/// Whoever only wants to know what a statement is does not wait for those who write.
#[tokio::test]
async fn a_known_write_is_described_while_another_one_is_open() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    host.learn(INSERT).await;
    let open = host.pipeline(None, json!([execute("BEGIN IMMEDIATE")])).await;
    let describe = json!([{ "type": "describe", "sql": INSERT }]);
    let answer = tokio::time::timeout(std::time::Duration::from_secs(4), host.pipeline(None, describe)).await.unwrap();
    assert_eq!(answer["results"][0]["response"]["result"]["is_readonly"], false, "{answer}");
    host.pipeline(Some(baton(&open)), json!([execute("ROLLBACK"), { "type": "close" }])).await;
}
