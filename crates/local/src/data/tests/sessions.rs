use serde_json::json;

use super::{Host, baton, execute, integer, sequence};

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

/// Each way a temporary object comes to be, and its end with its stream: no later one finds it in the way of a table.
#[tokio::test]
async fn no_temporary_object_outlives_its_stream() {
    let host = Host::new();
    host.run(&[
        "CREATE TABLE orders (id, v)",
        "CREATE VIRTUAL TABLE notes USING fts5(body)",
        "INSERT INTO orders VALUES (1, 'real')",
        "CREATE INDEX by_id ON orders (id)",
    ])
    .await;
    let before = host.run(&["SELECT * FROM orders"]).await[0]["rows"].clone();
    let ways: [&[&str]; 11] = [
        &["CREATE TABLE temp.orders (id, v)"],
        &["CREATE TEMP TABLE orders (id, v)"],
        &["CREATE VIEW temp.orders AS SELECT 666 AS id, 'forged' AS v"],
        &["CREATE VIRTUAL TABLE temp.orders USING fts5(id, v)", "INSERT INTO temp.orders VALUES (666, 'forged')"],
        &["CREATE VIRTUAL TABLE temp.orders USING fts4(id, v)"],
        &["CREATE VIRTUAL TABLE temp.orders USING rtree(id, v, w)"],
        &["CREATE VIRTUAL TABLE temp.orders USING fts5vocab(main, notes, row)"],
        &["BEGIN", "CREATE VIRTUAL TABLE temp.orders USING fts5(id, v)", "COMMIT"],
        &["CREATE VIRTUAL TABLE temp.passing USING fts5(id, v)", "ALTER TABLE temp.passing RENAME TO orders"],
        &["ANALYZE temp"],
        &["CREATE TEMP TRIGGER forge AFTER INSERT ON main.orders BEGIN DELETE FROM orders; END"],
    ];
    for way in ways {
        let close = || json!({ "type": "close" });
        let sequence = sequence(&way.join(";"));
        for requests in [way.iter().map(|sql| execute(sql)).chain([close()]).collect(), json!([sequence, close()])] {
            let answer = host.pipeline(None, requests).await;
            let results = answer["results"].as_array().unwrap();
            assert!(results.iter().all(|result| result["type"] == "ok"), "{way:?}: {answer}");
            let found = host.run(&["SELECT * FROM orders", "SELECT count(*) FROM sqlite_temp_schema"]).await;
            assert_eq!(found[0]["rows"], before, "{way:?}");
            assert_eq!(found[1]["rows"][0][0], integer(0), "{way:?}");
        }
    }
}

/// The engine sets most settings while it compiles the pragma, before anybody has said that it is to run.
#[tokio::test]
async fn a_setting_that_was_only_compiled_is_not_set_for_anybody_else() {
    let host = Host::new();
    host.run(&["SELECT 1"]).await;
    let close = json!({ "type": "close" });
    for sql in ["PRAGMA foreign_keys = OFF", "EXPLAIN PRAGMA foreign_keys = OFF", "PRAGMA case_sensitive_like = ON"] {
        let describe = json!({ "type": "describe", "sql": sql });
        let never = json!({ "type": "execute", "stmt": { "sql": sql, "args": [integer(1)] } });
        let sequence = sequence(&format!("SELECT 1; {sql}"));
        for request in [describe, never, sequence, execute(sql)] {
            for somebody in [host.clone(), host.read_only()] {
                let body = json!({ "requests": [request, close] }).to_string();
                somebody.post("/v3/pipeline", body).await;
                assert_eq!(host.value("PRAGMA foreign_keys").await, integer(1), "{request}");
                assert_eq!(host.value("SELECT 'A' LIKE 'a'").await, integer(1), "{request}");
            }
        }
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

#[tokio::test(start_paused = true)]
async fn a_stream_whose_transaction_is_ended_for_others_keeps_everything_else() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (id INTEGER PRIMARY KEY)"]).await;
    for (setting, asked, kept) in [
        ("SELECT 1", "SELECT last_insert_rowid()", 5),
        ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys", 0),
        ("CREATE TEMP TABLE mine AS SELECT 7", "SELECT * FROM mine", 7),
    ] {
        let begin = ["INSERT INTO t VALUES (2)", setting, "BEGIN IMMEDIATE", "INSERT INTO t VALUES (5)"];
        let open = host.pipeline(None, json!(begin.map(execute))).await;
        host.run(&["DELETE FROM t"]).await;
        let answer = host.pipeline(Some(baton(&open)), json!(["ROLLBACK", asked].map(execute))).await;
        assert_eq!(answer["results"][0]["error"]["code"], "TRANSACTION_TIMEOUT", "{answer}");
        assert_eq!(answer["results"][1]["response"]["result"]["rows"][0][0], integer(kept), "{answer}");
    }
}
