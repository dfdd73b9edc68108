//! Requests of one's own: where they may go, and how often.

use std::{collections::BTreeMap, error::Error as _};

use http::Method;
use turso_cloud::{ErrorKind, RetryPolicy};

use crate::support::{
    operations::TOKEN,
    script::{Script, Step},
    server::{Reply, Server},
};

#[tokio::test]
async fn a_path_that_could_move_elsewhere_is_refused_and_never_sent() {
    let script = Script::new([Step::answer(200, "{}")]);
    let client = script.client().build().unwrap();
    for path in [
        "",
        "v1/locations",
        "@evil.example/",
        ".evil.example/",
        ":8080/",
        "https://evil.example/",
        "/..",
        "/v1/../v2",
        "/v1/./locations",
        "/v1/organizations/acme/..",
        "/v1/caf\u{e9}",
        "/v1/%2e%2e/v2",
        "/v1/%2E%2e",
        "/v1/.%2e/x",
        "/v1/%2e/x",
        "/v1/organizations/acme/%2e%2E?x=1",
        "/v1\\..\\v2",
        "\\\\evil.example/",
        "/\\evil.example/",
        "/v1/locations#fragment",
        "/v1/two words",
        "/v1/new\nline",
        "/v1/re\r\nturn: x",
        "/v1/tab\t",
        "/v1/null\0",
        "/v1/?q=a b",
    ] {
        let error = client.request(Method::GET, path).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{path:?}");
        assert!(error.to_string().starts_with("invalid input: path "), "{error}");
        assert!(!error.to_string().contains(char::is_control), "{error:?}");
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn a_path_that_only_looks_like_another_origin_stays_at_this_one() {
    for path in
        ["//evil.example/v1", "/@evil.example", "/v1/a:b@c", "/%2f%2fevil", "/v1/...", "/v1/a..b", "/v1/%252e%252e"]
    {
        let server = Server::start([Reply::answer("200 OK", "{}")]);
        server.client().build().unwrap().request(Method::GET, path).await.unwrap();
        let seen = server.requests(1).remove(0);
        assert_eq!(seen.line, format!("GET {path} HTTP/1.1"));
        let host = server.origin().strip_prefix("http://");
        assert_eq!(seen.header("host"), host);
    }
}

#[tokio::test]
async fn a_query_goes_out_as_it_is() {
    let server = Server::start([Reply::answer("200 OK", "{}")]);
    let client = server.client().build().unwrap();
    let query = "/v1/organizations/acme/databases?group=a%26b&path=../x&url=https://a@b/";
    client.request(Method::GET, query).await.unwrap();
    assert_eq!(server.requests(1)[0].line, format!("GET {query} HTTP/1.1"));
}

#[tokio::test]
async fn method_body_and_headers_go_out_and_the_answer_comes_back_as_it_is() {
    let server = Server::start([Reply::answer("201 Created\r\nx-request-id: 7", "not json")]);
    let client = server.client().build().unwrap();
    let call = client.request(Method::PATCH, "/v1/new-thing");
    let answer = call.clone().json(&BTreeMap::from([("a", 1)])).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (201, &b"not json"[..]));
    assert_eq!(answer.headers()["x-request-id"], "7");
    let seen = server.requests(1).remove(0);
    assert_eq!((&*seen.line, &*seen.body), ("PATCH /v1/new-thing HTTP/1.1", &br#"{"a":1}"#[..]));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("authorization"), Some(&*format!("Bearer {TOKEN}")));

    call.clone().body(r#"{"a": 1}"#).await.unwrap();
    call.body(&b"a,b"[..]).header("content-type", "text/csv").await.unwrap();
    let seen = server.requests(3);
    let sent = |at: usize| (&*seen[at].body, seen[at].header("content-type"));
    assert_eq!(sent(1), (&br#"{"a": 1}"#[..], Some("application/json")));
    assert_eq!(sent(2), (&b"a,b"[..], Some("text/csv")));
}

#[tokio::test]
async fn a_value_that_is_no_json_is_refused_before_anything_is_sent() {
    let script = Script::new([Step::status(200)]);
    let client = script.client().build().unwrap();
    let no_json = BTreeMap::from([((1, 2), 3)]);
    let error = client.request(Method::POST, "/v1/thing").json(&no_json).await.unwrap_err();
    assert_eq!(error.to_string(), "invalid input: the body cannot be written as JSON");
    assert_eq!(error.source().unwrap().to_string(), "key must be a string");
    assert_eq!(script.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn only_a_get_is_retried() {
    for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD] {
        for step in [Step::status(503), Step::interrupted(), Step::never()] {
            let script = Script::new([step]);
            let client = script.client().build().unwrap();
            let error = client.request(method.clone(), "/v1/thing").await.unwrap_err();
            let (attempts, certain) = if method == Method::GET { (4, true) } else { (1, false) };
            assert_eq!((error.attempts() as usize, script.count()), (attempts, attempts), "{method}");
            assert_eq!(error.may_have_happened(), !certain, "{method}");
        }
    }
}

#[tokio::test]
async fn a_refusal_is_an_error_that_names_the_path_without_its_query() {
    let script = Script::new([Step::answer(404, r#"{"error":"no such thing"}"#)]);
    let client = script.client().build().unwrap();
    let call = client.request(Method::GET, "/v1/thing?token=planted").call().retry(RetryPolicy::none());
    let error = call.await.unwrap_err();
    assert_eq!(error.to_string(), "Request (GET /v1/thing): not found (404): no such thing");
    assert_eq!((error.operation(), error.path()), (Some("Request"), Some("/v1/thing")));
}

#[tokio::test]
async fn a_query_is_shown_nowhere() {
    let client = Script::new([Step::status(200)]).client().build().unwrap();
    for path in [
        "/v1/thing?token=planted",
        "/v1/thing?token=planted value",
        "/v1/../x?token=planted",
        "x?planted",
        "/x#planted",
    ] {
        let call = client.request(Method::GET, path);
        let shown = format!("{call:?}");
        let answer = call.await.map_err(|error| format!("{error} {error:?}"));
        let shown = format!("{shown} {answer:?}");
        assert!(!shown.contains("planted"), "{shown}");
    }
}

#[tokio::test]
async fn headers_go_out_but_for_the_clients_token() {
    let server = Server::start([Reply::answer("200 OK", r#"{"a":1}"#)]);
    let client = server.client().build().unwrap();
    let call = client.request(Method::GET, "/v1/thing").header("x-request-id", "7").header("accept", "text/plain");
    call.clone().await.unwrap();
    let seen = server.requests(1).remove(0);
    assert_eq!((seen.header("x-request-id"), seen.header("accept")), (Some("7"), Some("text/plain")));
    assert_eq!(seen.header("authorization"), Some(&*format!("Bearer {TOKEN}")));

    for (name, value, rule) in [
        ("Authorization", "Bearer planted", "authorization is set by the client"),
        ("Content-Length", "0", "content-length is set by the client"),
        ("content-length", "50", "content-length is set by the client"),
        ("transfer-encoding", "identity", "transfer-encoding is set by the client"),
        ("HOST", "planted.example", "host is set by the client"),
        ("connection", "close", "connection is set by the client"),
        ("keep-alive", "timeout=5", "keep-alive is set by the client"),
        ("proxy-connection", "keep-alive", "proxy-connection is set by the client"),
        ("upgrade", "websocket", "upgrade is set by the client"),
        ("te", "trailers", "te is set by the client"),
        ("trailer", "expires", "trailer is set by the client"),
        ("expect", "100-continue", "expect is set by the client"),
        ("two words", "x", "its name holds a character"),
        ("x", "planted\n", "its value holds a character"),
    ] {
        let error = call.clone().header(name, value).await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains(rule), "{error}");
        assert!(!error.to_string().contains("planted"), "{error}");
    }
    assert_eq!(server.requests(1).len(), 1);
}

#[tokio::test]
async fn an_answer_is_read_as_json_and_what_is_none_has_its_place_told() {
    let script = Script::new([Step::answer(200, r#"{"a":[1,"two"]}"#)]);
    let client = script.client().build().unwrap();
    let answer = client.request(Method::POST, "/v1/thing").await.unwrap();
    assert_eq!(answer.json::<serde_json::Value>().unwrap()["a"][0], 1);
    let error = answer.json::<BTreeMap<String, Vec<u8>>>().unwrap_err();
    assert!(error.is_decode() && error.may_have_happened(), "{error:?}");
    assert!(
        error.to_string().starts_with("Request (POST /v1/thing): unexpected answer (200): field `a[1]`"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_said_to_be_repeatable_is_retried() {
    let script = Script::new([Step::status(503)]);
    let client = script.client().build().unwrap();
    let call = client.request(Method::PUT, "/v1/thing").repeatable();
    let error = call.clone().await.unwrap_err();
    assert_eq!((error.attempts(), error.may_have_happened()), (4, true));
    let error = call.clone().retry(RetryPolicy::default().max_retries(1)).await.unwrap_err();
    assert_eq!(error.attempts(), 2);

    script.go_on_with([Step::never()]);
    let second = std::time::Duration::from_secs(1);
    let started = tokio::time::Instant::now();
    assert_eq!(call.clone().timeout(second).retry(RetryPolicy::none()).await.unwrap_err().attempts(), 1);
    assert_eq!(started.elapsed(), second);
    assert!(call.deadline(second * 2).await.unwrap_err().is_timeout());
    assert_eq!(started.elapsed(), second * 3);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_is_said_to_be_repeatable_still_changes_nothing() {
    let script = Script::new([Step::status(503)]);
    let client = script.client().build().unwrap();
    let error = client.request(Method::GET, "/v1/thing").repeatable().await.unwrap_err();
    assert_eq!((error.attempts(), error.may_have_happened()), (4, false));
}
