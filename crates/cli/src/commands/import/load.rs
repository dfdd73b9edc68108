//! Batches on their way to a database.

use std::time::Duration;

use turso_cloud::RetryPolicy;

use super::{outcome::Broken, stop::Stop};
use crate::{
    exit::Failure,
    hrana::{BatchError, Connection, HranaError, Statement},
};

/// A batch that takes more is sent even if it could have more statements.
pub(super) const FULL: usize = 512 * 1024;

/// Before a batch that certainly did nothing is sent again; each wait is twice the one before, unless the database asks for
/// a longer one.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What runs before a batch whose rows and tables come and go in any order.
pub(super) fn without_foreign_keys() -> [Statement; 1] {
    [Statement::new("PRAGMA foreign_keys = OFF")]
}

/// Commits statements together. Those that the database refuses are not sent again.
pub(super) async fn commit(
    connection: &Connection,
    stop: &Stop,
    before: &[Statement],
    statements: &[Statement],
) -> Result<Vec<u64>, Sent> {
    let (mut wait, mut retries) = (FIRST_WAIT, connection.retries());
    loop {
        let sent = tokio::select! {
            sent = connection.commit(before, statements) => sent,
            kind = stop.wait_patiently() => {
                let failure = Failure::new(kind, "interrupted while the database was working");
                return Err(Sent::Broken(Broken { failure, is_last_unknown: true }));
            }
        };
        let error = match sent {
            Ok(affected) => return Ok(affected),
            Err(BatchError { error, .. }) if error.may_be_repeated() && retries > 0 => error,
            Err(BatchError { error, statement }) if error.is_sql() && !error.may_be_repeated() => {
                return Err(Sent::Refused(BatchError { statement, error }));
            }
            Err(BatchError { error, .. }) => {
                let is_last_unknown = error.may_have_happened();
                return Err(Sent::Broken(Broken { failure: error.into(), is_last_unknown }));
            }
        };
        stop.pause(pause(&error, wait), &error).await.map_err(|failure| Sent::Broken(failure.into()))?;
        wait = (wait * 2).min(LONGEST_WAIT);
        retries -= 1;
    }
}

/// What the database asks for, as far as anybody has patience, and no less than is usual.
fn pause(error: &HranaError, usual: Duration) -> Duration {
    error.retry_after().map_or(usual, |asked| asked.min(RetryPolicy::LONGEST_PAUSE).max(usual))
}

/// A batch that was not committed.
#[derive(Debug)]
pub(super) enum Sent {
    /// A statement does not run.
    Refused(BatchError),
    /// There is no way to the database any more.
    Broken(Broken),
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use serde_json::{Value, json};

    use super::*;
    use crate::hrana::tests::{connection, server};

    fn answer(results: &Value, errors: &Value) -> (u16, String) {
        let result = json!({ "step_results": results, "step_errors": errors });
        let response = json!({ "type": "batch", "result": result });
        (200, json!({ "results": [{ "type": "ok", "response": response }] }).to_string())
    }

    fn failing(code: &str) -> (u16, String) {
        answer(&json!([{}, null, null, {}]), &json!([null, { "message": "it does not run", "code": code }, null, null]))
    }

    fn succeeding() -> (u16, String) {
        answer(&json!([{}, { "affected_row_count": 1 }, {}, null]), &json!([null, null, null, null]))
    }

    /// What comes of a batch that is answered by these, one after another, and how often it was sent.
    async fn sent(retries: u32, answers: Vec<(u16, String)>) -> (Result<Vec<u64>, Sent>, usize) {
        let (url, asked) = server(answers);
        let connection = connection(&url).with_retries(retries);
        let stop = Stop::listen(true).unwrap();
        let sent = commit(&connection, &stop, &[], &[Statement::new("INSERT")]).await;
        (sent, asked.try_iter().count())
    }

    #[tokio::test]
    async fn a_batch_that_had_to_wait_for_too_long_is_sent_again_as_often_as_asked_for() {
        let turned_away = || failing("TOO_MANY_STREAMS");
        let (sent_again, times) = sent(1, vec![turned_away(), succeeding()]).await;
        assert_eq!((sent_again.unwrap(), times), (vec![1], 2));
        let (given_up, times) = sent(1, vec![turned_away(), turned_away(), succeeding()]).await;
        assert!(matches!(given_up, Err(Sent::Broken(_))) && times == 2, "{given_up:?} {times}");
        let (given_up, times) = sent(0, vec![(429, String::new()), succeeding()]).await;
        assert!(matches!(given_up, Err(Sent::Broken(_))) && times == 1, "{given_up:?} {times}");
    }

    #[tokio::test]
    async fn a_database_that_asks_to_wait_is_not_asked_before() {
        let busy = json!({ "error": { "message": "busy", "retry_after": 1 } }).to_string();
        let begun = Instant::now();
        let (sent_again, times) = sent(1, vec![(429, busy), succeeding()]).await;
        assert!(sent_again.is_ok() && times == 2, "{sent_again:?} {times}");
        assert!(begun.elapsed() >= Duration::from_secs(1));
    }

    #[test]
    fn a_pause_is_no_shorter_than_usual_and_no_longer_than_five_minutes() {
        let asked = |retry_after| {
            let error = HranaError::Refused { status: 429, message: String::new(), code: String::new(), retry_after };
            pause(&error, Duration::from_secs(2)).as_secs()
        };
        for (seconds, expected) in [(0, 2), (1, 2), (7, 7), (300, 300), (301, 300), (u64::MAX, 300)] {
            assert_eq!(asked(Some(Duration::from_secs(seconds))), expected, "{seconds}");
        }
        assert_eq!(asked(None), 2);
    }

    #[tokio::test]
    async fn a_statement_that_is_refused_is_not_sent_again() {
        let (refused, times) = sent(4, vec![failing("SQLITE_CONSTRAINT"), succeeding()]).await;
        assert!(matches!(refused, Err(Sent::Refused(_))) && times == 1, "{refused:?} {times}");
    }
}
