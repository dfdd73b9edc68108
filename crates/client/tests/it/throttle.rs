//! What the calls of one client share: the pause after a 429, and the places in flight; on paused time.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};
use turso_cloud::{RetryPolicy, contract::locations::GetClosestRegion};

use crate::support::{
    operations::Operation,
    script::{Script, Step},
};

const SECOND: Duration = Duration::from_secs(1);

fn ok(operation: Operation) -> Step {
    Step::answer(200, operation.answer())
}

#[tokio::test(start_paused = true)]
async fn a_limit_pauses_the_other_calls_of_the_client() {
    let script = Script::new([Step::status(429).header("retry-after", "5"), ok(Operation::Safe)]);
    let client = script.client().build().unwrap();
    let clone = client.clone();
    let started = Instant::now();
    let first = Operation::Safe.run(&client);
    let second = async {
        sleep(SECOND).await;
        Operation::Safe.run(&clone).await
    };
    let (first, second) = tokio::join!(first, second);
    first.unwrap();
    second.unwrap();
    let times: Vec<_> = script.sent().iter().map(|sent| (sent.at - started).as_secs()).collect();
    assert_eq!(times, [0, 5, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_limit_pauses_the_others_even_if_its_own_call_gives_up() {
    let script = Script::new([Step::status(429).header("retry-after", "5"), ok(Operation::Safe)]);
    let client = script.client().retry(RetryPolicy::none()).build().unwrap();
    let started = Instant::now();
    assert!(Operation::Safe.run(&client).await.unwrap_err().is_rate_limited());
    assert_eq!(started.elapsed(), Duration::ZERO);
    Operation::Safe.run(&client).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_shorter_pause_ends_no_longer_one() {
    let long = Step::status(429).header("retry-after", "9").after(SECOND);
    let short = Step::status(429).header("retry-after", "1").after(SECOND * 2);
    let script = Script::new([long, short, ok(Operation::Safe)]);
    let client = script.client().retry(RetryPolicy::none()).build().unwrap();
    let started = Instant::now();
    let (first, second) = tokio::join!(Operation::Safe.run(&client), Operation::Safe.run(&client));
    assert!(first.unwrap_err().is_rate_limited() && second.unwrap_err().is_rate_limited());
    Operation::Safe.run(&client).await.unwrap();
    assert_eq!(started.elapsed(), SECOND * 10);
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_pauses_only_the_call_it_was_busy_for() {
    let script = Script::new([Step::status(503).header("retry-after", "5"), ok(Operation::Safe)]);
    let client = script.client().retry(RetryPolicy::none()).build().unwrap();
    let started = Instant::now();
    Operation::Safe.run(&client).await.unwrap_err();
    Operation::Safe.run(&client).await.unwrap();
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_another_host_pauses_no_call_of_the_platform() {
    let limited = Step::status(429).header("retry-after", "3600");
    let script = Script::new([limited, ok(Operation::Safe)]);
    let client = script.client().build().unwrap();
    let started = Instant::now();
    let refused = client.locations().closest().await.unwrap_err();
    assert_eq!((refused.is_rate_limited(), refused.attempts()), (true, 1));
    Operation::Safe.run(&client).await.unwrap();
    assert_eq!((started.elapsed(), script.count()), (Duration::ZERO, 2));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_platform_pauses_no_call_of_another_host() {
    let limited = Step::status(429).header("retry-after", "3600");
    let script = Script::new([limited, Step::answer(200, r#"{"server":"lhr","client":"lhr"}"#)]);
    let client = script.client().build().unwrap();
    let started = Instant::now();
    assert!(Operation::Safe.run(&client).await.unwrap_err().is_rate_limited());
    client.call(GetClosestRegion {}).await.unwrap();
    assert_eq!((started.elapsed(), script.count()), (Duration::ZERO, 2));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_another_host_pauses_the_calls_of_that_host() {
    let answer = Step::answer(200, r#"{"server":"lhr","client":"lhr"}"#);
    let script = Script::new([Step::status(429).header("retry-after", "5"), answer]);
    let client = script.client().retry(RetryPolicy::none()).build().unwrap();
    let started = Instant::now();
    assert!(client.call(GetClosestRegion {}).await.unwrap_err().is_rate_limited());
    client.call(GetClosestRegion {}).await.unwrap();
    assert_eq!((started.elapsed(), script.count()), (SECOND * 5, 2));
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_the_deadline_is_reported_without_sending() {
    let script = Script::new([Step::status(429).header("retry-after", "280")]);
    let client = script.client().build().unwrap();
    Operation::Safe.run(&client).await.unwrap_err();
    sleep(SECOND * 60).await;
    for operation in Operation::ALL {
        let started = Instant::now();
        let error = operation.run(&client).await.unwrap_err();
        assert!(error.is_rate_limited(), "{error:?}");
        assert_eq!(error.retry_after().map(|wait| wait.as_secs()), Some(220));
        assert_eq!((error.attempts(), error.status(), error.message()), (0, None, None));
        assert!(!error.may_have_happened());
        assert!(error.to_string().ends_with("the pause the service asked for ends after the deadline"), "{error}");
        assert_eq!(started.elapsed(), Duration::ZERO);
    }
    assert_eq!(script.count(), 1);

    script.go_on_with([ok(Operation::Safe)]);
    client.databases().get("orders").deadline(SECOND * 400).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_limit_met_by_a_call_in_flight_holds_back_those_that_wait_for_a_place() {
    let limited = Step::status(429).header("retry-after", "5").after(SECOND);
    let script = Script::new([limited, ok(Operation::Safe)]);
    let client = script.client().max_in_flight(1).build().unwrap();
    let started = Instant::now();
    for result in join_all((0..3).map(|_| Operation::Safe.run(&client))).await {
        result.unwrap();
    }
    let times: Vec<_> = script.sent().iter().map(|sent| (sent.at - started).as_secs()).collect();
    assert_eq!(times, [0, 6, 6, 6]);
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_are_in_flight_than_allowed() {
    for allowed in [1, 4, 64] {
        let script = Script::new([ok(Operation::Safe).after(SECOND)]);
        let client = script.client().max_in_flight(allowed).build().unwrap();
        for result in join_all((0..100).map(|_| Operation::Safe.run(&client))).await {
            result.unwrap();
        }
        assert_eq!((script.most_in_flight(), script.count()), (allowed, 100));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_gets_no_place_before_its_deadline_is_not_sent() {
    let script = Script::new([Step::never()]);
    let client = script.client().max_in_flight(1).deadline(SECOND * 60).build().unwrap();
    let started = Instant::now();
    let late = async {
        sleep(SECOND).await;
        client.databases().get("orders").deadline(SECOND * 2).await.unwrap_err()
    };
    let (first, late) = tokio::join!(Operation::Once.run(&client), late);
    assert!(first.unwrap_err().may_have_happened());
    assert!(late.is_timeout());
    assert_eq!((late.attempts(), late.may_have_happened()), (0, false));
    assert!(late.to_string().ends_with("no request could be sent before the deadline"), "{late}");
    assert_eq!(script.count(), 1);
    assert_eq!(started.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_next_attempt_takes_no_place() {
    let script = Script::new([Step::status(503).header("retry-after", "10"), ok(Operation::Safe)]);
    let client = script.client().max_in_flight(1).build().unwrap();
    let started = Instant::now();
    let other = async {
        sleep(SECOND).await;
        Operation::Safe.run(&client).await.unwrap();
        started.elapsed()
    };
    let (first, other) = tokio::join!(Operation::Safe.run(&client), other);
    first.unwrap();
    assert_eq!((other.as_secs(), started.elapsed().as_secs()), (1, 10));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_of_a_call_cancels_it_and_frees_its_place() {
    let script = Script::new([Step::never(), ok(Operation::Safe)]);
    let client = script.client().max_in_flight(1).build().unwrap();
    let cancelled = timeout(SECOND, Operation::Once.run(&client)).await;
    assert!(cancelled.is_err());
    assert_eq!((script.count(), script.dropped()), (1, 1));
    Operation::Safe.run(&client).await.unwrap();
    assert_eq!((script.count(), script.dropped()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn dropping_a_call_between_attempts_ends_its_retries() {
    let script = Script::new([Step::status(503).header("retry-after", "10")]);
    let client = script.client().build().unwrap();
    assert!(timeout(SECOND, Operation::Safe.run(&client)).await.is_err());
    sleep(SECOND * 60).await;
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_absurd_pause_silences_a_client_for_five_minutes_and_no_longer() {
    for absurd in ["31536000", "18446744073709551615", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let script = Script::new([Step::status(429).header("retry-after", absurd), ok(Operation::Safe)]);
        let client = script.client().build().unwrap();
        let started = Instant::now();
        let refused = Operation::Safe.run(&client).await.unwrap_err();
        assert!(refused.retry_after() > Some(SECOND * 86_400 * 300), "the caller is told what was asked: {refused:?}");
        let paused = Operation::Safe.run(&client).await.unwrap_err();
        assert_eq!((paused.retry_after(), script.count()), (Some(SECOND * 300), 1), "{absurd}");

        sleep(SECOND * 300).await;
        Operation::Safe.run(&client).await.unwrap();
        assert_eq!((started.elapsed(), script.count()), (SECOND * 300, 2), "{absurd}");
    }
}
