//! Which failure is followed by another attempt, and when; on paused time.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use turso_cloud::{ClientBuilder, Error, Expiration, NewApiToken, NewDatabase, NewToken, RetryPolicy};

use crate::support::{
    operations::{DATABASE, Operation},
    script::{Script, Step},
};

const SECOND: Duration = Duration::from_secs(1);
/// The clock of tokio counts in milliseconds and rounds up.
const TICK: Duration = Duration::from_millis(1);

async fn run(client: ClientBuilder, operation: Operation) -> Result<(), Error> {
    operation.run(&client.build()?).await
}

#[tokio::test(start_paused = true)]
async fn three_retries_are_the_default() {
    for operation in [Operation::Safe, Operation::Idempotent] {
        let script = Script::new([Step::status(503)]);
        let error = run(script.client(), operation).await.unwrap_err();
        assert_eq!((error.attempts(), script.count()), (4, 4));
        for (gap, bound) in script.gaps().into_iter().zip([200, 400, 800]) {
            assert!(gap <= Duration::from_millis(bound) + TICK, "{gap:?} of {bound} ms");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn waits_are_random_up_to_a_bound_that_doubles() {
    let policy = RetryPolicy::default().max_retries(6).backoff(Duration::from_millis(100), SECOND);
    let bounds = [100, 200, 400, 800, 1000, 1000].map(Duration::from_millis);
    let mut longest = [Duration::ZERO; 6];
    let mut shortest = bounds;
    for seed in 0..100 {
        let script = Script::new([Step::status(500)]);
        run(script.client().retry(policy).jitter_seed(seed), Operation::Safe).await.unwrap_err();
        for (retry, gap) in script.gaps().into_iter().enumerate() {
            longest[retry] = longest[retry].max(gap);
            shortest[retry] = shortest[retry].min(gap);
        }
    }
    for (retry, bound) in bounds.into_iter().enumerate() {
        assert!(longest[retry] <= bound + TICK, "{longest:?}");
        assert!(longest[retry] > bound / 2, "{longest:?}");
        assert!(shortest[retry] < bound / 4, "{shortest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_waits_the_same_times() {
    let mut gaps = Vec::new();
    for seed in [1, 1, 2] {
        let script = Script::new([Step::status(500)]);
        run(script.client().jitter_seed(seed), Operation::Safe).await.unwrap_err();
        gaps.push(script.gaps());
    }
    assert_eq!(gaps[0], gaps[1]);
    assert_ne!(gaps[0], gaps[2]);
}

#[tokio::test(start_paused = true)]
async fn no_retries_means_one_attempt() {
    for step in [Step::status(503), Step::status(429), Step::unreachable(), Step::interrupted()] {
        for operation in Operation::ALL {
            let script = Script::new([step.clone()]);
            let error = run(script.client().retry(RetryPolicy::none()), operation).await.unwrap_err();
            assert_eq!((error.attempts(), script.count()), (1, 1), "{operation:?}: {step:?}");
            assert!(error.is_retryable());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_carried_out_is_repeated_even_if_it_must_happen_once() {
    for step in [Step::unreachable(), Step::status(429), Step::status(429).header("retry-after", "2")] {
        let script = Script::new([step.clone(), step, Step::answer(200, Operation::Once.answer())]);
        run(script.client(), Operation::Once).await.unwrap();
        assert_eq!(script.count(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_creation_stops_at_the_first_attempt_that_may_have_happened() {
    for lost in [Step::interrupted(), Step::never(), Step::status(500), Step::status(408)] {
        let script = Script::new([Step::unreachable(), Step::status(429), lost.clone()]);
        let error = run(script.client(), Operation::Once).await.unwrap_err();
        assert_eq!((error.attempts(), script.count()), (3, 3), "{lost:?}");
        assert!(error.may_have_happened());
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_database_is_minted_again_when_it_was_lost_and_one_of_the_platform_is_not() {
    const TOKEN: &str = include_str!("../../../contract/tests/golden/CreateDatabaseToken.json");
    for lost in [Step::interrupted(), Step::never(), Step::status(502), Step::status(408)] {
        let minted_at_last = || [lost.clone(), lost.clone(), Step::answer(200, TOKEN)];
        let script = Script::new(minted_at_last());
        let turso = script.client().build().unwrap();
        turso.databases().create_token("orders", NewToken::read_only()).await.unwrap();
        script.go_on_with(minted_at_last());
        turso.groups().create_token("default", NewToken::read_only()).await.unwrap();
        script.go_on_with([Step::answer(200, DATABASE)].into_iter().chain(minted_at_last()));
        turso.databases().access("orders", Expiration::hours(1)).await.unwrap();
        assert_eq!(script.count(), 10);

        // It is on the list of tokens, whoever knows it.
        script.go_on_with([lost]);
        let error = turso.api_tokens().create("ci", NewApiToken::unrestricted()).await.unwrap_err();
        assert_eq!((error.attempts(), error.may_have_happened()), (1, true));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_remembered_when_a_later_attempt_is_refused() {
    let script = Script::new([Step::interrupted(), Step::status(403)]);
    let error = run(script.client(), Operation::Idempotent).await.unwrap_err();
    assert!(error.is_forbidden());
    assert!(error.may_have_happened());

    let script = Script::new([Step::unreachable(), Step::status(403)]);
    assert!(!run(script.client(), Operation::Idempotent).await.unwrap_err().may_have_happened());
}

#[tokio::test(start_paused = true)]
async fn a_deletion_whose_answer_was_lost_counts_as_done_when_there_is_nothing_left() {
    for (first, deleted) in [
        (Step::interrupted(), true),
        (Step::never(), true),
        (Step::status(500), true),
        (Step::unreachable(), false),
        (Step::status(429), false),
    ] {
        let script = Script::new([first.clone(), Step::absent()]);
        let client = script.client().build().unwrap();
        assert_eq!(client.databases().delete_if_exists("orders").await.unwrap(), deleted, "{first:?}");
        assert_eq!(script.count(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_may_ask_for_a_longer_wait_but_not_for_a_shorter_one() {
    let policy = RetryPolicy::default().max_retries(1).backoff(SECOND, SECOND);
    for status in [429, 503] {
        let script = Script::new([Step::status(status).header("retry-after", "5")]);
        run(script.client().retry(policy), Operation::Safe).await.unwrap_err();
        assert_eq!(script.gaps(), [5 * SECOND]);

        let mut longest = Duration::ZERO;
        for seed in 0..20 {
            let script = Script::new([Step::status(status).header("retry-after", "0")]);
            run(script.client().retry(policy).jitter_seed(seed), Operation::Safe).await.unwrap_err();
            longest = longest.max(script.gaps()[0]);
        }
        assert!(longest > SECOND / 2, "{longest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_deadline_is_not_begun() {
    for asked in ["120", "121", "18446744073709551615"] {
        for (operation, status) in [(Operation::Once, 429), (Operation::Safe, 429), (Operation::Safe, 503)] {
            let started = Instant::now();
            let script = Script::new([Step::status(status).header("retry-after", asked)]);
            let error = run(script.client(), operation).await.unwrap_err();
            assert_eq!((error.attempts(), script.count()), (1, 1));
            assert_eq!(error.retry_after().map(|wait| wait.as_secs().to_string()).as_deref(), Some(asked));
            assert_eq!(started.elapsed(), Duration::ZERO);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn waits_without_end_are_possible_to_ask_for() {
    let endless = RetryPolicy::default().backoff(Duration::MAX, Duration::MAX);
    let script = Script::new([Step::status(503)]);
    let error = run(script.client().retry(endless).jitter_seed(1), Operation::Safe).await.unwrap_err();
    assert_eq!(error.attempts(), 1);

    let script = Script::new([Step::status(503)]);
    let many = RetryPolicy::default().max_retries(u32::MAX).backoff(Duration::ZERO, Duration::ZERO);
    let error = run(script.client().retry(many), Operation::Safe).await.unwrap_err();
    assert_eq!(error.attempts(), 101, "the allowance ends it");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_over_the_whole_call() {
    for operation in [Operation::Safe, Operation::Idempotent] {
        let started = Instant::now();
        let script = Script::new([Step::status(503).after(SECOND * 3 / 10)]);
        let policy = RetryPolicy::default().max_retries(90).backoff(SECOND / 10, SECOND / 10);
        let client = script.client().retry(policy).deadline(SECOND).jitter_seed(7);
        let error = run(client, operation).await.unwrap_err();
        assert!(started.elapsed() <= SECOND + TICK, "{:?}", started.elapsed());
        assert!((2..=4).contains(&error.attempts()), "{error:?}");
        assert_eq!(error.attempts() as usize, script.count());
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_cut_off_at_the_deadline_even_if_its_own_timeout_is_longer() {
    let started = Instant::now();
    let script = Script::new([Step::never()]);
    let error = run(script.client().timeout(SECOND * 30).deadline(SECOND), Operation::Safe).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!((started.elapsed(), error.elapsed()), (SECOND, SECOND));
    assert_eq!((script.count(), script.dropped()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_timeout_is_over_each_attempt() {
    let started = Instant::now();
    let script = Script::new([Step::never(), Step::never(), Step::answer(200, Operation::Safe.answer())]);
    let quick = RetryPolicy::default().backoff(TICK, TICK);
    run(script.client().timeout(SECOND).retry(quick), Operation::Safe).await.unwrap();
    assert!((SECOND * 2..SECOND * 3).contains(&started.elapsed()), "{:?}", started.elapsed());
    assert_eq!((script.count(), script.dropped()), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn timeouts_without_end_are_possible_to_ask_for() {
    let script = Script::new([Step::answer(200, Operation::Safe.answer()).after(SECOND * 86_400)]);
    let client = script.client().timeout(Duration::MAX).deadline(Duration::MAX);
    run(client, Operation::Safe).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_can_be_made_under_other_rules_than_the_client() {
    let script = Script::new([Step::status(503)]);
    let client = script.client().build().unwrap();
    let error = client.databases().get("orders").retry(RetryPolicy::none()).await.unwrap_err();
    assert_eq!(error.attempts(), 1);
    let error = client.databases().get("orders").retry(RetryPolicy::default().max_retries(1)).await.unwrap_err();
    assert_eq!(error.attempts(), 2);
    assert_eq!(client.databases().get("orders").await.unwrap_err().attempts(), 4);

    script.go_on_with([Step::never()]);
    let error = client.databases().get("orders").timeout(SECOND).retry(RetryPolicy::none()).await.unwrap_err();
    assert_eq!(error.elapsed(), SECOND);
    let error = client.databases().get("orders").deadline(SECOND * 2).await.unwrap_err();
    assert_eq!(error.elapsed(), SECOND * 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_does_nothing_before_it_is_awaited() {
    let script = Script::new([Step::answer(200, Operation::Safe.answer())]);
    let client = script.client().deadline(SECOND).build().unwrap();
    let call = client.databases().get("orders");
    tokio::time::advance(SECOND * 10).await;
    assert_eq!(script.count(), 0);
    // The deadline counts from here.
    call.await.unwrap();
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_call_counts_from_when_it_is_first_polled() {
    let script = Script::new([Step::answer(200, Operation::Safe.answer())]);
    let client = script.client().build().unwrap();
    let call = client.databases().get("orders").deadline(SECOND * 2).into_future();
    sleep(SECOND * 10).await;
    call.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_once_the_deadline_has_passed() {
    let script = Script::new([Step::status(503)]);
    let databases = script.client().build().unwrap().databases();
    let creation = databases.create(NewDatabase::new("orders", "default")).deadline(Duration::ZERO);
    let failed = [
        databases.get("orders").deadline(Duration::ZERO).await.unwrap_err(),
        databases.delete("orders").deadline(Duration::ZERO).await.unwrap_err(),
        creation.await.unwrap_err(),
    ];
    for error in failed {
        assert!(error.is_timeout() && !error.may_have_happened(), "{error:?}");
        assert_eq!((error.attempts(), script.count()), (0, 0));
    }
}
