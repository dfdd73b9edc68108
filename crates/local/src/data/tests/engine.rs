//! What the databases of Turso can do beyond plain SQL, each through the protocol.

use serde_json::{Value, json};

use super::{Host, integer};

fn text(value: &str) -> Value {
    json!({ "type": "text", "value": value })
}

fn float(value: f64) -> Value {
    json!({ "type": "float", "value": value })
}

#[tokio::test]
async fn vectors_are_stored_compared_and_found_by_their_index() {
    let host = Host::new();
    host.run(&[
        "CREATE TABLE movies (title TEXT, embedding F32_BLOB(3))",
        "CREATE INDEX movies_idx ON movies (libsql_vector_idx(embedding))",
        "INSERT INTO movies VALUES ('a', vector32('[1,2,3]')), ('b', vector32('[4,5,6]'))",
    ])
    .await;
    let nearest =
        "SELECT title FROM vector_top_k('movies_idx', vector32('[4,5,7]'), 1) JOIN movies ON movies.rowid = id";
    assert_eq!(host.value(nearest).await, text("b"));
    assert_eq!(host.value("SELECT vector_extract(embedding) FROM movies").await, text("[1,2,3]"));
    assert_eq!(host.value("SELECT vector_distance_l2(vector32('[0,0]'), vector32('[3,4]'))").await, float(5.0));
    host.run(&["DELETE FROM movies WHERE title = 'b'"]).await;
    assert_eq!(host.value(nearest).await, text("a"));
    let wrong = host.error("INSERT INTO movies VALUES ('c', vector32('[1]'))").await;
    assert!(wrong["message"].as_str().unwrap().contains("dimensions are different"), "{wrong}");
}

#[tokio::test]
async fn a_column_is_altered_in_place_and_its_new_rule_holds() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (a INT, b TEXT)", "INSERT INTO t VALUES (1, 'kept')"]).await;
    host.run(&["ALTER TABLE t ALTER COLUMN a TO a INT CHECK (a > 0)"]).await;
    assert_eq!(host.value("SELECT b FROM t WHERE a = 1").await, text("kept"));
    assert_eq!(host.error("INSERT INTO t VALUES (-1, 'no')").await["extended_code"], "SQLITE_CONSTRAINT_CHECK");
}

#[tokio::test]
async fn text_is_searched_by_its_words_and_ranked() {
    let host = Host::new();
    host.run(&[
        "CREATE VIRTUAL TABLE notes USING fts5(title, body, tokenize = 'porter unicode61')",
        "INSERT INTO notes VALUES ('a', 'he runs'), ('b', 'größe'), ('c', 'running and running')",
    ])
    .await;
    assert_eq!(host.value("SELECT title FROM notes('run') ORDER BY rank").await, text("c"));
    assert_eq!(host.value("SELECT highlight(notes, 1, '[', ']') FROM notes('title:a run')").await, text("he [runs]"));
    host.run(&["DELETE FROM notes WHERE title = 'c'"]).await;
    assert_eq!(host.value("SELECT count(*) FROM notes('run')").await, integer(1));
}

#[tokio::test]
async fn json_is_read_changed_and_taken_apart() {
    let host = Host::new();
    assert_eq!(host.value(r#"SELECT '{"a":[1,{"b":2}]}' ->> '$.a[1].b'"#).await, integer(2));
    assert_eq!(host.value("SELECT json_set('{}', '$.x', json('[1]'))").await, text(r#"{"x":[1]}"#));
    assert_eq!(host.value("SELECT sum(value) FROM json_each('[1,2,3]')").await, integer(6));
    assert_eq!(host.value("SELECT json(jsonb('[1]'))").await, text("[1]"));
}

#[tokio::test]
async fn what_a_write_returns_are_its_rows() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (id INTEGER PRIMARY KEY, x)"]).await;
    let results = host
        .run(&[
            "INSERT INTO t (x) VALUES (1), (2) RETURNING id, x * 10",
            "UPDATE t SET x = x + 1 RETURNING x",
            "DELETE FROM t WHERE id = 1 RETURNING *",
        ])
        .await;
    assert_eq!(results[0]["rows"], json!([[integer(1), integer(10)], [integer(2), integer(20)]]));
    assert_eq!(results[1]["rows"], json!([[integer(2)], [integer(3)]]));
    assert_eq!(results[2]["rows"], json!([[integer(1), integer(2)]]));
    assert_eq!(results[2]["affected_row_count"], 1);
}

#[tokio::test]
async fn a_strict_table_takes_only_values_of_its_types() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (i INT, a ANY) STRICT", "INSERT INTO t VALUES ('7', '007')"]).await;
    assert_eq!(host.value("SELECT i || typeof(i) || a FROM t").await, text("7integer007"));
    let error = host.error("INSERT INTO t VALUES ('x', 1)").await;
    assert_eq!(error["extended_code"], "SQLITE_CONSTRAINT_DATATYPE");
    assert_eq!(host.error("CREATE TABLE u (x MONEY) STRICT").await["code"], "SQLITE_UNKNOWN");
}

#[tokio::test]
async fn every_documented_extension_of_sqlean_is_there() {
    let host = Host::new();
    let expected = [
        ("crypto", "SELECT hex(sha256('a'))", text("CA978112CA1BBDCAFAC231B39A23DC4DA786EFF8147C4E72B9807785AFEE48BB")),
        (
            "crypto",
            "SELECT hex(crypto_sha256(x'616263'))",
            text("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"),
        ),
        ("crypto", "SELECT hex(md5('abc'))", text("900150983CD24FB0D6963F7D28E17F72")),
        ("crypto", "SELECT hex(sha1('abc'))", text("A9993E364706816ABA3E25717850C26C9CD0D89D")),
        ("crypto", "SELECT substr(hex(sha384('abc')), 1, 32)", text("CB00753F45A35E8BB5A03D699AC65007")),
        ("crypto", "SELECT substr(hex(crypto_sha512('abc')), 1, 32)", text("DDAF35A193617ABACC417349AE204131")),
        ("crypto", "SELECT substr(hex(blake3('abc')), 1, 32)", text("6437B3AC38465133FFB63B75273A8DB5")),
        ("crypto", "SELECT sha256(NULL)", json!({ "type": "null" })),
        ("fuzzy", "SELECT levenshtein('awesome', 'aewsme')", integer(3)),
        ("math", "SELECT sqrt(16)", float(4.0)),
        ("stats", "SELECT median(value) FROM json_each('[1, 2, 9]')", float(2.0)),
        ("text", "SELECT text_reverse('größe')", text("eßörg")),
        ("uuid", "SELECT length(uuid4())", integer(36)),
        ("regexp", "SELECT 'the year is 2024' REGEXP '[0-9]+'", integer(1)),
    ];
    for (extension, sql, value) in expected {
        assert_eq!(host.value(sql).await, value, "{extension}");
    }
}

#[tokio::test]
async fn a_hash_is_that_of_the_text_of_a_number() {
    let host = Host::new();
    let same = "SELECT sha256(12) = sha256('12'), sha256(x'3132') = sha256('12'), sha256(1.5) = sha256('1.5')";
    assert_eq!(host.run(&[same]).await[0]["rows"], json!([[integer(1), integer(1), integer(1)]]));
}

#[tokio::test]
async fn functions_of_texts_take_bytes_that_are_none() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x TEXT COLLATE text_nocase CHECK (text_length(x) < 3))"]).await;
    host.run(&["CREATE INDEX i ON t (text_lower(x))", "INSERT INTO t VALUES (CAST(x'ff' AS TEXT)), ('İ')"]).await;
    let reader = host.read_only();
    for (sql, expected) in [
        ("SELECT hex(rtrim(x'ff'))", text("FF")),
        ("SELECT hex(ltrim(CAST(x'ff' AS TEXT)))", text("FF")),
        ("SELECT reverse(x'61c3')", text("\u{fffd}a")),
        ("SELECT left(x'ff61', 1)", text("\u{fffd}")),
        ("SELECT text_length(CAST(x'ff' AS TEXT))", integer(1)),
        ("SELECT text_lower('İ') || text_upper('ß')", text("iß")),
        ("SELECT count(*) FROM t WHERE text_lower(x) IN ('i', CAST(x'efbfbd' AS TEXT))", integer(2)),
        ("SELECT count(*) FROM t WHERE x = CAST(x'fe' AS TEXT)", integer(1)),
    ] {
        assert_eq!(reader.value(sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn an_error_quotes_nothing_that_was_not_sent() {
    let host = Host::new();
    let error = host.error("SELECT vector32('[' || repeat('1', 5000) || ']')").await;
    assert_eq!(error["message"], "SQLite error: vector: float string length exceeded 1024 characters");
}

#[tokio::test]
async fn looking_for_indexes_of_vectors_is_not_counted_for_the_statement_of_a_client() {
    let host = Host::new();
    host.run(&["CREATE TABLE v (e F32_BLOB(2))", "CREATE INDEX near ON v (libsql_vector_idx(e))"]).await;
    for sql in ["SELECT vector64('[1.5]')", "SELECT 1 + 1"] {
        assert_eq!(host.run(&[sql]).await[0]["rows_read"], 0, "{sql}");
    }
}
