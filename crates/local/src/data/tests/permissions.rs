use serde_json::json;

use super::{Host, execute, integer, record, sequence};
use crate::data::DatabaseRecord;

const FORBIDDEN: &str =
    r#"{"error":"BLOCKED: SQL write operations are forbidden (current session doesn't have write permission)"}"#;

async fn prepared() -> Host {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "CREATE VIRTUAL TABLE f USING fts5(x)", "INSERT INTO t VALUES (1)"]).await;
    host.run(&[
        "CREATE VIRTUAL TABLE old USING fts4(x)",
        "INSERT INTO old VALUES ('a')",
        "INSERT INTO old VALUES ('b')",
    ])
    .await;
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
        "CREATE TABLE temp.u (x)",
        "CREATE VIRTUAL TABLE temp.u USING fts5(x)",
        "SELECT optimize(old) FROM old LIMIT 1",
        "SELECT 1 WHERE EXISTS (SELECT OPTIMIZE(old) FROM old)",
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
        json!([sequence("SELECT 1; SELECT 2; DELETE FROM t")]),
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
async fn a_read_only_token_does_not_commit_what_another_one_has_written() {
    let host = prepared().await;
    for end in ["COMMIT", "END", "RELEASE s"] {
        let begun = host.pipeline(None, json!([execute("SAVEPOINT s"), execute("INSERT INTO t VALUES (2)")])).await;
        let requests = json!([execute("SELECT count(*) FROM t"), execute(end)]);
        let answer = host.read_only().pipeline(Some(super::baton(&begun)), requests).await;
        assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
        assert_eq!(answer["results"][1]["error"]["code"], "BLOCKED", "{answer}");
        host.pipeline(Some(super::baton(&answer)), json!([{ "type": "close" }])).await;
    }
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(1));
}

/// The engine takes these for readers, and what they write would not wait for its turn.
#[tokio::test]
async fn nobody_sets_a_pragma_by_reading_a_function() {
    let host = prepared().await;
    host.run(&["CREATE INDEX by_x ON t (x)", "CREATE VIEW tidy AS SELECT * FROM pragma_optimize(65538)"]).await;
    let listed = "SELECT group_concat(name) FROM sqlite_schema";
    let before = host.value(listed).await;
    for somebody in [host.clone(), host.read_only()] {
        for sql in [
            "SELECT * FROM pragma_optimize(65538)",
            "SELECT 1 FROM pragma_optimize(-1)",
            "SELECT * FROM t WHERE EXISTS (SELECT * FROM PRAGMA_Optimize(65538))",
            "SELECT * FROM pragma_optimize",
            "SELECT * FROM tidy",
        ] {
            assert_eq!(somebody.error(sql).await["code"], "SQLITE_AUTH", "{sql}");
        }
        somebody.run(&["SELECT * FROM pragma_user_version", "SELECT * FROM pragma_journal_mode"]).await;
        assert_eq!(host.value(listed).await, before);
    }
}

/// The engine would call what is at an address that a client has bound.
#[tokio::test]
async fn nobody_gives_the_engine_code_to_run() {
    let host = prepared().await;
    for somebody in [host.clone(), host.read_only()] {
        let address = json!({ "type": "blob", "base64": "AQEBAQEBAQE=" });
        let sql = "SELECT fts3_tokenizer('simple', ?)";
        let bound = json!({ "type": "execute", "stmt": { "sql": sql, "args": [address] } });
        let name = json!({ "type": "text", "value": "simple" });
        let asked = json!({ "type": "execute", "stmt": { "sql": "SELECT hex(FTS3_Tokenizer(?))", "args": [name] } });
        let answer = somebody.pipeline(None, json!([bound, asked, { "type": "close" }])).await;
        for result in &answer["results"].as_array().unwrap()[..2] {
            let message = result["error"]["message"].as_str().unwrap_or_default();
            assert!(message.contains("not authorized to use function: "), "{answer}");
        }
    }
    host.run(&["CREATE VIRTUAL TABLE older USING fts3(x, tokenize=simple)", "INSERT INTO older VALUES ('a b')"]).await;
    assert_eq!(host.value("SELECT x FROM older WHERE older MATCH 'b'").await["value"], "a b");
}

#[tokio::test]
async fn a_function_that_writes_is_a_write() {
    let host = prepared().await;
    let sql = "SELECT optimize(old) FROM old LIMIT 1";
    let segments = "SELECT count(*) FROM old_segdir";
    let described = host.pipeline(None, json!([{ "type": "describe", "sql": sql }])).await;
    assert_eq!(described["results"][0]["response"]["result"]["is_readonly"], false);
    host.plane.put(DatabaseRecord { block_writes: true, ..record() });
    assert_eq!(host.error(sql).await["code"], "BLOCKED");
    assert_eq!(host.value(segments).await, integer(2));
    host.plane.put(record());
    let holder = host.pipeline(None, json!([execute("BEGIN IMMEDIATE")])).await;
    let (optimized, _) = tokio::join!(host.value(sql), async {
        tokio::task::yield_now().await;
        host.pipeline(Some(super::baton(&holder)), json!([execute("COMMIT"), { "type": "close" }])).await
    });
    assert_eq!(optimized["value"], "Index optimized");
    assert_eq!(host.value(segments).await, integer(1));
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

#[tokio::test]
async fn looking_at_what_makes_or_drops_an_index_of_vectors_does_nothing() {
    let host = Host::new();
    let names = "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1)";
    let describe = |sql: &str| json!([{ "type": "describe", "sql": sql }]);
    let (create, drop) = ("CREATE INDEX i ON t (libsql_vector_idx(e))", "DROP INDEX i");
    host.run(&["CREATE TABLE t (e F32_BLOB(2))", "INSERT INTO t VALUES (vector32('[1,2]'))"]).await;

    let described = host.pipeline(None, describe(create)).await["results"][0]["response"]["result"].clone();
    assert_eq!(described, json!({ "params": [], "cols": [], "is_explain": false, "is_readonly": false }));
    let body = json!({ "requests": [execute(create)] }).to_string();
    assert_eq!(host.read_only().post("/v2/pipeline", body).await, (403, FORBIDDEN.to_owned()));
    assert_eq!(host.value(names).await, json!({ "type": "text", "value": "t" }));

    // Had looking at it entered the index, making it would have left out the row.
    host.run(&[create]).await;
    let nearest = "SELECT id FROM vector_top_k('i', vector32('[1,2]'), 1)";
    assert_eq!(host.value(nearest).await, integer(1));

    host.pipeline(None, describe(drop)).await;
    let body = json!({ "requests": [sequence(drop)] }).to_string();
    assert_eq!(host.read_only().post("/v2/pipeline", body).await, (403, FORBIDDEN.to_owned()));
    assert_eq!(host.value(nearest).await, integer(1));
    host.pipeline(None, json!([sequence(&format!("SELECT 1; {drop}; {create}; {drop}"))])).await;
    assert_eq!(host.value(names).await, json!({ "type": "text", "value": "libsql_vector_meta_shadow t" }));
}

#[tokio::test]
async fn what_would_make_or_drop_an_index_of_vectors_and_does_not_run_leaves_everything_as_it_was() {
    let host = Host::new();
    let names = "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema ORDER BY 1)";
    let (create, drop) = ("CREATE INDEX k ON t (libsql_vector_idx(e))", "DROP INDEX i");
    let wide = "CREATE INDEX k ON w (libsql_vector_idx(e))";
    host.run(&[
        "CREATE TABLE t (e F32_BLOB(2))",
        "CREATE TABLE w (e F32_BLOB(2))",
        "INSERT INTO w VALUES (vector32('[1,2,3]'))",
        "CREATE INDEX i ON t (libsql_vector_idx(e))",
        "INSERT INTO t VALUES (vector32('[1,2]'))",
    ])
    .await;
    let before = host.value(names).await;
    let with_argument = |sql: &str| json!({ "type": "execute", "stmt": { "sql": sql, "args": [integer(1)] } });

    for (request, is_done) in [create, drop, "DROP TABLE t"].into_iter().flat_map(|sql| {
        [
            (execute(&format!("{sql}; SELECT 1")), false),
            (execute(&format!("{sql}; {sql}")), false),
            (with_argument(sql), false),
            (execute(&format!("EXPLAIN {sql}")), true),
            (execute(&format!("; EXPLAIN {sql}")), true),
            (execute(&format!("EXPLAIN QUERY PLAN {sql}")), true),
            (sequence(&format!("EXPLAIN {sql}")), true),
            (sequence(&format!("SELECT 1; EXPLAIN QUERY PLAN {sql}; SELECT 2")), true),
        ]
    }) {
        let answer = host.pipeline(None, json!([request])).await;
        assert_eq!(answer["results"][0]["type"] == "ok", is_done, "{request}: {answer}");
        let requests = json!([execute("BEGIN"), execute("INSERT INTO w VALUES (NULL)"), request, execute("COMMIT")]);
        let answer = host.pipeline(None, requests).await;
        assert_eq!(answer["results"][2]["type"] == "ok", is_done, "{request}: {answer}");
        assert_eq!(answer["results"][3]["type"], "ok", "{request}: {answer}");
        assert_eq!(host.value(names).await, before, "{request}");
    }
    assert_eq!(host.value("SELECT count(*) FROM w").await, integer(1 + 24));
    // It fails when it comes to the row.
    host.error(wide).await;
    host.pipeline(None, json!([sequence(wide)])).await;
    assert_eq!(host.value(names).await, before);

    host.run(&["DELETE FROM w", "INSERT INTO t VALUES (vector32('[8,9]'))", create]).await;
    for index in ["i", "k"] {
        let nearest = format!("SELECT id FROM vector_top_k('{index}', vector32('[9,9]'), 1)");
        assert_eq!(host.value(&nearest).await, integer(2), "{index}");
    }
}

#[tokio::test]
async fn what_is_kept_for_an_index_of_vectors_is_changed_by_the_engine_alone() {
    let host = Host::new();
    host.run(&[
        "CREATE TABLE t (id INTEGER PRIMARY KEY, e F32_BLOB(2))",
        "CREATE TABLE price_shadow (x)",
        "PRAGMA case_sensitive_like = ON",
        // It means a table that is not there yet.
        "CREATE TRIGGER early AFTER INSERT ON price_shadow BEGIN UPDATE I_shadow SET data = x'ff'; END",
        "CREATE INDEX i ON t (LIBSQL_vector_idx(e))",
        "INSERT INTO t VALUES (1, vector32('[1,2]')), (2, vector32('[8,9]'))",
    ])
    .await;
    for refused in [
        "UPDATE i_shadow SET data = randomblob(length(data))",
        "UPDATE I_SHADOW SET data = NULL",
        "INSERT INTO i_shadow VALUES (3, x'00')",
        "DELETE FROM i_shadow",
        "DROP TABLE i_shadow",
        "ALTER TABLE i_shadow RENAME TO other",
        "ALTER TABLE i_shadow ADD COLUMN more",
        "CREATE TRIGGER late AFTER INSERT ON i_shadow BEGIN SELECT 1; END",
        "CREATE INDEX more ON i_shadow (data)",
        "INSERT INTO price_shadow VALUES (1)",
        "UPDATE libsql_vector_meta_shadow SET metadata = randomblob(200)",
        "DELETE FROM libsql_vector_meta_shadow",
        "DROP TABLE libsql_vector_meta_shadow",
        "REPLACE INTO main.libsql_vector_meta_shadow VALUES ('i', x'')",
        "CREATE TABLE libsql_vector_meta_shadow (name, metadata)",
    ] {
        let error = host.error(refused).await;
        assert!(
            error["message"].as_str().unwrap().contains("authorized") || refused.starts_with("CREATE TABLE"),
            "{refused}: {error}"
        );
    }
    let indexed = "CREATE INDEX k ON t (libsql_vector_idx(e)); UPDATE k_shadow SET data = x'ff'";
    let answer = host.pipeline(None, json!([sequence(indexed)])).await;
    assert_eq!(answer["results"][0]["error"]["code"], "SQLITE_AUTH", "{answer}");

    let nearest = "SELECT id FROM vector_top_k('i', vector32('[9,9]'), 1)";
    assert_eq!(host.value(nearest).await, integer(2));
    host.run(&["UPDATE t SET e = vector32('[1,1]') WHERE id = 2", "DELETE FROM t WHERE id = 1", "REINDEX i", "VACUUM"])
        .await;
    assert_eq!(host.value(nearest).await, integer(2));
    host.run(&["DROP TRIGGER early", "INSERT INTO price_shadow VALUES (1)", "DROP TABLE t", "DROP TABLE price_shadow"])
        .await;
    let left = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'i_shadow%' OR name LIKE 'k_shadow%'";
    assert_eq!(host.value(left).await, integer(0));
}

#[tokio::test]
async fn an_index_of_vectors_that_the_engine_could_take_for_another_is_not_made() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (e F32_BLOB(2))", "CREATE TABLE j_shadow (index_key INTEGER PRIMARY KEY, data BLOB)"])
        .await;
    for unfit in [
        "CREATE INDEX j ON t (libsql_vector_idx(e))",
        "CREATE INDEX \"k (x); DROP TABLE t; --\" ON t (libsql_vector_idx(e))",
        "CREATE INDEX \"1k\" ON t (libsql_vector_idx(e))",
    ] {
        let error = host.error(unfit).await;
        assert!(error["message"].as_str().unwrap().contains("not authorized"), "{unfit}: {error}");
    }
    let temporary = json!([
        execute("CREATE TEMP TABLE v (e F32_BLOB(2))"),
        execute("CREATE INDEX temp.l ON v (libsql_vector_idx(e))"),
    ]);
    let error = host.pipeline(None, temporary).await["results"][1]["error"].clone();
    assert!(error["message"].as_str().unwrap().contains("not authorized"), "{error}");
}

#[tokio::test]
async fn nobody_writes_the_schema_by_hand() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    for refused in [
        "PRAGMA writable_schema = 1",
        "PRAGMA main.writable_schema(ON)",
        "PRAGMA WRITABLE_SCHEMA = RESET",
        "PRAGMA schema_version = 7",
    ] {
        assert_eq!(host.error(refused).await["code"], "SQLITE_AUTH", "{refused}");
    }
    let update = "UPDATE sqlite_schema SET sql = 'garbage' WHERE name = 't'";
    assert!(host.error(update).await["message"].as_str().unwrap().contains("may not be modified"));
    assert_eq!(host.value("PRAGMA writable_schema").await, integer(0));
}
