//! Tokens, and providers of tokens.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::header;
use turso_cloud::{ApiToken, Client, Credentials, ErrorKind, RetryPolicy};

use crate::support::{
    operations::Operation,
    script::{Script, Step},
};

/// `{"a":"rw","iat":1}`: the claims of a database token.
const DATABASE_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.eyJhIjoicnciLCJpYXQiOjF9.c2ln";

fn authorizations(script: &Script) -> Vec<String> {
    let values = script.sent().into_iter().map(|sent| sent.headers.get(header::AUTHORIZATION).cloned());
    values.map(|value| value.and_then(|value| value.to_str().map(str::to_owned).ok()).unwrap_or_default()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_provider_is_asked_before_every_attempt() {
    let script = Script::new([Step::status(503), Step::unreachable(), Step::answer(200, Operation::Safe.answer())]);
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let provider = move || {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        async move {
            // It may do I/O of its own.
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(ApiToken::new(format!("token-{number}"))?)
        }
    };
    let client = Client::builder(Credentials::provider(provider))
        .organization("acme")
        .transport(script.clone())
        .build()
        .unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    Operation::Safe.run(&client).await.unwrap();
    assert_eq!(authorizations(&script), ["Bearer token-0", "Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn a_provider_that_fails_ends_the_call_with_its_reason() {
    let script = Script::new([Step::status(200)]);
    let provider = || async { Err::<ApiToken, _>("the vault is sealed".into()) };
    let client = Client::builder(Credentials::provider(provider))
        .organization("acme")
        .transport(script.clone())
        .build()
        .unwrap();
    for operation in Operation::ALL {
        let error = operation.run(&client).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unauthenticated, 0));
        assert!(error.to_string().ends_with("not authenticated: the token provider failed"), "{error}");
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the vault is sealed");
        assert!(!error.may_have_happened());
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_after_a_lost_answer_does_not_hide_that() {
    let script = Script::new([Step::interrupted()]);
    let asked = AtomicUsize::new(0);
    let provider = move || {
        let first = asked.fetch_add(1, Ordering::Relaxed) == 0;
        async move { if first { Ok(ApiToken::new("token")?) } else { Err("the vault is sealed".into()) } }
    };
    let client = Client::builder(Credentials::provider(provider))
        .organization("acme")
        .transport(script.clone())
        .build()
        .unwrap();
    let error = Operation::Idempotent.run(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.may_have_happened()), (ErrorKind::Unauthenticated, 1, true));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_never_answers_is_bounded_by_the_deadline() {
    let script = Script::new([Step::status(200)]);
    let client = Client::builder(Credentials::provider(std::future::pending))
        .organization("acme")
        .deadline(Duration::from_secs(5))
        .transport(script.clone())
        .build()
        .unwrap();
    let error = Operation::Once.run(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0));
    assert_eq!(error.elapsed(), Duration::from_secs(5));
    assert!(!error.may_have_happened());
    assert_eq!(script.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_slow_holds_up_no_other_call() {
    let script = Script::new([Step::answer(200, Operation::Safe.answer())]);
    let asked = AtomicUsize::new(0);
    let provider = move || {
        let is_first = asked.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            if is_first {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
            Ok(ApiToken::new("token")?)
        }
    };
    let client = Client::builder(Credentials::provider(provider))
        .organization("acme")
        .max_in_flight(1)
        .transport(script.clone())
        .build()
        .unwrap();
    let started = tokio::time::Instant::now();
    let second = async { Operation::Safe.run(&client).await.map(|()| started.elapsed()) };
    let (first, second) = tokio::join!(Operation::Safe.run(&client), second);
    first.unwrap();
    assert_eq!((second.unwrap(), started.elapsed()), (Duration::ZERO, Duration::from_secs(60)));
}

#[tokio::test(start_paused = true)]
async fn a_provider_may_make_calls_of_the_same_client() {
    let script = Script::new([Step::answer(200, Operation::Safe.answer())]);
    let client = Arc::new(OnceLock::<Client>::new());
    let (own, asked) = (Arc::clone(&client), Arc::new(AtomicUsize::new(0)));
    let provider = move || {
        let (own, number) = (Arc::clone(&own), asked.fetch_add(1, Ordering::Relaxed));
        async move {
            if let (0, Some(client)) = (number, own.get()) {
                Operation::Safe.run(client).await?;
            }
            Ok(ApiToken::new(format!("token-{number}"))?)
        }
    };
    let builder = Client::builder(Credentials::provider(provider)).organization("acme").max_in_flight(1);
    let client = client.get_or_init(|| builder.transport(script.clone()).build().unwrap());
    Operation::Safe.run(client).await.unwrap();
    assert_eq!(authorizations(&script), ["Bearer token-1", "Bearer token-0"]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_is_asked_after_a_pause_and_not_before() {
    let script =
        Script::new([Step::status(429).header("retry-after", "60"), Step::answer(200, Operation::Safe.answer())]);
    let started = tokio::time::Instant::now();
    let provider = move || async move { Ok(ApiToken::new(format!("token-{}", started.elapsed().as_secs()))?) };
    let client = Client::builder(Credentials::provider(provider))
        .organization("acme")
        .retry(RetryPolicy::none())
        .transport(script.clone())
        .build()
        .unwrap();
    Operation::Safe.run(&client).await.unwrap_err();
    Operation::Safe.run(&client).await.unwrap();
    assert_eq!(authorizations(&script), ["Bearer token-0", "Bearer token-60"]);
}

#[tokio::test]
async fn a_database_token_is_recognised_before_it_is_sent() {
    let refused = ApiToken::new(DATABASE_TOKEN).unwrap_err();
    assert_eq!(refused.field(), "API token");
    assert!(refused.rule().starts_with("this is a database token"), "{refused}");
    assert!(!refused.to_string().contains("eyJ"), "{refused}");

    let script = Script::new([Step::status(200)]);
    let provider = || async { Ok(ApiToken::new(DATABASE_TOKEN)?) };
    let client = Client::builder(Credentials::provider(provider))
        .organization("acme")
        .transport(script.clone())
        .build()
        .unwrap();
    let error = Operation::Safe.run(&client).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("this is a database token"), "{cause}");
    assert_eq!(script.count(), 0);
}

#[test]
fn a_token_that_cannot_stand_in_a_header_is_refused_without_being_shown() {
    for text in ["", "  ", "planted token", "planted\ntoken", "plantéd", "planted\u{0}"] {
        let refused = ApiToken::new(text).unwrap_err();
        assert!(!refused.to_string().contains("plant"), "{refused}");
    }
    assert_eq!(ApiToken::new(" token\n").unwrap().expose(), "token");
    let missing = ApiToken::from_env("TURSO_CLOUD_NO_SUCH_VARIABLE").unwrap_err();
    assert_eq!(
        missing.to_string(),
        "API token in the environment variable TURSO_CLOUD_NO_SUCH_VARIABLE is not valid: the variable is not set"
    );
}
