use serde_json::json;

use super::{Host, execute, integer, record};
use crate::data::DatabaseRecord;

const FORBIDDEN: &str =
    r#"{"error":"BLOCKED: SQL write operations are forbidden (current session doesn't have write permission)"}"#;

async fn prepared() -> Host {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "CREATE VIRTUAL TABLE f USING fts5(x)", "INSERT INTO t VALUES (1)"]).await;
    host
}

#[tokio::test]
async fn a_read_only_token_is_refused_the_whole_request_for_each_class_of_write() {
    let host = prepared().await;
    let writes = [
        "INSERT INTO t VALUES (2)",
        "insert or ignore into t values (2)",
        "INSERT INTO t VALUES (2) RETURNING x",
        "INSERT INTO f VALUES ('a')",
        "UPDATE t SET x = 2",
        "DELETE FROM t",
        "REPLACE INTO t VALUES (2)",
        "WITH n(i) AS (SELECT 2) INSERT INTO t SELECT i FROM n",
        "/* hidden */ INSERT INTO t VALUES (2)",
        "CREATE TABLE u (x)",
        "CREATE TEMP TABLE u (x)",
        "CREATE INDEX i ON t (x)",
        "DROP TABLE t",
        "ALTER TABLE t ADD COLUMN y",
        "PRAGMA user_version = 5",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA query_only(0)",
        "PRAGMA optimize",
        "ATTACH 'other.db' AS other",
        "ATTACH 'oth' || 'er.db' AS other",
        "BEGIN IMMEDIATE",
        "BEGIN EXCLUSIVE",
        "VACUUM",
        "VACUUM INTO 'copy.db'",
        "REINDEX",
        "ANALYZE",
    ];
    let reader = host.read_only();
    for sql in writes {
        let body = json!({ "requests": [execute("SELECT 1"), execute(sql)] }).to_string();
        assert_eq!(reader.post("/v2/pipeline", body).await, (403, FORBIDDEN.to_owned()), "{sql}");
        let body = json!({ "batch": { "steps": [{ "stmt": { "sql": sql } }] } }).to_string();
        assert_eq!(reader.post("/v3/cursor", body).await, (403, FORBIDDEN.to_owned()), "{sql}");
    }
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "1");
}

#[tokio::test]
async fn a_read_only_token_finds_no_way_around() {
    let host = prepared().await;
    let reader = host.read_only();
    let ways = [
        json!([{ "type": "sequence", "sql": "SELECT 1; SELECT 2; DELETE FROM t" }]),
        json!([{ "type": "batch", "batch": { "steps": [{ "condition": { "type": "not", "cond": { "type": "is_autocommit" } }, "stmt": { "sql": "DELETE FROM t" } }] } }]),
        json!([{ "type": "store_sql", "sql_id": 1, "sql": "DELETE FROM t" }, { "type": "execute", "stmt": { "sql_id": 1 } }]),
        json!([execute("SELECT 1; DELETE FROM t")]),
    ];
    for requests in ways {
        let body = json!({ "requests": requests }).to_string();
        assert_eq!(reader.post("/v3/pipeline", body).await.0, 403, "{requests}");
    }
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(1));
}

#[tokio::test]
async fn a_read_only_token_reads() {
    let reader = prepared().await.read_only();
    let reads = [
        "SELECT * FROM t",
        "SELECT * FROM f WHERE f MATCH 'a'",
        "WITH n(i) AS (SELECT 2) SELECT i FROM n",
        "VALUES (1)",
        "EXPLAIN INSERT INTO t VALUES (2)",
        "EXPLAIN QUERY PLAN DELETE FROM t",
        "PRAGMA table_info(t)",
        "PRAGMA foreign_keys",
        "PRAGMA integrity_check(5)",
        "SELECT name FROM pragma_table_info('t')",
    ];
    reader.run(&reads).await;
    reader.run(&["BEGIN", "SELECT * FROM t", "COMMIT"]).await;
    let answer = reader.pipeline(None, json!([{ "type": "describe", "sql": "DELETE FROM t" }])).await;
    assert_eq!(answer["results"][0]["response"]["result"]["is_readonly"], false);
    let answer = reader.pipeline(None, json!([execute("INSERT INTO missing VALUES (1)")])).await;
    assert_eq!(answer["results"][0]["error"]["message"], "SQLite error: no such table: missing");
}

#[tokio::test]
async fn blocked_writes_are_answered_in_band_and_reads_go_on() {
    let host = prepared().await;
    host.plane.put(DatabaseRecord { block_writes: true, ..record() });
    assert_eq!(
        host.error("INSERT INTO t VALUES (2)").await,
        json!({
            "message": "Operation was blocked: SQL write operations are forbidden (writes are blocked, do you need to upgrade your plan?)",
            "code": "BLOCKED",
        })
    );
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(1));
}

#[tokio::test]
async fn blocked_reads_are_answered_in_band_and_writes_go_on() {
    let host = prepared().await;
    host.plane.put(DatabaseRecord { block_reads: true, ..record() });
    assert_eq!(
        host.error("SELECT * FROM t").await,
        json!({
            "message": "Operation was blocked: SQL read operations are forbidden (reads are blocked, do you need to upgrade your plan?)",
            "code": "BLOCKED",
        })
    );
    host.run(&["BEGIN", "INSERT INTO t VALUES (2)", "COMMIT"]).await;
    host.plane.put(record());
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(2));
}

#[tokio::test]
async fn no_token_opens_other_files_of_the_machine() {
    let host = prepared().await;
    let attempts = [
        "ATTACH 'other.db' AS other",
        "ATTACH 'oth' || 'er.db' AS other",
        "VACUUM INTO 'copy.db'",
        "SELECT load_extension('x')",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA locking_mode = EXCLUSIVE",
        "PRAGMA soft_heap_limit = 1",
        "SELECT readfile('x')",
    ];
    for sql in attempts {
        let error = host.error(sql).await;
        assert!(error["code"].is_string(), "{sql}: {error}");
    }
    host.run(&["VACUUM", "PRAGMA journal_mode = WAL"]).await;
    assert_eq!(host.value("PRAGMA journal_mode").await["value"], "wal");
}
