//! What drivers of the first days send.

use serde_json::{Value, json};

use super::{Host, execute, integer, step};

async fn ask(host: &Host, path: &str, body: Value) -> (u16, Value) {
    let (status, text) = host.post(path, body.to_string()).await;
    (status, serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn one_statement_is_answered_with_its_result() {
    let host = Host::new();
    let stmt = json!({ "sql": "SELECT :a AS a", "named_args": [{ "name": "a", "value": integer(7) }] });
    let (status, answer) = ask(&host, "/v1/execute", json!({ "stmt": stmt })).await;
    assert_eq!((status, &answer["result"]["rows"]), (200, &json!([[integer(7)]])));
}

#[tokio::test]
async fn a_batch_is_answered_with_the_results_of_its_steps() {
    let host = Host::new();
    let steps = json!([
        step("CREATE TABLE t (x UNIQUE)"),
        step("INSERT INTO t VALUES (1)"),
        { "condition": { "type": "ok", "step": 1 }, "stmt": { "sql": "INSERT INTO t VALUES (1)" } },
        { "condition": { "type": "ok", "step": 2 }, "stmt": { "sql": "INSERT INTO t VALUES (2)" } },
    ]);
    let (status, answer) = ask(&host, "/v1/batch", json!({ "batch": { "steps": steps } })).await;
    assert_eq!(status, 200);
    assert_eq!(answer["result"]["step_results"][1]["affected_row_count"], 1);
    assert_eq!(answer["result"]["step_errors"][2]["code"], "SQLITE_CONSTRAINT");
    assert_eq!(answer["result"]["step_results"][3], Value::Null);
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(1));
}

#[tokio::test]
async fn an_error_of_sql_is_told_by_the_status() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x UNIQUE)", "INSERT INTO t VALUES (1)"]).await;
    let both = json!({ "sql": "SELECT ?", "args": [integer(1)], "named_args": [{ "name": "a", "value": integer(1) }] });
    let cases = [
        (json!({ "sql": "SELEC" }), 400, "SQL_PARSE_ERROR"),
        (json!({ "sql": "SELECT ?" }), 400, "ARGS_INVALID"),
        (both, 501, "ARGS_BOTH_POSITIONAL_AND_NAMED"),
        (json!({ "sql": "INSERT INTO t VALUES (1)" }), 500, "SQLITE_CONSTRAINT"),
    ];
    for (stmt, status, code) in cases {
        let (found, answer) = ask(&host, "/v1/execute", json!({ "stmt": stmt })).await;
        assert_eq!((found, answer["code"].as_str().unwrap()), (status, code), "{answer}");
        assert_eq!(answer["message"], answer["error"]);
    }
}

#[tokio::test]
async fn a_transaction_left_open_by_one_request_is_rolled_back() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let steps = json!([step("BEGIN"), step("INSERT INTO t VALUES (1)")]);
    assert_eq!(ask(&host, "/v1/batch", json!({ "batch": { "steps": steps } })).await.0, 200);
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(0));
    host.run(&["INSERT INTO t VALUES (2)"]).await;
}

#[tokio::test]
async fn old_paths_ask_for_the_same_token() {
    let host = Host::new();
    let (stranger, reader) = (host.with_token(""), host.read_only());
    for (path, body) in [
        ("/v1/execute", json!({ "stmt": { "sql": "CREATE TABLE t (x)" } })),
        ("/v1/batch", json!({ "batch": { "steps": [step("CREATE TABLE t (x)")] } })),
        ("/", json!({ "statements": ["CREATE TABLE t (x)"] })),
    ] {
        assert_eq!(ask(&stranger, path, body.clone()).await.0, 401, "{path}");
        assert_eq!(ask(&reader, path, body).await.0, 403, "{path}");
    }
    assert_eq!(ask(&reader, "/", json!({ "statements": ["SELECT 1"] })).await.0, 200);
    for path in ["/dump", "/v1/jobs", "/v1/jobs/1"] {
        assert_eq!(host.get(path).await.0, 401, "{path}");
    }
}

#[tokio::test]
async fn a_list_of_statements_is_answered_with_plain_rows() {
    let host = Host::new();
    let statements = json!([
        "CREATE TABLE t (a, b, c, d, e)",
        { "q": "INSERT INTO t VALUES (?, ?, ?, ?, ?)", "params": [1, 1.5, "x", null, { "base64": "AP8=" }] },
        { "q": "SELECT *, :n AS n FROM t", "params": { ":n": 7 } },
        "SELECT nope",
        "SELECT 'never'",
    ]);
    let (status, mut answer) = ask(&host, "/", json!({ "statements": statements })).await;
    assert_eq!(status, 200);
    for index in 0..3 {
        let duration = answer[index]["results"].as_object_mut().unwrap().remove("query_duration_ms");
        assert!(duration.is_some_and(|duration| duration.is_f64()));
    }
    let inserted = json!({ "results": { "columns": [], "rows": [], "rows_read": 0, "rows_written": 1 } });
    assert_eq!(answer[1], inserted);
    let rows = json!([[1, 1.5, "x", null, { "base64": "AP8" }, 7]]);
    let columns = ["a", "b", "c", "d", "e", "n"];
    let selected = json!({ "results": { "columns": columns, "rows": rows, "rows_read": 1, "rows_written": 0 } });
    assert_eq!(answer[2], selected);
    assert_eq!(answer[3], json!({ "error": "no such column: nope (at offset 7)" }));
    assert_eq!(answer[4], Value::Null);
    assert_eq!(answer.as_array().unwrap().len(), 5);
    let (_, answer) = ask(&host, "/", json!({ "statements": [{ "q": "SELECT ?", "params": [true] }] })).await;
    assert_eq!(answer[0]["results"]["rows"], json!([[1]]));
    let (status, answer) = ask(&host, "/", json!({ "statements": [{ "q": "SELECT ?", "params": [[1]] }] })).await;
    assert!(
        status == 400 && answer["error"].as_str().unwrap().contains("null, a boolean, a number, a text"),
        "{answer}"
    );
}

#[tokio::test]
async fn an_error_in_a_list_of_statements_is_a_text_in_the_words_of_the_engine() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (a UNIQUE)"]).await;
    for (sql, words) in [
        ("SELECT * FROM nope", "no such table: nope"),
        ("INSERT INTO t VALUES (1), (1)", "UNIQUE constraint failed: t.a"),
        ("nope", "SQL string could not be parsed: near \"nope\": syntax error"),
    ] {
        assert_eq!(ask(&host, "/", json!({ "statements": [sql] })).await, (200, json!([{ "error": words }])));
    }
}

#[tokio::test]
async fn a_list_of_statements_that_leaves_a_transaction_open_is_refused_and_undone() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (a)"]).await;
    let open = json!({ "statements": ["BEGIN", "INSERT INTO t VALUES (1)"] });
    let refusal = json!({ "error": "Query error: `interactive transaction not allowed in HTTP queries`" });
    assert_eq!(ask(&host, "/", open).await, (400, refusal));
    let whole = json!({ "statements": ["BEGIN", "INSERT INTO t VALUES (2)", "COMMIT"] });
    assert_eq!(ask(&host, "/", whole).await.0, 200);
    // What fails is told as itself.
    let failing = json!({ "statements": ["BEGIN", "INSERT INTO t VALUES (3)", "SELECT nope", "COMMIT"] });
    let (status, answer) = ask(&host, "/", failing).await;
    assert_eq!((status, &answer[2]["error"]), (200, &json!("no such column: nope (at offset 7)")));
    let (_, answer) = ask(&host, "/", json!({ "statements": ["SELECT a FROM t"] })).await;
    assert_eq!(answer[0]["results"]["rows"], json!([[2]]));
}

#[tokio::test]
async fn a_database_without_a_schema_database_has_no_jobs() {
    let host = Host::new();
    let get = async |path: &str| {
        let request = http::Request::get(path).header("authorization", format!("Bearer {}", host.token));
        let answer = host.plane.handle(super::LABEL, path, request.body(axum::body::Body::empty()).unwrap()).await;
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 1000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    assert_eq!(get("/v1/jobs").await, (200, r#"{"migrations":[],"schema_version":0}"#.to_owned()));
    assert_eq!(get("/v1/jobs/1").await.0, 404);
    assert_eq!(host.pipeline(None, json!([execute("SELECT 1")])).await["results"][0]["type"], "ok");
}
