use axum::body::Body;
use futures_util::StreamExt as _;
use http::{Request, Response, StatusCode};

use super::{DATABASE, Host, LABEL, sequence};

/// Everything a dump has to get right.
const SCRIPT: &str = r#"
    CREATE TABLE plain (a, "b ""c" TEXT, d REAL);
    INSERT INTO plain VALUES (1, 'it''s', 0.1), (-9223372036854775808, 'größe 🦀', 9e999), (NULL, char(97, 0, 98), -9e999),
        (x'00ff', 'two' || char(10) || 'lines', 1e300), (9223372036854775807, CAST(x'61ff' AS TEXT), 5e-324);
    CREATE TABLE gaps (v);
    INSERT INTO gaps (rowid, v) VALUES (5, 'five'), (9, 'nine');
    CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, v);
    INSERT INTO counted (v) VALUES ('a'), ('b'), ('c');
    DELETE FROM counted WHERE id = 3;
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (id TEXT PRIMARY KEY, parent REFERENCES parent (id)) WITHOUT ROWID;
    INSERT INTO parent VALUES (1); INSERT INTO child VALUES ('x', 1);
    CREATE TABLE made (a INTEGER, b AS (a * 2) STORED, c);
    INSERT INTO made (a, c) VALUES (21, 'c');
    CREATE VIRTUAL TABLE words USING fts5(body);
    INSERT INTO words VALUES ('the quick brown fox'), ('jumps');
    CREATE TABLE places (name, at F32_BLOB(2));
    INSERT INTO places VALUES ('here', vector32('[1,2]')), ('there', vector32('[8,9]'));
    CREATE INDEX near ON places (libsql_vector_idx(at));
    CREATE INDEX by_v ON counted (v);
    CREATE TABLE log (x);
    CREATE TRIGGER logged AFTER INSERT ON plain BEGIN INSERT INTO log VALUES (new.a); END;
    CREATE VIEW doubled AS SELECT a, b FROM made;
"#;

/// What must be the same in the database made from the dump.
const PROBES: [&str; 9] = [
    "SELECT group_concat(quote(a) || typeof(a) || hex(\"b \"\"c\") || typeof(d) || d, '|') FROM plain",
    "SELECT group_concat(id || v) FROM counted",
    "SELECT seq FROM sqlite_sequence WHERE name = 'counted'",
    "SELECT group_concat(id || parent) FROM child",
    "SELECT a || b FROM doubled",
    "SELECT body FROM words WHERE words MATCH 'quick'",
    "SELECT name FROM vector_top_k('near', vector32('[9,9]'), 1) JOIN places ON places.rowid = id",
    "SELECT count(*) FROM log",
    "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)",
];

async fn ask(host: &Host, query: &str) -> Response<Body> {
    let uri = format!("/dump{query}");
    let request = Request::get(&uri).header("authorization", format!("Bearer {}", host.token));
    host.plane.handle(LABEL, "/dump", request.body(Body::empty()).unwrap()).await
}

async fn dump(host: &Host, query: &str) -> String {
    let answer = ask(host, query).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/plain");
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn filled() -> Host {
    let host = Host::new();
    let request = serde_json::json!([sequence(SCRIPT), { "type": "close" }]);
    let answer = host.pipeline(None, request).await;
    assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
    host
}

fn load(dump: &str) -> rusqlite::Connection {
    let loaded = rusqlite::Connection::open_in_memory().unwrap();
    loaded.execute_batch(dump).unwrap();
    // What was written into the schema is seen by whoever reads it anew.
    loaded.execute_batch("PRAGMA writable_schema=RESET").unwrap();
    loaded
}

#[tokio::test]
async fn a_dump_makes_the_same_database() {
    let host = filled().await;
    let loaded = load(&dump(&host, "").await);
    for probe in PROBES {
        let expected = host.value(probe).await["value"].clone();
        let found: String = loaded.query_row(&format!("SELECT CAST(({probe}) AS TEXT)"), [], |row| row.get(0)).unwrap();
        assert_eq!(found, expected.as_str().unwrap(), "{probe}");
    }
}

#[tokio::test]
async fn a_dump_makes_a_view_before_the_triggers_that_write_through_it() {
    let host = Host::new();
    host.run(&[
        "CREATE TABLE t (x)",
        "CREATE VIEW low AS SELECT x FROM t",
        "CREATE TRIGGER into_low INSTEAD OF INSERT ON low BEGIN INSERT INTO t VALUES (new.x); END",
        "CREATE VIEW high AS SELECT x + 1 AS x FROM low",
        "CREATE TRIGGER into_high INSTEAD OF INSERT ON high BEGIN INSERT INTO low VALUES (new.x - 1); END",
        "DROP VIEW low",
        "CREATE VIEW low AS SELECT x FROM t",
        "CREATE TRIGGER into_low INSTEAD OF INSERT ON low BEGIN INSERT INTO t VALUES (new.x); END",
    ])
    .await;
    let loaded = load(&dump(&host, "").await);
    loaded.execute_batch("INSERT INTO high VALUES (8)").unwrap();
    assert_eq!(loaded.query_row("SELECT x FROM t", [], |row| row.get::<_, i64>(0)).unwrap(), 7);
}

#[tokio::test]
async fn a_dump_leaves_out_what_indexes_of_vectors_keep_and_nothing_else_for_its_name() {
    let host = Host::new();
    let others = [
        "CREATE TABLE plain_shadow (x)",
        "CREATE TABLE libsql_notes (x)",
        "CREATE INDEX plain ON plain_shadow (x)",
        "CREATE INDEX libsql_vector_meta_shadow_index ON plain_shadow (x)",
        "CREATE VIEW libsql_vector_meta_shadow_view AS SELECT x FROM plain_shadow",
    ];
    host.run(&others).await;
    host.run(&["CREATE TABLE t (e F32_BLOB(2))", "CREATE INDEX i ON t (LIBSQL_Vector_IDX(e))"]).await;
    let text = dump(&host, "").await;
    for other in others {
        assert!(text.contains(&format!("{other};\n")), "{other}: {text}");
    }
    assert!(!text.contains("i_shadow") && !text.contains("TABLE libsql_vector_meta"), "{text}");
}

#[tokio::test]
async fn a_table_called_like_a_pragma_is_dumped_like_any_other() {
    let host = Host::new();
    let tables = ["pragma_table_info", "pragma_index_list", "pragma_table_list", "it's"];
    for table in tables {
        host.run(&[&format!("CREATE TABLE \"{table}\" (x, y)"), &format!("INSERT INTO \"{table}\" VALUES (7, 8)")])
            .await;
    }
    let loaded = load(&dump(&host, "?preserve_row_ids=true").await);
    for table in tables {
        let sum = format!("SELECT x + y FROM \"{table}\"");
        assert_eq!(loaded.query_row(&sum, [], |row| row.get::<_, i64>(0)).unwrap(), 15, "{table}");
    }
}

#[tokio::test]
async fn a_comment_at_the_end_of_a_statement_swallows_nothing_of_a_dump() {
    let host = Host::new();
    host.run(&[
        "CREATE TABLE t (x)",
        "CREATE INDEX i ON t (x) -- note",
        "CREATE INDEX j ON t (x) /* note",
        "CREATE VIEW v AS SELECT '--' AS x /* note *",
        "CREATE VIEW w AS SELECT x FROM t",
    ])
    .await;
    let text = dump(&host, "").await;
    for ended in ["(x) -- note\n;\n", "(x) /* note*/;\n", " /* note **/;\n"] {
        assert!(text.contains(ended), "{ended}: {text}");
    }
    let counted = "SELECT count(*) FROM sqlite_schema WHERE name IN ('t', 'i', 'j', 'v', 'w')";
    assert_eq!(load(&text).query_row(counted, [], |row| row.get::<_, i64>(0)).unwrap(), 5);
}

#[tokio::test]
async fn a_dump_keeps_row_ids_when_asked_to() {
    let host = filled().await;
    let rowids = "SELECT group_concat(rowid) FROM gaps";
    let loaded = |text: String| load(&text).query_row(rowids, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(loaded(dump(&host, "?preserve_row_ids=true").await), "5,9");
    assert_eq!(loaded(dump(&host, "").await), "1,2");
}

#[tokio::test]
async fn a_dump_has_every_column_of_the_widest_table_and_its_row_ids() {
    let columns: Vec<_> = (0..2000).map(|index| format!("c{index}")).collect();
    let host = Host::new();
    let create = format!("CREATE TABLE wide ({})", columns.join(","));
    host.run(&[&create, "INSERT INTO wide (rowid, c0, c1999) VALUES (9, 1, 'last'), (5, 2, 'too')"]).await;
    for (query, expected) in [("?preserve_row_ids=true", "5 2 too,9 1 last"), ("", "1 2 too,2 1 last")] {
        let loaded = load(&dump(&host, query).await);
        let rows = "SELECT group_concat(rowid || ' ' || c0 || ' ' || c1999) FROM wide";
        assert_eq!(loaded.query_row(rows, [], |row| row.get::<_, String>(0)).unwrap(), expected);
    }
}

#[tokio::test]
async fn a_dump_of_nothing_is_a_transaction_of_nothing() {
    let text = dump(&Host::new(), "").await;
    assert_eq!(text, "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCOMMIT;\n");
}

#[tokio::test]
async fn a_dump_that_cannot_begin_is_refused_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::in_directory(directory.path());
    host.run(&["CREATE TABLE t (x)"]).await;
    drop(host);
    std::fs::remove_file(directory.path().join(format!("{DATABASE}.db"))).unwrap();
    let answer = ask(&Host::in_directory(directory.path()), "").await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let refusal: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert!(refusal["error"].as_str().unwrap().contains("that of database orders"), "{refusal}");
}

#[tokio::test]
async fn a_dump_arrives_while_it_is_read_and_does_not_stop_writers() {
    let host = Host::new();
    host.run(&[
        "CREATE TABLE t (x)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO t SELECT hex(zeroblob(50)) FROM n",
    ])
    .await;
    let request = Request::get("/dump").header("authorization", format!("Bearer {}", host.token));
    let answer = host.plane.handle(LABEL, "/dump", request.body(Body::empty()).unwrap()).await;
    let mut chunks = answer.into_body().into_data_stream();
    let mut size = chunks.next().await.unwrap().unwrap().len();
    host.run(&["INSERT INTO t VALUES ('later')"]).await;
    let mut text = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.unwrap();
        size += chunk.len();
        text = chunk.to_vec();
    }
    assert!(size > 20_000 * 100);
    assert!(text.ends_with(b"COMMIT;\n"));
    assert!(!String::from_utf8_lossy(&text).contains("later"));
}
