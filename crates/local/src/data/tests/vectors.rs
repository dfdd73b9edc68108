use serde_json::{Value, json};

use super::{Host, baton, execute, integer};

/// With three points in three directions.
async fn points() -> Host {
    let host = Host::new();
    let made = [
        "CREATE TABLE t (x INTEGER PRIMARY KEY, v F32_BLOB(2))",
        "CREATE INDEX i ON t (libsql_vector_idx(v))",
        "INSERT INTO t VALUES (1, vector('[1,0]')), (2, vector('[1,1]')), (3, vector('[0,1]'))",
    ];
    let answer = host.pipeline(None, made.iter().map(|sql| execute(sql)).collect()).await;
    assert!(answer["results"].as_array().unwrap().iter().all(|result| result["type"] == "ok"), "{answer}");
    host
}

async fn answer_to(host: &Host, sql: &str) -> Value {
    host.pipeline(None, json!([execute(sql)])).await["results"][0].take()
}

async fn rows_of(host: &Host, sql: &str) -> String {
    let answer = answer_to(host, sql).await;
    let rows = answer["response"]["result"]["rows"].as_array().unwrap_or_else(|| panic!("{sql}: {answer}")).clone();
    let cell = |cell: &Value| cell["value"].as_str().unwrap_or("null").to_owned();
    let row = |row: &Value| row.as_array().unwrap().iter().map(cell).collect::<Vec<_>>().join(",");
    rows.iter().map(row).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_search_for_more_neighbours_than_it_bears_is_refused() {
    let host = points().await;
    let too_many = "SQLite error: vector index(search): third parameter (k) must be at most 8191";
    for k in ["8192", "268435456", "536870913", "4294967297", "9223372036854775807", "8192.0", "1e300", "9e999"] {
        for sql in [
            format!("SELECT id FROM vector_top_k('i', vector('[1,0]'), {k})"),
            format!("SELECT id FROM vector_top_k('i', vector('[1,0]')) WHERE k = {k}"),
            format!("SELECT id FROM vector_top_k('i', vector('[1,0]'), (SELECT {k}))"),
        ] {
            let answer = answer_to(&host, &sql).await;
            assert_eq!(answer["error"]["message"], too_many, "{sql}: {answer}");
        }
    }
    assert_eq!(rows_of(&host, "SELECT id FROM vector_top_k('i', vector('[1,0]'), 8191)").await, "1 2 3");
    for k in ["-1", "1.5", "'2'", "NULL"] {
        let answer = answer_to(&host, &format!("SELECT id FROM vector_top_k('i', vector('[1,0]'), {k})")).await;
        assert_eq!(answer["type"], "error", "{k}: {answer}");
    }
}

#[tokio::test]
async fn a_search_finds_the_nearest_first_however_often_it_is_made_in_a_statement() {
    let host = points().await;
    let nearest = "(SELECT id FROM vector_top_k('i', (SELECT v FROM t AS o WHERE o.x = t.x), 1))";
    assert_eq!(rows_of(&host, &format!("SELECT x, {nearest} FROM t ORDER BY x")).await, "1,1 2,2 3,3");
    assert_eq!(rows_of(&host, "SELECT id FROM vector_top_k('i', vector('[9,8]'), 2)").await, "2 1");
    assert_eq!(rows_of(&host, "SELECT rowid, id FROM vector_top_k('i', vector('[0,2]'), 1)").await, "3,3");
    assert_eq!(rows_of(&host, "SELECT count(*) FROM vector_top_k('i', vector('[0,2]'), 0)").await, "0");
}

#[tokio::test]
async fn what_was_searched_for_is_no_part_of_what_was_found() {
    let host = points().await;
    let arguments = "SELECT id, idx, vector, k FROM vector_top_k('i', vector('[0,2]'), 1)";
    assert_eq!(rows_of(&host, arguments).await, "3,null,null,null");
    let made = [
        "CREATE TABLE w (a TEXT PRIMARY KEY, v F32_BLOB(2)) WITHOUT ROWID",
        "CREATE INDEX j ON w (libsql_vector_idx(v))",
        "INSERT INTO w VALUES ('first', vector('[0,2]'))",
    ];
    host.pipeline(None, made.iter().map(|sql| execute(sql)).collect()).await;
    let arguments = arguments.replace("'i'", "'j'");
    assert_eq!(rows_of(&host, &arguments).await, "first,null,null,null");
}

#[tokio::test]
async fn an_index_that_keeps_more_candidates_than_a_search_bears_is_not_made() {
    let host = points().await;
    let made = |setting: &str| format!("CREATE INDEX j ON t (libsql_vector_idx(v, '{setting}'))");
    for setting in ["search_l=8192", "insert_l=536870913", "search_l = 4294967297", "SEARCH_L=99999"] {
        let answer = answer_to(&host, &made(setting)).await;
        assert_eq!(answer["type"], "error", "{setting}: {answer}");
    }
    let answer = answer_to(&host, &made("insert_l=8192")).await;
    assert_eq!(
        answer["error"]["message"], "SQLite error: search_l and insert_l of index j must be at most 8191",
        "{answer}"
    );
    assert_eq!(answer_to(&host, &made("search_l=8191")).await["type"], "ok");
    assert_eq!(rows_of(&host, "SELECT id FROM vector_top_k('j', vector('[2,2]'), 1)").await, "2");
}

/// Which has an index of vectors, or had one.
#[tokio::test]
async fn a_transaction_that_has_read_nothing_yet_writes_after_others_have() {
    for sql in ["SELECT 1", "DROP INDEX i"] {
        let host = points().await;
        host.run(&[sql, "CREATE TABLE r (x)"]).await;
        let begun = host.pipeline(None, json!([execute("BEGIN"), execute("SELECT 1")])).await;
        host.run(&["INSERT INTO r VALUES (1)"]).await;
        let ended = json!([execute("INSERT INTO r VALUES (2)"), execute("COMMIT")]);
        let answer = host.pipeline(Some(baton(&begun)), ended).await;
        assert_eq!(answer["results"][0]["type"], "ok", "{sql}: {answer}");
        assert_eq!(host.value("SELECT sum(x) FROM r").await, integer(3));
    }
}
