//! What a log tells of calls: an outage in the words of the README, and nothing of calls that go well.

use tracing_subscriber::filter::LevelFilter;
use turso_cloud::RetryPolicy;

use crate::support::{
    log::Capture,
    operations::Operation,
    script::{Script, Step},
};

fn lines<'a>(log: &'a str, words: &[&str]) -> Vec<&'a str> {
    log.lines().filter(|line| words.iter().all(|word| line.contains(word))).collect()
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_without_the_details_of_debug() {
    let log = Capture::down_to(LevelFilter::INFO);
    let turso = Script::new([Step::status(503)]).client().retry(RetryPolicy::default().max_retries(2)).build().unwrap();
    Operation::Safe.run(&turso).await.unwrap_err();
    Operation::Once.run(&turso).await.unwrap_err();

    let text = log.text();
    let retries =
        lines(&text, &["INFO turso_cloud", "trying again", "operation=\"GetDatabase\"", "attempts=", "wait="]);
    assert_eq!(retries.len(), 2, "{text}");
    let ends = lines(&text, &["WARN turso_cloud", "giving up", "server error (503)"]);
    assert_eq!(ends.len(), 2, "{text}");
    assert!(ends[0].contains("operation=\"GetDatabase\"") && ends[0].contains("attempts=3"), "{text}");
    assert!(ends[1].contains("operation=\"CreateDatabase\"") && ends[1].contains("attempts=1"), "{text}");
    assert_eq!(text.lines().count(), 4, "{text}");
}

#[tokio::test(start_paused = true)]
async fn what_succeeds_or_is_refused_is_told_at_debug_alone() {
    for (level, expected) in [(LevelFilter::INFO, 0), (LevelFilter::DEBUG, 1)] {
        let log = Capture::down_to(level);
        let script = Script::new([Step::answer(200, Operation::Safe.answer()), Step::absent()]);
        let turso = script.client().build().unwrap();
        assert!(turso.databases().find("orders").await.unwrap().is_some());
        assert!(turso.databases().find("orders").await.unwrap().is_none());

        let text = log.text();
        let span = "turso_cloud{operation=\"GetDatabase\" method=GET path=/v1/organizations/{organization}/databases/{database}}";
        for words in [["answered", "status=200 attempts=1"], ["giving up", "attempts=1"]] {
            assert_eq!(lines(&text, &["DEBUG", span, words[0], words[1]]).len(), expected, "{text}");
        }
        assert!(expected > 0 || text.is_empty(), "{text}");
    }
}
