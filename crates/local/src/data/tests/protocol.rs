use http::{Method, Request};
use serde_json::json;

use super::{Host, execute};

#[tokio::test]
async fn discovery_health_and_version_ask_for_no_token() {
    let host = Host::new();
    for path in ["/v2", "/v3", "/health"] {
        assert_eq!(host.get(path).await, (200, String::new()), "{path}");
    }
    let (status, version) = host.get("/version").await;
    assert_eq!(status, 200);
    assert!(version.starts_with("turso-cloud-local "), "{version}");
}

#[tokio::test]
async fn an_unknown_host_is_not_found_whatever_is_asked() {
    let host = Host::new();
    let response = host.plane.handle("nope-acme", "/v2/pipeline", Request::post("/").body("{}".into()).unwrap()).await;
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["content-type"], "application/json");
    let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
    assert_eq!(body, r#"{"error":"database not found"}"#);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_with_json() {
    let host = Host::new();
    assert_eq!(host.get("/nope").await, (404, r#"{"error":"not found"}"#.to_owned()));
    for path in [
        "/",
        "/health",
        "/version",
        "/v1",
        "/v2",
        "/v2/",
        "/v3",
        "/v3/",
        "/v3-protobuf",
        "/v1/execute",
        "/v1/batch",
        "/v1/jobs",
        "/v1/jobs/7",
        "/dump",
        "/v2/pipeline",
        "/v3/pipeline?a=b",
        "/v3/cursor",
        "/v3-protobuf/pipeline",
        "/v3-protobuf/cursor",
        "/pull-updates",
        "/info",
        "/export/1",
        "/sync/1/1/2",
    ] {
        let put = Request::builder().method(Method::PUT).uri(path).body("".into()).unwrap();
        assert_eq!(host.answer(put).await.status(), 405, "{path}");
    }
}

#[tokio::test]
async fn bad_json_is_refused_as_a_whole() {
    let host = Host::new();
    let bodies = [
        "",
        "{",
        "[]x",
        "[]",
        "[null]",
        r#"{"requests":[{"type":"batch","batch":[]}]}"#,
        r#"{"requests":[{"type":"nope"}]}"#,
        r#"{"requests":[{"stmt":{"sql":"SELECT 1"}}]}"#,
        r#"{"requests":[{"type":"execute"}]}"#,
        r#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT ?","args":[{"type":"integer","value":"9223372036854775808"}]}}]}"#,
        r#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT ?","args":[{"type":"blob","base64":"*"}]}}]}"#,
        r#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT ?","args":[{"type":"float","value":null}]}}]}"#,
    ];
    for body in bodies {
        let (status, text) = host.post("/v3/pipeline", body).await;
        assert_eq!(status, 400, "{body}");
        assert!(text.starts_with(r#"{"error":"Cannot deserialize client message from JSON: "#), "{text}");
    }
    assert_eq!(host.post("/v3/cursor", r#"{"baton":null}"#).await.0, 400);
    assert_eq!(host.post("/v3/pipeline", vec![0xff, 0xfe]).await.0, 400);
}

#[tokio::test]
async fn unknown_fields_and_null_lists_are_accepted() {
    let host = Host::new();
    let body = r#"{"baton":null,"future":1,"requests":[{"type":"execute","future":1,
        "stmt":{"sql":"SELECT 1","args":null,"named_args":null,"want_rows":null,"replication_index":null,"future":1}},
        {"type":"close","future":1}]}"#;
    assert_eq!(host.post("/v2/pipeline", body).await.0, 200);
    assert_eq!(host.post("/v2/pipeline", r#"{"requests":null}"#).await.0, 200);
    assert_eq!(host.post("/v2/pipeline", "{}").await.0, 200);
}

#[tokio::test]
async fn close_must_come_last_and_nothing_runs_otherwise() {
    let host = Host::new();
    let body = json!({ "requests": [execute("CREATE TABLE never (x)"), { "type": "close" }, execute("SELECT 1")] });
    let (status, text) = host.post("/v3/pipeline", body.to_string()).await;
    assert_eq!((status, text.as_str()), (400, r#"{"error":"`close` must be the last request of a pipeline"}"#));
    assert_eq!(host.value("SELECT count(*) FROM sqlite_schema").await["value"], "0");
}

#[tokio::test]
async fn exactly_one_of_sql_and_sql_id_is_given() {
    let host = Host::new();
    for stmt in [json!({}), json!({ "sql": "SELECT 1", "sql_id": 1 }), json!({ "sql_id": 7 })] {
        let body = json!({ "requests": [{ "type": "execute", "stmt": stmt }] }).to_string();
        assert_eq!(host.post("/v3/pipeline", body).await.0, 400, "{stmt}");
        let body = json!({ "batch": { "steps": [{ "stmt": stmt }] } }).to_string();
        assert_eq!(host.post("/v3/cursor", body).await.0, 400, "{stmt}");
    }
}

#[tokio::test]
async fn answers_have_the_content_type_drivers_compare_with() {
    let host = Host::new();
    for body in [r#"{"requests":[]}"#, "{"] {
        let response = host.send("/v2/pipeline", body).await;
        assert_eq!(response.headers()["content-type"], "application/json");
    }
}
