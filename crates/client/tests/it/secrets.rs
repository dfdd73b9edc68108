//! Secrets are planted wherever there are any, and searched for wherever something is printed.

use std::{
    error::Error as StdError,
    fmt::{Debug, Write as _},
};

use http::Method;
use turso_cloud::{
    ApiToken, Client, ClientBuilder, Credentials, DatabaseToken, Error, NewDatabase, NewToken, RetryPolicy,
    contract::database_tokens::{CreateDatabaseToken, TokenAnswer},
    mock::{Failure, Mock},
    transport::{Body, SendFuture, Transport},
};

use crate::support::{
    log::Capture,
    operations::{DATABASE, Operation},
    script::{Script, Step},
    server::{Reply, Server, Then, closed_origin},
};

/// Every planted secret holds this word, and nothing else does.
const PLANTED: &str = "planted";
const API_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.planted-api-token.c2ln";
const GATEWAY_KEY: &str = "planted-gateway-key";
const DATABASE_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.planted-database-token.c2ln";

/// All that was printed.
#[derive(Default)]
struct Printed(String);

impl Printed {
    fn debug(&mut self, value: &impl Debug) {
        let _ = writeln!(self.0, "{value:?}\n{value:#?}");
    }

    fn error(&mut self, error: &(dyn StdError + 'static)) {
        let _ = writeln!(self.0, "{error}\n{error:?}\n{error:#?}");
        if let Some(source) = error.source() {
            self.error(source);
        }
    }

    fn assert_clean(&self) {
        assert!(!self.0.is_empty());
        assert!(!self.0.contains(PLANTED), "a secret leaked:\n{}", lines_with_secrets(&self.0));
    }
}

fn lines_with_secrets(text: &str) -> String {
    text.lines().filter(|line| line.contains(PLANTED)).collect::<Vec<_>>().join("\n")
}

fn builder(server: &Server) -> Result<ClientBuilder, turso_cloud::InvalidInput> {
    let quick = RetryPolicy::default().max_retries(1).backoff(std::time::Duration::ZERO, std::time::Duration::ZERO);
    let builder = Client::builder(ApiToken::new(API_TOKEN)?).organization("acme").base_url(server.origin());
    Ok(builder.header("x-gateway-key", GATEWAY_KEY).retry(quick))
}

/// What a service could say that repeats the request's token, or holds another.
fn answers_with_secrets() -> Vec<Reply> {
    let mut replies = Vec::new();
    for status in ["400 Bad", "401 Unauthorized", "404 Not Found", "409 Conflict", "429 Limited", "500 Oh", "503 Busy"]
    {
        for body in [
            format!(r#"{{"error":"bad header Authorization: Bearer {API_TOKEN}"}}"#),
            format!(r#"{{"error":{{"code":"{API_TOKEN}","message":"{API_TOKEN} {API_TOKEN}"}}}}"#),
            format!(r#"{{"code":"token {API_TOKEN}","errors":["{API_TOKEN}"]}}"#),
            format!(r#""{API_TOKEN}""#),
            format!(r#"{{"error":"no route for {GATEWAY_KEY}"}}"#),
            format!("<html>Authorization: Bearer {API_TOKEN}</html>"),
        ] {
            replies.push(Reply::answer(&format!("{status}\r\nset-cookie: session=planted"), body));
        }
    }
    for body in [
        format!(r#""{DATABASE_TOKEN}""#),
        format!(r#"{{"jwt":["{DATABASE_TOKEN}"]}}"#),
        format!(r#"{{"jwt":{{"{DATABASE_TOKEN}":"{DATABASE_TOKEN}"}}}}"#),
        format!(r#"{{"token":"{DATABASE_TOKEN}"}}"#),
        format!(r#"{{"jwt":"{DATABASE_TOKEN}""#),
        format!(r#"{{"jwt":"{DATABASE_TOKEN}"}} {DATABASE_TOKEN}"#),
        format!(r#"{{"exp":"{DATABASE_TOKEN}\", expected {DATABASE_TOKEN}"}}"#),
        format!(r#"{{"database":"{DATABASE_TOKEN}"}}"#),
        format!(r#"{{"database":{{"Name":["{DATABASE_TOKEN}"]}}}}"#),
        format!("{DATABASE_TOKEN}\n"),
    ] {
        replies.push(Reply::answer("200 OK", body));
    }
    let location = format!("307 Moved\r\nlocation: https://elsewhere.test.invalid/?token={API_TOKEN}");
    replies.push(Reply::answer(&location, API_TOKEN));
    replies.push(Reply::raw(format!("{API_TOKEN}\r\n\r\n"), Then::Close));
    replies.push(Reply::raw(format!("HTTP/1.1 200 OK\r\nx: {API_TOKEN}\r\ncontent-length: 99\r\n\r\n{{"), Then::Reset));
    replies
}

#[tokio::test]
async fn no_failure_shows_a_secret_in_its_error_or_in_the_log() {
    let log = Capture::start();
    let mut printed = Printed::default();
    for reply in answers_with_secrets() {
        let server = Server::start([reply]);
        let client = builder(&server).unwrap().build().unwrap();
        let mut errors = vec![client.api_tokens().validate().await.unwrap_err()];
        errors.extend(client.databases().create_token("orders", NewToken::full_access()).await.err());
        for operation in Operation::ALL {
            errors.extend(operation.run(&client).await.err());
        }
        let raw = client.request(Method::POST, "/v1/thing?key=planted").body(r#"{"password":"planted"}"#).await;
        errors.extend(raw.err());
        for error in &errors {
            printed.error(error);
        }
        printed.debug(&client);
    }
    printed.assert_clean();
    let text = log.text();
    assert!(text.contains("turso_cloud") && text.contains("giving up") && text.contains("reqwest"), "{text}");
    assert!(!text.contains(PLANTED), "a secret was logged:\n{}", lines_with_secrets(&text));
}

#[tokio::test]
async fn no_success_shows_a_secret_in_its_result_or_in_the_log() {
    let log = Capture::start();
    let mut printed = Printed::default();
    let server = Server::start([Reply::answer(
        "200 OK\r\nset-cookie: session=planted",
        format!(r#"{{"jwt":"{DATABASE_TOKEN}"}}"#),
    )]);
    let settings = builder(&server).unwrap();
    printed.debug(&settings);
    let client = settings.build().unwrap();
    printed.debug(&client);

    let call = client.databases().create_token("orders", NewToken::full_access());
    printed.debug(&call);
    let token = call.await.unwrap();
    assert_eq!(token.expose(), DATABASE_TOKEN);
    printed.debug(&token);
    printed.debug(&TokenAnswer::new(token));

    let raw = client.request(Method::POST, "/v1/thing").body(r#"{"password":"planted"}"#);
    printed.debug(&raw);
    printed.debug(&raw.clone().call());
    printed.debug(&raw.await.unwrap());

    printed.debug(&(client.databases(), client.groups(), client.organizations(), client.audit_logs()));
    printed.debug(&(client.locations(), client.api_tokens(), client.audit_logs().stream()));
    let blocking = builder(&server).unwrap().build_blocking().unwrap();
    printed.debug(&blocking);
    printed.debug(&blocking.audit_logs().stream().send().unwrap());
    printed.debug(&ApiToken::new(API_TOKEN).unwrap());
    printed.debug(&Credentials::from(ApiToken::new(API_TOKEN).unwrap()));
    printed.debug(&Credentials::provider(|| async { Ok(ApiToken::new(API_TOKEN)?) }));
    printed.assert_clean();
    let text = log.text();
    assert!(text.contains("answered") && text.contains("reqwest"), "{text}");
    assert!(!text.contains(PLANTED), "a secret was logged:\n{}", lines_with_secrets(&text));
}

#[tokio::test]
async fn the_password_of_a_proxy_is_shown_nowhere_but_to_the_proxy() {
    let log = Capture::start();
    let mut printed = Printed::default();
    let proxy = Server::start([Reply::answer("407 Proxy Authentication Required", "")]);
    let closed = closed_origin();
    for origin in [proxy.origin(), &*closed] {
        // A tunnel for the second one.
        for base_url in ["http://api.test.invalid", "https://api.test.invalid"] {
            let url = origin.replace("http://", "http://user:planted@");
            let settings = builder(&proxy).unwrap().base_url(base_url).proxy(url);
            printed.debug(&settings);
            let settings = settings.layer(|transport| {
                let shown = format!("{transport:?} {transport:#?}");
                assert!(!shown.contains(PLANTED), "{shown}");
                transport
            });
            let client = settings.build().unwrap();
            printed.debug(&client);
            for operation in Operation::ALL {
                printed.error(&operation.run(&client).await.unwrap_err());
            }
        }
    }
    for url in ["http://user:planted@[", "planted", "user:planted@proxy.internal:3128", "ftp://user:planted@proxy"] {
        let settings = builder(&proxy).unwrap().proxy(url);
        printed.debug(&settings);
        printed.error(&settings.build().unwrap_err());
    }
    printed.assert_clean();
    // `user:planted` in Base64.
    let authorized = |line: &String| line.eq_ignore_ascii_case("proxy-authorization: Basic dXNlcjpwbGFudGVk");
    let seen = proxy.requests(1);
    assert!(!seen.is_empty() && seen.iter().all(|seen| seen.headers.iter().any(authorized)), "{seen:?}");
    let text = log.text();
    assert!(text.contains("intercepts"), "{text}");
    for secret in [PLANTED, "dXNlcjpwbGFudGVk"] {
        assert!(!text.contains(secret) && !printed.0.contains(secret), "the password was shown");
    }
}

#[test]
fn the_user_and_the_query_of_a_url_are_not_shown() {
    let mut printed = Printed::default();
    for url in [
        "https://planted@api.turso.tech",
        "https://user:planted@api.turso.tech",
        "https://user:planted@[",
        "ftp://user:planted@api.turso.tech",
        "https://api.turso.tech/?authToken=planted",
        "libsql://orders.turso.io?authToken=planted",
        "https://api.turso.tech/v2?authToken=planted",
        "https://api.turso.tech/#planted",
    ] {
        for builder in [
            Client::builder(ApiToken::new(API_TOKEN).unwrap()).base_url(url),
            Client::builder(ApiToken::new(API_TOKEN).unwrap()).region_url(url),
        ] {
            printed.debug(&builder);
            printed.error(&builder.build().unwrap_err());
        }
    }
    printed.assert_clean();
}

#[tokio::test(start_paused = true)]
async fn the_token_that_probes_a_new_database_is_not_shown() {
    let log = Capture::start();
    let mut printed = Printed::default();
    let echo = format!(r#"{{"error":"cannot read Bearer {DATABASE_TOKEN}","code":"{DATABASE_TOKEN}"}}"#);
    for status in [400, 403, 500] {
        let token = format!(r#"{{"jwt":"{DATABASE_TOKEN}"}}"#);
        let created = Step::answer(200, Operation::Once.answer());
        let script = Script::new([
            created,
            Step::answer(200, DATABASE),
            Step::answer(200, token),
            Step::answer(status, echo.clone()),
        ]);
        let client = script.client().retry(RetryPolicy::none()).build().unwrap();
        let call = client.databases().create(NewDatabase::new("orders", "default")).wait_ready();
        let error = call.deadline(std::time::Duration::from_millis(50)).await.unwrap_err();
        assert!(error.may_have_happened());
        printed.error(&error);
        let probe = script.sent()[3].clone();
        assert_eq!(probe.uri.to_string(), "https://orders-acme.turso.io/v2/pipeline");
        assert_eq!(probe.headers["authorization"], format!("Bearer {DATABASE_TOKEN}"));
        printed.debug(&probe.headers);
    }
    printed.assert_clean();
    let text = log.text();
    assert!(text.contains("ProbeDatabase") && !text.contains(PLANTED), "{}", lines_with_secrets(&text));
}

#[tokio::test]
async fn what_is_too_short_for_a_token_is_left_in_the_sentences_of_the_service() {
    let sentence = "could not find database with name latest-orders";
    let script = Script::new([Step::answer(404, format!(r#"{{"error":"{sentence}"}}"#))]);
    for token in ["test", "orders"] {
        let client = Client::builder(ApiToken::new(token).unwrap()).organization("acme").transport(script.clone());
        let error = client.build().unwrap().databases().get("latest-orders").await.unwrap_err();
        assert_eq!(error.message(), Some(sentence));
    }
}

/// A transport that shows all it is given.
#[derive(Debug)]
struct Indiscreet(std::sync::mpsc::SyncSender<String>);

impl Transport for Indiscreet {
    fn send(&self, request: http::Request<Body>) -> SendFuture<'_> {
        let shown = self.0.send(format!("{request:?} {request:#?}"));
        Box::pin(async move {
            assert_eq!(shown, Ok(()));
            Ok(http::Response::new(Body::from(DATABASE_TOKEN.as_bytes().to_vec())))
        })
    }
}

#[tokio::test]
async fn a_transport_that_logs_requests_logs_no_secret() {
    let mut printed = Printed::default();
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let token = ApiToken::new(API_TOKEN).unwrap();
    let client = Client::builder(token).transport(Indiscreet(sender)).build().unwrap();
    let answer = client.request(Method::POST, "/v1/thing").body(r#"{"password":"planted"}"#).await.unwrap();
    assert_eq!(answer.body(), DATABASE_TOKEN);
    printed.debug(&answer);
    printed.0.push_str(&receiver.recv().unwrap());
    assert!(printed.0.contains("\"authorization\": Sensitive"), "{}", printed.0);
    printed.assert_clean();
}

#[tokio::test]
async fn the_mock_shows_no_secret_it_answers_with() {
    let mut printed = Printed::default();
    let mock = Mock::new();
    mock.when::<CreateDatabaseToken>()
        .answer_once(&TokenAnswer::new(DatabaseToken::new(DATABASE_TOKEN).unwrap()))
        .answer_once_with_text(format!(r#"{{"jwt":"{DATABASE_TOKEN}""#))
        .fail_once(Failure::Disconnected);
    printed.debug(&mock);
    printed.debug(&mock.when::<CreateDatabaseToken>());
    let client = mock.client().retry(RetryPolicy::none()).build().unwrap();
    printed.debug(&client);
    let create = || client.databases().create_token("orders", NewToken::full_access());
    printed.debug(&create().await.unwrap());
    for _ in 0..2 {
        let error: Error = create().await.unwrap_err();
        printed.error(&error);
    }
    printed.debug(&mock.requests::<CreateDatabaseToken>());
    printed.assert_clean();
}
