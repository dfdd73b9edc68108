use serde_json::{Value, json};

use super::Host;

/// Runs steps 0 (succeeds), 1 (fails), 2 (skipped) and then one under `condition`; says whether that one ran.
async fn runs(host: &Host, path: &str, condition: &Value) -> bool {
    let steps = json!([
        { "stmt": { "sql": "SELECT 0" } },
        { "stmt": { "sql": "SELECT nope" } },
        { "condition": { "type": "ok", "step": 1 }, "stmt": { "sql": "SELECT 2" } },
        { "condition": condition, "stmt": { "sql": "SELECT 3" } },
    ]);
    let body = json!({ "requests": [{ "type": "batch", "batch": { "steps": steps } }, { "type": "close" }] });
    let (status, text) = host.post(path, body.to_string()).await;
    assert_eq!(status, 200, "{text}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    answer["results"][0]["response"]["result"]["step_results"][3].is_object()
}

#[tokio::test]
async fn every_condition_holds_exactly_when_documented_on_both_versions() {
    let host = Host::new();
    let ok = |step: usize| json!({ "type": "ok", "step": step });
    let error = |step: usize| json!({ "type": "error", "step": step });
    let not = |cond: Value| json!({ "type": "not", "cond": cond });
    let and = |conds: Value| json!({ "type": "and", "conds": conds });
    let or = |conds: Value| json!({ "type": "or", "conds": conds });
    let table = [
        (json!(null), true),
        (ok(0), true),
        (ok(1), false),
        (ok(2), false),
        (error(0), false),
        (error(1), true),
        (error(2), true), // skipped is not ok
        (not(ok(0)), false),
        (not(error(2)), false),
        (and(json!([])), true),
        (and(json!([ok(0), error(1)])), true),
        (and(json!([ok(0), ok(1)])), false),
        (or(json!([])), false),
        (or(json!([ok(1), ok(0)])), true),
        (or(json!([ok(1), ok(2)])), false),
        (json!({ "type": "is_autocommit" }), true),
        (not(json!({ "type": "is_autocommit" })), false),
    ];
    for path in ["/v2/pipeline", "/v3/pipeline"] {
        for (condition, expected) in &table {
            assert_eq!(runs(&host, path, condition).await, *expected, "{path} {condition}");
        }
    }
}

#[tokio::test]
async fn an_atomic_batch_rolls_back_when_a_step_fails() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x UNIQUE)"]).await;
    let steps = json!([
        { "stmt": { "sql": "BEGIN" } },
        { "condition": { "type": "ok", "step": 0 }, "stmt": { "sql": "INSERT INTO t VALUES (1)" } },
        { "condition": { "type": "ok", "step": 1 }, "stmt": { "sql": "INSERT INTO t VALUES (1)" } },
        { "condition": { "type": "ok", "step": 2 }, "stmt": { "sql": "COMMIT" } },
        { "condition": { "type": "not", "cond": { "type": "is_autocommit" } }, "stmt": { "sql": "ROLLBACK" } },
    ]);
    let answer = host.pipeline(None, json!([{ "type": "batch", "batch": { "steps": steps } }])).await;
    let result = &answer["results"][0]["response"]["result"];
    assert!(result["step_errors"][2].is_object());
    assert!(result["step_results"][3].is_null());
    assert!(result["step_results"][4].is_object());
    assert_eq!(host.value("SELECT count(*) FROM t").await["value"], "0");
}

#[tokio::test]
async fn a_condition_on_its_own_or_a_later_step_refuses_the_whole_request_before_anything_runs() {
    let host = Host::new();
    for step in [1, 2, 99] {
        let steps = json!([
            { "stmt": { "sql": "CREATE TABLE never (x)" } },
            { "condition": { "type": "not", "cond": { "type": "or", "conds": [{ "type": "ok", "step": step }] } }, "stmt": { "sql": "SELECT 1" } },
        ]);
        let body = json!({ "requests": [{ "type": "batch", "batch": { "steps": steps } }] }).to_string();
        let (status, text) = host.post("/v3/pipeline", body).await;
        assert_eq!((status, text.as_str()), (400, r#"{"error":"a batch condition must refer to an earlier step"}"#));
        let body = json!({ "batch": { "steps": steps } }).to_string();
        assert_eq!(host.post("/v3/cursor", body).await.0, 400);
    }
    assert_eq!(host.value("SELECT count(*) FROM sqlite_schema").await["value"], "0");
}

#[tokio::test]
async fn a_condition_nested_too_deeply_refuses_the_whole_request() {
    let host = Host::new();
    let mut condition = json!({ "type": "is_autocommit" });
    for _ in 0..40 {
        condition = json!({ "type": "not", "cond": condition });
    }
    let body = json!({ "requests": [{ "type": "batch", "batch": { "steps": [{ "condition": condition, "stmt": { "sql": "SELECT 1" } }] } }] });
    assert_eq!(host.post("/v3/pipeline", body.to_string()).await.0, 400);
}
