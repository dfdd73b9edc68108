use serde_json::json;

use super::{Host, baton, execute, integer, sequence, without_durations};

#[tokio::test]
async fn an_execute_is_answered_in_the_documented_shape_on_both_versions() {
    let host = Host::new();
    for path in ["/v2/pipeline", "/v3/pipeline"] {
        let body = r#"{"baton":null,"requests":[
            {"type":"execute","stmt":{"sql":"SELECT ? AS n, 'hi' AS t","args":[{"type":"integer","value":"9223372036854775807"}]}},
            {"type":"close"}]}"#;
        let (status, text) = host.post(path, body).await;
        assert_eq!(status, 200);
        assert_eq!(
            without_durations(&text),
            concat!(
                r#"{"baton":null,"base_url":null,"results":["#,
                r#"{"type":"ok","response":{"type":"execute","result":{"#,
                r#""cols":[{"name":"n","decltype":null},{"name":"t","decltype":null}],"#,
                r#""rows":[[{"type":"integer","value":"9223372036854775807"},{"type":"text","value":"hi"}]],"#,
                r#""affected_row_count":0,"last_insert_rowid":null,"replication_index":null,"#,
                r#""rows_read":0,"rows_written":0,"query_duration_ms":0}}},"#,
                r#"{"type":"ok","response":{"type":"close"}}]}"#,
            )
        );
    }
}

#[tokio::test]
async fn a_failed_request_does_not_stop_the_pipeline() {
    let host = Host::new();
    let answer = host.pipeline(None, json!([execute("SELECT nope"), execute("SELECT 1"), { "type": "close" }])).await;
    assert_eq!(answer["results"][0]["type"], "error");
    assert_eq!(answer["results"][1]["response"]["result"]["rows"][0][0], integer(1));
    assert_eq!(answer["results"][2]["response"]["type"], "close");
}

#[tokio::test]
async fn an_insert_reports_its_rows_and_its_rowid() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)"]).await;
    let result = host.run(&["INSERT INTO t VALUES (41, 'a'), (42, 'b')"]).await.remove(0);
    assert_eq!(result["affected_row_count"], 2);
    assert_eq!(result["last_insert_rowid"], "42");
    assert_eq!(result["rows_written"], 2);
    assert_eq!(result["rows"], json!([]));
}

#[tokio::test]
async fn only_statements_that_change_rows_report_changes() {
    let host = Host::new();
    let results = host
        .run(&[
            "CREATE TABLE t (x)",
            "INSERT INTO t VALUES (1), (2)",
            "CREATE TABLE u (x)",
            "SELECT * FROM t",
            "UPDATE t SET x = x + 1",
            "DELETE FROM t WHERE x = 99",
            "INSERT INTO t VALUES (5) ON CONFLICT DO NOTHING RETURNING x",
        ])
        .await;
    let counts: Vec<_> = results.iter().map(|result| result["affected_row_count"].as_u64().unwrap()).collect();
    assert_eq!(counts, [0, 2, 0, 0, 2, 0, 1]);
    let rowids: Vec<_> = results.iter().map(|result| result["last_insert_rowid"].as_str()).collect();
    assert_eq!(rowids, [None, Some("2"), None, None, None, None, Some("3")]);
    assert_eq!(results[3]["rows_read"], 2);
    assert_eq!(results[6]["rows"][0][0], integer(5));
}

#[tokio::test]
async fn a_statement_that_inserts_no_row_with_a_rowid_tells_of_none() {
    let host = Host::new();
    let results = host
        .run(&[
            "CREATE TABLE t (id INTEGER PRIMARY KEY, x)",
            "CREATE TABLE w (k PRIMARY KEY) WITHOUT ROWID",
            "INSERT INTO t VALUES (7, 'a')",
            "INSERT INTO t VALUES (7, 'b') ON CONFLICT (id) DO UPDATE SET x = excluded.x",
            "INSERT INTO w VALUES ('k')",
            "INSERT OR REPLACE INTO t VALUES (7, 'c')",
        ])
        .await;
    let rowids: Vec<_> = results.iter().map(|result| result["last_insert_rowid"].as_str()).collect();
    assert_eq!(rowids, [None, None, Some("7"), None, None, Some("7")]);
}

#[tokio::test]
async fn what_a_virtual_table_or_an_index_keeps_in_rows_of_its_own_is_no_change_of_the_client() {
    let host = Host::new();
    let results = host
        .run(&[
            "CREATE VIRTUAL TABLE f USING fts5(body)",
            "CREATE VIRTUAL TABLE r USING rtree(id, low, high)",
            "CREATE TABLE m (e F32_BLOB(2))",
            "INSERT INTO m VALUES (vector32('[1,2]'))",
            "CREATE INDEX i ON m (libsql_vector_idx(e))",
            "INSERT INTO f VALUES ('words')",
            "UPDATE m SET e = vector32('[2,1]')",
        ])
        .await;
    let counts: Vec<_> = results.iter().map(|result| result["affected_row_count"].as_u64().unwrap()).collect();
    assert_eq!(counts, [0, 0, 0, 1, 0, 1, 1]);
    let rowids: Vec<_> = results.iter().map(|result| result["last_insert_rowid"].as_str()).collect();
    assert_eq!(rowids, [None, None, None, Some("1"), None, Some("1"), None]);
}

#[tokio::test]
async fn columns_carry_their_declared_type() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20))"]).await;
    let result = host.run(&["SELECT id, name, 1 FROM t"]).await.remove(0);
    assert_eq!(
        result["cols"],
        json!([
            { "name": "id", "decltype": "INTEGER" },
            { "name": "name", "decltype": "VARCHAR(20)" },
            { "name": "1", "decltype": null },
        ])
    );
}

#[tokio::test]
async fn unwanted_rows_are_not_sent_but_the_statement_runs() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let request = json!({ "type": "execute", "stmt": { "sql": "INSERT INTO t VALUES (1), (2) RETURNING x", "want_rows": false } });
    let answer = host.pipeline(None, json!([request])).await;
    assert_eq!(answer["results"][0]["response"]["result"]["rows"], json!([]));
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(2));
}

#[tokio::test]
async fn a_batch_reports_every_step_in_order() {
    let host = Host::new();
    let steps = json!([
        { "stmt": { "sql": "SELECT 1" } },
        { "stmt": { "sql": "SELECT nope" } },
        { "condition": { "type": "ok", "step": 1 }, "stmt": { "sql": "SELECT 3" } },
    ]);
    let answer = host.pipeline(None, json!([{ "type": "batch", "batch": { "steps": steps } }])).await;
    let result = &answer["results"][0]["response"]["result"];
    assert_eq!(result["step_results"][0]["rows"][0][0], integer(1));
    assert_eq!(result["step_errors"][0], json!(null));
    assert_eq!(result["step_results"][1], json!(null));
    assert_eq!(result["step_errors"][1]["code"], "SQL_INPUT_ERROR");
    assert_eq!(result["step_results"][2], json!(null));
    assert_eq!(result["step_errors"][2], json!(null));
}

#[tokio::test]
async fn a_sequence_stops_at_the_first_failure_and_keeps_what_came_before() {
    let host = Host::new();
    let sql = "CREATE TABLE t (x); INSERT INTO t VALUES (1); INSERT INTO missing VALUES (2); INSERT INTO t VALUES (3)";
    let answer = host.pipeline(None, json!([sequence(sql), sequence("-- nothing")])).await;
    assert_eq!(answer["results"][0]["type"], "error");
    assert_eq!(answer["results"][1], json!({ "type": "ok", "response": { "type": "sequence" } }));
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(1));
}

#[tokio::test]
async fn a_sequence_refuses_a_statement_with_parameters_because_it_has_no_values_for_them() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let sql = "INSERT INTO t VALUES (1); INSERT INTO t VALUES (:a); INSERT INTO t VALUES (3)";
    let answer = host.pipeline(None, json!([sequence(sql)])).await;
    assert_eq!(
        answer["results"][0]["error"],
        json!({
            "message": "Arguments do not match SQL parameters: value for parameter :a not found",
            "code": "ARGS_INVALID"
        })
    );
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "1");
}

#[tokio::test]
async fn a_sequence_runs_a_trigger_and_its_semicolons_as_one_statement() {
    let host = Host::new();
    let sql = "CREATE TABLE t (x); CREATE TABLE log (x);
               CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NEW.x); INSERT INTO log VALUES (0); END;
               INSERT INTO t VALUES (7);";
    let answer = host.pipeline(None, json!([sequence(sql)])).await;
    assert_eq!(answer["results"][0]["type"], "ok", "{answer}");
    assert_eq!(host.value("SELECT count(*) FROM log").await, integer(2));
}

#[tokio::test]
async fn describe_tells_parameters_columns_and_kind_without_running() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)"]).await;
    let answer = host
        .pipeline(
            None,
            json!([
                { "type": "describe", "sql": "SELECT id, name FROM t WHERE id = :id AND name = ?" },
                { "type": "describe", "sql": "DELETE FROM t" },
                { "type": "describe", "sql": "EXPLAIN SELECT 1" },
                { "type": "describe", "sql": "SELECT nope" },
            ]),
        )
        .await;
    let results = answer["results"].as_array().unwrap();
    assert_eq!(
        results[0]["response"],
        json!({ "type": "describe", "result": {
            "params": [{ "name": ":id" }, { "name": null }],
            "cols": [{ "name": "id", "decltype": "INTEGER" }, { "name": "name", "decltype": "TEXT" }],
            "is_explain": false,
            "is_readonly": true,
        }})
    );
    assert_eq!(results[1]["response"]["result"]["is_readonly"], false);
    assert_eq!(results[2]["response"]["result"]["is_explain"], true);
    assert_eq!(results[3]["error"]["code"], "SQL_INPUT_ERROR");
}

#[tokio::test]
async fn stored_sql_is_used_by_id_until_it_is_closed() {
    let host = Host::new();
    let answer = host
        .pipeline(
            None,
            json!([
                { "type": "store_sql", "sql_id": 1, "sql": "SELECT ? + 1" },
                { "type": "execute", "stmt": { "sql_id": 1, "args": [{ "type": "integer", "value": "41" }] } },
            ]),
        )
        .await;
    assert_eq!(answer["results"][0], json!({ "type": "ok", "response": { "type": "store_sql" } }));
    assert_eq!(answer["results"][1]["response"]["result"]["rows"][0][0], integer(42));

    let answer = host
        .pipeline(
            Some(baton(&answer)),
            json!([
                { "type": "describe", "sql_id": 1 },
                { "type": "store_sql", "sql_id": 1, "sql": "SELECT 'replaced'" },
                { "type": "execute", "stmt": { "sql_id": 1 } },
                { "type": "close_sql", "sql_id": 1 },
                { "type": "close_sql", "sql_id": 99 },
            ]),
        )
        .await;
    let results = answer["results"].as_array().unwrap();
    assert!(results.iter().all(|result| result["type"] == "ok"), "{answer}");
    assert_eq!(results[2]["response"]["result"]["rows"][0][0]["value"], "replaced");

    let body = json!({ "baton": baton(&answer), "requests": [{ "type": "execute", "stmt": { "sql_id": 1 } }] });
    let (status, text) = host.post("/v2/pipeline", body.to_string()).await;
    assert_eq!((status, text.as_str()), (400, r#"{"error":"SQL text 1 was not stored"}"#));
}

#[tokio::test]
async fn get_autocommit_follows_the_transaction_on_both_versions() {
    let host = Host::new();
    let requests = json!({ "requests": [
        { "type": "get_autocommit" }, execute("BEGIN"), { "type": "get_autocommit" }, execute("ROLLBACK"), { "type": "get_autocommit" },
    ]});
    for path in ["/v2/pipeline", "/v3/pipeline"] {
        let (_, text) = host.post(path, requests.to_string()).await;
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        let seen: Vec<_> =
            [0, 2, 4].map(|index: usize| answer["results"][index]["response"]["is_autocommit"].clone()).into();
        assert_eq!(seen, [true, false, true]);
    }
}

#[tokio::test]
async fn arguments_are_bound_by_position_or_by_name_and_must_match() {
    let host = Host::new();
    let run = async |stmt: serde_json::Value| {
        let answer = host.pipeline(None, json!([{ "type": "execute", "stmt": stmt }])).await;
        answer["results"][0].clone()
    };
    let one = json!({ "type": "integer", "value": "1" });
    for name in ["a", ":a", "@a", "$a"] {
        for sql in ["SELECT :a", "SELECT @a", "SELECT $a"] {
            let result = run(json!({ "sql": sql, "named_args": [{ "name": name, "value": one }] })).await;
            assert_eq!(result["response"]["result"]["rows"][0][0], integer(1), "{sql} {name}");
        }
    }
    let result = run(
        json!({ "sql": "SELECT ?2 - ?1", "args": [one, { "type": "integer", "value": "10" }], "named_args": null }),
    )
    .await;
    assert_eq!(result["response"]["result"]["rows"][0][0], integer(9));

    let code = |result: serde_json::Value| result["error"]["code"].as_str().unwrap_or_default().to_owned();
    assert_eq!(code(run(json!({ "sql": "SELECT ?, ?", "args": [one] })).await), "ARGS_INVALID");
    assert_eq!(code(run(json!({ "sql": "SELECT ?", "args": [one, one] })).await), "ARGS_INVALID");
    assert_eq!(code(run(json!({ "sql": "SELECT :a", "args": null })).await), "ARGS_INVALID");
    assert_eq!(
        code(run(json!({ "sql": "SELECT :a, ?", "named_args": [{ "name": "a", "value": one }] })).await),
        "ARGS_INVALID"
    );
    let both = json!({ "sql": "SELECT :a, :b", "args": [one], "named_args": [{ "name": "b", "value": one }] });
    assert_eq!(code(run(both).await), "ARGS_BOTH_POSITIONAL_AND_NAMED");
}

#[tokio::test]
async fn parameters_that_differ_by_their_prefix_have_values_of_their_own() {
    let host = Host::new();
    let run = async |sql: &str, args: &[(&str, i64)]| {
        let args: Vec<_> = args.iter().map(|(name, value)| json!({ "name": name, "value": integer(*value) })).collect();
        let stmt = json!({ "sql": sql, "named_args": args });
        let answer = host.pipeline(None, json!([{ "type": "execute", "stmt": stmt }])).await;
        answer["results"][0].clone()
    };
    let rows = |result: &serde_json::Value| result["response"]["result"]["rows"].clone();
    for args in [[(":a", 2), ("@a", 3), ("$a", 4)], [("$a", 4), (":a", 2), ("@a", 3)]] {
        let result = run("SELECT :a, @a, $a", &args).await;
        assert_eq!(rows(&result), json!([[integer(2), integer(3), integer(4)]]), "{args:?}");
    }
    let result = run("SELECT :a, $a", &[("$a", 4), ("a", 2)]).await;
    assert_eq!(rows(&result), json!([[integer(2), integer(4)]]));
    // What is the name of another parameter is no other spelling of this one's.
    let result = run("SELECT :a, $a", &[("$a", 4)]).await;
    assert_eq!(result["error"]["code"], "ARGS_INVALID", "{result}");
}

#[tokio::test]
async fn errors_have_the_documented_codes_and_words() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (a UNIQUE, b NOT NULL)", "INSERT INTO t VALUES (1, 1)"]).await;
    assert_eq!(
        host.error("INSERT INTO t VALUES (1, 1)").await,
        json!({ "message": "SQLite error: UNIQUE constraint failed: t.a", "code": "SQLITE_CONSTRAINT", "extended_code": "SQLITE_CONSTRAINT_UNIQUE" })
    );
    assert_eq!(host.error("INSERT INTO t VALUES (2, NULL)").await["extended_code"], "SQLITE_CONSTRAINT_NOTNULL");
    assert_eq!(
        host.error("SELECT foo").await,
        json!({ "message": "SQL input error: no such column: foo (at offset 7)", "code": "SQL_INPUT_ERROR" })
    );
    assert_eq!(
        host.error("SELECT * FROM missing").await,
        json!({ "message": "SQLite error: no such table: missing", "code": "SQLITE_UNKNOWN" })
    );
    assert_eq!(
        host.error("SELECT FROM WHERE").await,
        json!({ "message": "SQL string could not be parsed: near \"FROM\": syntax error", "code": "SQL_PARSE_ERROR" })
    );
    assert_eq!(host.error("SELECT (1").await["code"], "SQL_PARSE_ERROR");
    assert_eq!(host.error("").await["code"], "SQL_PARSE_ERROR");
    assert_eq!(host.error("-- only a comment").await["message"], "SQL string does not contain any statement");
    assert_eq!(host.error("SELECT 1; SELECT 2").await["code"], "SQL_MANY_STATEMENTS");
    assert_eq!(host.error("CREATE TABLE n (x); INSERT INTO n VALUES (1)").await["code"], "SQL_MANY_STATEMENTS");
    assert_eq!(host.error("COMMIT").await["message"], "SQLite error: cannot commit - no transaction is active");
    assert_eq!(host.value("SELECT 1; -- a trailing comment").await, integer(1));
}

#[tokio::test]
async fn a_text_to_search_for_that_cannot_be_parsed_is_no_sql_that_cannot_be() {
    let host = Host::new();
    host.run(&["CREATE VIRTUAL TABLE f USING fts5(a)"]).await;
    let problem = json!({ "message": "SQLite error: fts5: syntax error near \"AND\"", "code": "SQLITE_UNKNOWN" });
    assert_eq!(host.error("SELECT * FROM f WHERE f MATCH 'AND'").await, problem);
}

#[tokio::test]
async fn foreign_keys_are_enforced() {
    let host = Host::new();
    host.run(&["CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p(id))"]).await;
    assert_eq!(host.error("INSERT INTO c VALUES (1)").await["extended_code"], "SQLITE_CONSTRAINT_FOREIGNKEY");
}
