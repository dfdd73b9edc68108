//! Retries in an outage: what they are paid from runs dry, and fills again with successes.

use turso_cloud::{Client, RetryPolicy};

use crate::support::{
    operations::Operation,
    script::{Script, Step},
};

/// Makes calls that fail until no retry is left to pay; how many retries there were.
async fn exhaust(client: &Client) -> u32 {
    let mut retries = 0;
    loop {
        match Operation::Safe.run(client).await.map_err(|error| error.attempts()) {
            Err(1) => return retries,
            Err(attempts) => retries += attempts - 1,
            Ok(()) => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retries_run_dry_for_all_calls_of_a_client() {
    let script = Script::new([Step::status(503)]);
    let client = script.client().deadline(std::time::Duration::MAX).build().unwrap();
    assert_eq!(exhaust(&client).await, 100);
    let clone = client.clone();
    for operation in Operation::ALL {
        let error = operation.run(&clone).await.unwrap_err();
        assert_eq!(error.attempts(), 1);
        let says_why = error.to_string().ends_with("too many requests of this client fail to repeat this one");
        assert_eq!(says_why, operation != Operation::Once, "{error}");
    }
    let error = clone.databases().get("orders").retry(RetryPolicy::default().max_retries(9)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (turso_cloud::ErrorKind::Server, 1));
}

#[tokio::test(start_paused = true)]
async fn five_successes_pay_for_one_retry() {
    let script = Script::new([Step::status(503)]);
    let client = script.client().build().unwrap();
    exhaust(&client).await;

    script.go_on_with([Step::answer(200, Operation::Safe.answer())]);
    for _ in 0..4 {
        Operation::Safe.run(&client).await.unwrap();
    }
    script.go_on_with([Step::status(503)]);
    assert_eq!(Operation::Safe.run(&client).await.unwrap_err().attempts(), 1);

    script.go_on_with([Step::answer(200, Operation::Safe.answer()), Step::status(503)]);
    Operation::Safe.run(&client).await.unwrap();
    assert_eq!(Operation::Safe.run(&client).await.unwrap_err().attempts(), 2);
    assert_eq!(Operation::Safe.run(&client).await.unwrap_err().attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn successes_pay_for_no_more_than_a_hundred_retries() {
    let script = Script::new([Step::answer(200, Operation::Safe.answer())]);
    let client = script.client().deadline(std::time::Duration::MAX).build().unwrap();
    for _ in 0..20 {
        Operation::Safe.run(&client).await.unwrap();
    }
    script.go_on_with([Step::status(503)]);
    assert_eq!(exhaust(&client).await, 100);
}

#[tokio::test(start_paused = true)]
async fn clients_of_their_own_do_not_share_what_is_left() {
    let script = Script::new([Step::status(503)]);
    exhaust(&script.client().build().unwrap()).await;
    let other = script.client().build().unwrap();
    assert_eq!(Operation::Safe.run(&other).await.unwrap_err().attempts(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_retry_the_service_has_named_a_time_for_is_free() {
    let script = Script::new([Step::status(429).header("retry-after", "1")]);
    let client = script.client().deadline(std::time::Duration::MAX).build().unwrap();
    for _ in 0..50 {
        assert_eq!(Operation::Safe.run(&client).await.unwrap_err().attempts(), 4);
    }
    script.go_on_with([Step::status(429)]);
    assert_eq!(exhaust(&client).await, 100);
}

#[tokio::test(start_paused = true)]
async fn an_error_says_where_the_deadline_was_in_the_way_of_another_attempt() {
    let script = Script::new([Step::answer(503, r#"{"error":"busy"}"#).header("retry-after", "200")]);
    let error = Operation::Safe.run(&script.client().build().unwrap()).await.unwrap_err();
    assert!(error.to_string().ends_with("(503): the next attempt would come after the deadline: busy"), "{error}");
    assert_eq!((error.attempts(), error.message()), (1, Some("busy")));
}
