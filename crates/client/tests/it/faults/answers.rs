//! Answers of success that are not what was asked for, and those that only look so.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use turso_cloud::{ErrorKind, OrganizationKind, RetryPolicy};

use super::fail;
use crate::support::{
    operations::{DATABASE, Operation, TOKEN},
    server::{Reply, Server, Then},
};

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body)?;
    encoder.finish()
}

#[tokio::test]
async fn an_unknown_value_of_an_enum_is_kept() {
    let body = r#"{"organization":{"name":"Acme","slug":"acme","type":"enterprise","new_field":{"a":[1]}}}"#;
    let server = Server::start([Reply::answer("200 OK", body)]);
    let acme = server.client().build().unwrap().organizations().get("acme").await.unwrap();
    assert!(matches!(acme.kind, OrganizationKind::Unknown(_)));
    assert_eq!(acme.kind.as_str(), "enterprise");
}

#[tokio::test]
async fn a_field_that_is_missing_or_wrong_is_named() {
    for (body, words) in [
        (DATABASE.replace("primaryRegion", "other"), "missing field `primaryRegion`"),
        (DATABASE.replace("Hostname", "other"), "missing field `Hostname`"),
        (DATABASE.replace("\"default\"", "7"), "field `database.group`: invalid type: integer `7`, expected a string"),
        ("{}".to_owned(), "missing field `database`"),
    ] {
        let server = Server::start([Reply::answer("200 OK", &body)]);
        let (error, seen) = fail(&server, Operation::Safe).await;
        assert_eq!((error.kind(), seen.len()), (ErrorKind::Decode, 1));
        assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
        assert!(error.to_string().contains(words), "{error}");
        assert!(
            error.to_string().starts_with("GetDatabase (GET /v1/organizations/{organization}/databases/{database})")
        );
    }
}

#[tokio::test]
async fn what_is_no_json_is_called_so_with_what_it_is() {
    let page = "<!DOCTYPE html><title>Welcome</title>";
    for (head, body, words) in [
        (
            "200 OK\r\ncontent-type: text/html; charset=utf-8",
            page,
            "the answer is text/html and no JSON: is this the service's URL?",
        ),
        (
            "200 OK\r\ncontent-type: text/plain",
            "502 from upstream",
            "the answer is text/plain and no JSON: is this the service's URL?",
        ),
        ("200 OK", page, "the answer is no JSON: expected value at line 1 column 1"),
        (
            "200 OK\r\ncontent-type: application/problem+json",
            r#"{"database":{]}"#,
            "the answer is no JSON: key must be a string at line 1 column 14",
        ),
        // JSON by another name is JSON.
        ("200 OK\r\ncontent-type: text/plain", "{}", "missing field `database` at line 1 column 2"),
    ] {
        let server = Server::start([Reply::answer(head, body)]);
        let (error, _) = fail(&server, Operation::Safe).await;
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().ends_with(&format!("(200): {words}")), "{error}");
        let raw = server.client().build().unwrap().request(http::Method::GET, "/v1/thing").await.unwrap();
        if !words.starts_with("missing") {
            let error = raw.json::<serde_json::Value>().unwrap_err();
            assert!(error.to_string().contains("no JSON"), "{error}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_names_no_field_it_did_not_reach() {
    for (body, words) in [
        (r#"{"database""#, "(200): EOF while parsing an object at line 1 column 11"),
        (r#"{"database":{"Na"#, "(200): field `database`: EOF while parsing a string at line 1 column 16"),
    ] {
        let server = Server::start([Reply::answer("200 OK", body)]);
        let (error, _) = fail(&server, Operation::Safe).await;
        assert!(error.to_string().ends_with(words), "{error}");
    }
}

#[tokio::test]
async fn an_empty_answer_is_not_taken_for_an_empty_list() {
    let server = Server::start([Reply::answer("200 OK", "")]);
    let client = server.client().build().unwrap();
    for error in [
        client.organizations().list().await.unwrap_err(),
        client.groups().list().await.unwrap_err(),
        client.databases().list().await.unwrap_err(),
        client.locations().list().await.unwrap_err(),
    ] {
        assert!(error.is_decode(), "{error:?}");
        assert!(error.to_string().ends_with("the answer is empty"), "{error}");
    }
}

#[tokio::test]
async fn an_operation_without_an_answer_takes_an_empty_one() {
    for reply in [
        Reply::answer("200 OK", ""),
        Reply::answer("200 OK", "\n"),
        Reply::answer("200 OK", "{}"),
        Reply::raw("HTTP/1.1 204 No Content\r\n\r\n", Then::KeepOpen),
    ] {
        let server = Server::start([reply]);
        server.client().build().unwrap().databases().rotate_tokens("orders").await.unwrap();
        assert_eq!(server.requests(1)[0].line, "POST /v1/organizations/acme/databases/orders/auth/rotate HTTP/1.1");
    }
}

#[tokio::test]
async fn a_list_that_is_null_is_empty() {
    let server = Server::start([Reply::answer("200 OK", r#"{"groups":null}"#)]);
    assert!(server.client().build().unwrap().groups().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_redirect_never_takes_the_token_to_another_origin() {
    let elsewhere = Server::start([Reply::answer("200 OK", DATABASE)]);
    for status in ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent"] {
        for operation in Operation::ALL {
            let location = format!("{}/v1/organizations/acme/databases/orders", elsewhere.origin());
            let server = Server::start([Reply::answer(&format!("{status}\r\nlocation: {location}"), "")]);
            let (error, seen) = fail(&server, operation).await;
            assert_eq!((error.kind(), error.attempts(), seen.len()), (ErrorKind::Decode, 1, 1), "{status}");
            assert!(error.to_string().ends_with("redirects are not followed"), "{error}");
            assert_eq!(seen[0].header("authorization"), Some(&*format!("Bearer {TOKEN}")));
        }
    }
    assert_eq!(elsewhere.requests(0).len(), 0);
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    let head = "200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip";
    let server = Server::start([Reply::answer(head, gzip(DATABASE.as_bytes()).unwrap())]);
    let database = server.client().build().unwrap().databases().get("orders").await.unwrap();
    assert_eq!(database.name, "orders");
    assert!(server.requests(1)[0].header("accept-encoding").is_some_and(|accepted| accepted.contains("gzip")));
}

#[tokio::test]
async fn a_refusal_may_be_compressed_too() {
    let body = gzip(br#"{"error":"could not find database"}"#).unwrap();
    let server = Server::start([Reply::answer("404 Not Found\r\ncontent-encoding: gzip", body)]);
    let (error, _) = fail(&server, Operation::Safe).await;
    assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, Some("could not find database")));
}

#[tokio::test]
async fn a_compressed_answer_that_is_cut_is_asked_for_again() {
    let mut half = gzip(DATABASE.as_bytes()).unwrap();
    half.truncate(half.len() / 2);
    let head = "200 OK\r\ncontent-encoding: gzip";
    let server = Server::start([Reply::answer(head, half), Reply::answer(head, gzip(DATABASE.as_bytes()).unwrap())]);
    let client = server.client().build().unwrap();
    assert_eq!(client.databases().get("orders").await.unwrap().name, "orders");
    assert_eq!(server.requests(2).len(), 2);
}

#[tokio::test]
async fn an_answer_beyond_the_bound_is_refused_even_if_it_is_small_on_the_wire() {
    let long = format!("{DATABASE}{}", " ".repeat(1_000_000));
    let packed = gzip(long.as_bytes()).unwrap();
    assert!(packed.len() < 10_000);
    for reply in [Reply::answer("200 OK", &long), Reply::answer("200 OK\r\ncontent-encoding: gzip", packed)] {
        let server = Server::start([reply]);
        let client = server.client().max_answer_bytes(100_000).build().unwrap();
        let error = client.databases().get("orders").await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{error:?}");
        assert_eq!(server.requests(1).len(), 1);
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(cause, "the answer is too large");

        let roomy = server.client().max_answer_bytes(long.len()).retry(RetryPolicy::none()).build().unwrap();
        assert_eq!(roomy.databases().get("orders").await.unwrap().name, "orders");
    }
}

#[tokio::test]
async fn a_change_answered_beyond_the_bound_may_have_happened() {
    let server = Server::start([Reply::answer("200 OK", Operation::Once.answer())]);
    let client = server.client().max_answer_bytes(10).build().unwrap();
    let error = Operation::Once.run(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1));
    assert!(error.may_have_happened());
    assert_eq!(server.requests(1).len(), 1);
}
