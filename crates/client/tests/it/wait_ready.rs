//! Waiting for a database takes as long as the caller gives it, and not as long as a token is good.
#![expect(clippy::unwrap_used, reason = "a transport that cannot be set up fails its test")]

use std::{
    error::Error as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::StatusCode;
use tokio::time::Instant;
use turso_cloud::{
    Client, NewDatabase,
    transport::{Body, SendFuture, Transport},
};

use crate::support::{
    files::Files,
    operations::{DATABASE, Operation},
    script::{Script, Step},
    upload_cloud::{HOST, UploadCloud},
};

const TOKEN_LIFE: Duration = Duration::from_secs(300);

/// A cloud whose database is not there for some time, and which takes no token that is older than it was asked to be.
#[derive(Clone, Debug)]
struct SlowCloud {
    inner: UploadCloud,
    ready_at: Instant,
    /// What its host answers until then.
    not_ready: StatusCode,
    /// When each token was minted.
    minted: Arc<Mutex<Vec<Instant>>>,
}

impl SlowCloud {
    fn ready_after(wait: Duration) -> Self {
        let ready_at = Instant::now() + wait;
        Self { inner: UploadCloud::new(4096), ready_at, not_ready: StatusCode::NOT_FOUND, minted: Arc::default() }
    }

    fn client(&self) -> Client {
        let client = self.inner.client().deadline(Duration::from_secs(20 * 60));
        client
            .layer({
                let cloud = self.clone();
                move |_| Box::new(cloud)
            })
            .build()
            .unwrap()
    }

    fn tokens(&self) -> usize {
        self.minted.lock().unwrap().len()
    }

    /// What the host of the database refuses a request with.
    fn refusal(&self, request: &http::Request<Body>) -> Option<StatusCode> {
        let header = request.headers()["authorization"].to_str().unwrap();
        let number: usize = header.rsplit('-').next().unwrap().parse().unwrap();
        if self.minted.lock().unwrap()[number - 1].elapsed() >= TOKEN_LIFE {
            return Some(StatusCode::UNAUTHORIZED);
        }
        (Instant::now() < self.ready_at).then_some(self.not_ready)
    }
}

impl Transport for SlowCloud {
    fn send(&self, request: http::Request<Body>) -> SendFuture<'_> {
        Box::pin(async move {
            if request.uri().path().ends_with("/auth/tokens") {
                self.minted.lock().unwrap().push(Instant::now());
            }
            let refusal = if request.uri().host() == Some(HOST) { self.refusal(&request) } else { None };
            match refusal {
                None => self.inner.send(request).await,
                Some(status) => {
                    let mut refused = http::Response::new(Body::from(""));
                    *refused.status_mut() = status;
                    Ok(refused)
                }
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_is_waited_for_longer_than_a_token_is_good() {
    let cloud = SlowCloud::ready_after(Duration::from_secs(6 * 60));
    let databases = cloud.client().databases();
    databases.create(NewDatabase::new("shop", "default")).wait_ready().await.unwrap();
    assert_eq!(cloud.tokens(), 2);

    let cloud = SlowCloud::ready_after(Duration::from_secs(6 * 60));
    cloud.client().databases().wait_ready("shop").await.unwrap();
    assert_eq!(cloud.tokens(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_database_is_waited_for_whatever_its_host_answers_until_it_is_there() {
    for not_ready in [StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS, StatusCode::BAD_GATEWAY] {
        let cloud = SlowCloud { not_ready, ..SlowCloud::ready_after(Duration::from_secs(60)) };
        let created = cloud.client().databases().create(NewDatabase::new("shop", "default")).wait_ready().await;
        assert!(created.is_ok(), "{not_ready}: {created:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_waits_for_its_database_longer_than_a_token_is_good() {
    let files = Files::new();
    let path = files.database(1);
    let cloud = SlowCloud::ready_after(Duration::from_secs(6 * 60));
    cloud.client().databases().create_from_file(NewDatabase::new("shop", "default"), &path).await.unwrap();

    let cloud = SlowCloud::ready_after(Duration::from_secs(6 * 60));
    cloud.client().databases().upload_file("shop", &path).whole().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_a_database_answered_last_is_the_source_of_the_error_that_it_is_not_ready() {
    for (status, sentence) in
        [(401, "not authenticated (401): invalid JWT token"), (404, "not found (404): no database")]
    {
        let said = sentence.rsplit(": ").next().unwrap();
        let script = Script::new([
            Step::answer(200, Operation::Once.answer()),
            Step::answer(200, DATABASE),
            Step::answer(200, r#"{"jwt":"new-token"}"#),
            Step::answer(status, format!(r#"{{"error":"{said}"}}"#)),
        ]);
        let databases = script.client().build().unwrap().databases();
        let call = databases.create(NewDatabase::new("orders", "default")).wait_ready();
        let error = call.deadline(Duration::from_secs(30)).await.unwrap_err();
        assert!(error.is_timeout() && error.to_string().contains("was created but does not answer yet"), "{error}");
        let last = error.source().unwrap().to_string();
        assert!(last.contains(sentence), "{last}");
    }
}

/// The Platform API knows its tokens, however new a database is.
#[tokio::test(start_paused = true)]
async fn a_token_that_the_platform_api_no_longer_takes_is_told_at_once() {
    let created = Step::answer(200, Operation::Once.answer());
    let revoked = Step::answer(401, r#"{"error":"token revoked"}"#);
    for steps in [vec![created.clone(), revoked.clone()], vec![created, Step::answer(200, DATABASE), revoked]] {
        let requests = steps.len();
        let script = Script::new(steps);
        let databases = script.client().build().unwrap().databases();
        let error = databases.create(NewDatabase::new("orders", "default")).wait_ready().await.unwrap_err();
        assert!(error.is_unauthenticated() && error.may_have_happened(), "{error}");
        assert_eq!(script.sent().len(), requests);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_outlasts_the_wait_is_told_at_once() {
    let before = [
        Step::answer(200, Operation::Once.answer()),
        Step::answer(200, DATABASE),
        Step::answer(200, r#"{"jwt":"new-token"}"#),
    ];
    for answered in 1..=before.len() {
        let busy = Step::answer(429, r#"{"error":"slow down"}"#).header("retry-after", "3600");
        let script = Script::new(before[..answered].iter().cloned().chain([busy]));
        let databases = script.client().build().unwrap().databases();
        let started = Instant::now();
        let call = databases.create(NewDatabase::new("orders", "default")).wait_ready();
        let error = call.deadline(Duration::from_secs(30)).await.unwrap_err();
        assert!(error.is_rate_limited() && error.may_have_happened(), "{error}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
        assert!(error.to_string().contains("was created but does not answer yet"), "{error}");
        assert_eq!((script.sent().len(), started.elapsed()), (answered + 1, Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_never_answers_costs_a_token_for_each_five_minutes_and_no_more() {
    let cloud = SlowCloud::ready_after(Duration::from_secs(86_400));
    let error = cloud.client().databases().wait_ready("shop").await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(cloud.tokens(), 4);
}
