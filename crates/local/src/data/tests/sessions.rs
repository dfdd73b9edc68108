use serde_json::json;

use super::{Host, baton, execute, integer};

#[tokio::test]
async fn a_reused_connection_sees_the_schema_another_one_has_changed() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (a)"]).await;
    // Hold one connection back, so that the pool has two that know the old schema.
    let first = host.pipeline(None, json!([execute("BEGIN"), execute("SELECT * FROM t")])).await;
    host.run(&["SELECT * FROM t"]).await;
    host.pipeline(Some(baton(&first)), json!([execute("COMMIT"), { "type": "close" }])).await;

    let holder = host
        .pipeline(
            None,
            json!([
                execute("BEGIN"),
                execute("DROP TABLE t"),
                execute("CREATE TABLE t (a, b)"),
                execute("COMMIT"),
                execute("BEGIN")
            ]),
        )
        .await;
    host.run(&["INSERT INTO t VALUES (1, 2)"]).await;
    let answer = host.pipeline(None, json!([{ "type": "describe", "sql": "SELECT * FROM t" }])).await;
    assert_eq!(answer["results"][0]["response"]["result"]["cols"].as_array().unwrap().len(), 2);
    assert_eq!(host.run(&["SELECT * FROM t"]).await[0]["rows"][0].as_array().unwrap().len(), 2);
    host.pipeline(Some(baton(&holder)), json!([{ "type": "close" }])).await;
}

#[tokio::test]
async fn a_transaction_with_an_old_snapshot_does_not_hide_the_new_schema_afterwards() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (a)", "INSERT INTO t VALUES (1)"]).await;
    let reader = host.pipeline(None, json!([execute("BEGIN"), execute("SELECT * FROM t")])).await;
    host.run(&["ALTER TABLE t ADD COLUMN b"]).await;
    let old = host.pipeline(Some(baton(&reader)), json!([execute("SELECT * FROM t")])).await;
    assert_eq!(old["results"][0]["response"]["result"]["cols"].as_array().unwrap().len(), 1);
    let new =
        host.pipeline(Some(baton(&old)), json!([execute("COMMIT"), execute("INSERT INTO t VALUES (1, 2)")])).await;
    assert_eq!(new["results"][1]["type"], "ok", "{new}");
}

#[tokio::test]
async fn session_settings_stay_with_their_stream() {
    let host = Host::new();
    let mine =
        host.pipeline(None, json!([execute("PRAGMA foreign_keys = OFF"), execute("CREATE TEMP TABLE mine (x)")])).await;
    assert_eq!(host.value("PRAGMA foreign_keys").await, integer(1));
    assert_eq!(host.error("SELECT * FROM mine").await["message"], "SQLite error: no such table: mine");
    let mine =
        host.pipeline(Some(baton(&mine)), json!([execute("PRAGMA foreign_keys"), execute("SELECT * FROM mine")])).await;
    assert_eq!(mine["results"][0]["response"]["result"]["rows"][0][0], integer(0));
    assert_eq!(mine["results"][1]["type"], "ok");
    host.pipeline(Some(baton(&mine)), json!([{ "type": "close" }])).await;
    for _ in 0..4 {
        assert_eq!(host.value("PRAGMA foreign_keys").await, integer(1));
        assert_eq!(host.error("SELECT * FROM mine").await["message"], "SQLite error: no such table: mine");
    }
}

#[tokio::test]
async fn a_reused_connection_does_not_tell_what_was_inserted_before() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (1), (2)", "SELECT last_insert_rowid()"]).await;
    assert_eq!(host.value("SELECT last_insert_rowid()").await, integer(0));
}

#[tokio::test]
async fn a_stream_remembers_its_last_rowid_between_requests_whoever_had_the_connection_meanwhile() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (1), (2)"]).await;
    let mine = host.pipeline(None, json!([execute("INSERT INTO t VALUES (3)")])).await;
    host.run(&["INSERT INTO t VALUES (4)"]).await;
    let mine = host.pipeline(Some(baton(&mine)), json!([execute("SELECT last_insert_rowid()")])).await;
    assert_eq!(mine["results"][0]["response"]["result"]["rows"][0][0], integer(3));
}

#[tokio::test]
async fn the_engine_has_what_turso_adds_to_sqlite() {
    let host = Host::new();
    host.run(&[
        "CREATE TABLE movies (title TEXT, embedding F32_BLOB(3))",
        "INSERT INTO movies VALUES ('a', vector32('[1,2,3]')), ('b', vector32('[4,5,6]'))",
        "CREATE INDEX movies_idx ON movies (libsql_vector_idx(embedding))",
        "CREATE VIRTUAL TABLE notes USING fts5(body)",
        "INSERT INTO notes VALUES ('hello world')",
        "ALTER TABLE movies ALTER COLUMN title TO title TEXT NOT NULL",
    ])
    .await;
    let sql = "SELECT title FROM vector_top_k('movies_idx', vector32('[4,5,6]'), 1) JOIN movies ON movies.rowid = id";
    assert_eq!(host.value(sql).await["value"], "b");
    assert_eq!(host.value("SELECT count(*) FROM notes WHERE notes MATCH 'hello'").await, integer(1));
    assert_eq!(host.value("SELECT sqrt(16.0)").await["value"], 4.0);
    assert_eq!(host.value("SELECT json_extract('{\"a\":5}', '$.a')").await, integer(5));
}
