//! Batches on their way to a database.

use std::time::Duration;

use tokio::time::sleep;

use super::{outcome::Broken, stop::Stop};
use crate::{
    exit::Failure,
    hrana::{BatchError, Connection, Statement},
};

/// A batch that takes more is sent even if it could have more statements.
pub(super) const FULL: usize = 512 * 1024;

/// How often a batch that certainly did nothing is sent again.
const RETRIES: u32 = 4;
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Commits statements together. `blame` makes a failure of the database into one that says where it comes from.
pub(super) async fn commit(
    connection: &Connection,
    stop: &Stop,
    before: &[Statement],
    statements: &[Statement],
) -> Result<Vec<u64>, Sent> {
    let mut wait = FIRST_WAIT;
    for attempt in 0.. {
        let sent = tokio::select! {
            sent = connection.commit(before, statements) => sent,
            kind = stop.wait_patiently() => {
                let failure = Failure::new(kind, "interrupted while the database was working");
                return Err(Sent::Broken(Broken { failure, is_last_unknown: true }));
            }
        };
        match sent {
            Ok(affected) => return Ok(affected),
            Err(BatchError { error, .. }) if error.may_be_repeated() && attempt < RETRIES => {}
            Err(BatchError { error, statement }) if error.is_sql() && !error.may_be_repeated() => {
                return Err(Sent::Refused(BatchError { statement, error }));
            }
            Err(BatchError { error, .. }) => {
                let is_last_unknown = error.may_have_happened();
                return Err(Sent::Broken(Broken { failure: error.into(), is_last_unknown }));
            }
        }
        tokio::select! {
            () = sleep(wait) => {}
            kind = stop.wait() => return Err(Sent::Broken(Failure::new(kind, "interrupted").into())),
        }
        wait *= 2;
    }
    Ok(Vec::new())
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
    use serde_json::json;

    use super::*;
    use crate::hrana::tests::{connection, server};

    #[tokio::test]
    async fn a_batch_that_had_to_wait_for_too_long_is_sent_again() {
        let answer = |results, errors| {
            let result = json!({ "step_results": results, "step_errors": errors });
            let response = json!({ "type": "batch", "result": result });
            (200, json!({ "results": [{ "type": "ok", "response": response }] }).to_string())
        };
        let turned_away = json!({ "message": "too many statements at work", "code": "TOO_MANY_STREAMS" });
        let (url, asked) = server(vec![
            answer(json!([{}, null, null, {}]), json!([null, turned_away, null, null])),
            answer(json!([{}, { "affected_row_count": 1 }, {}, null]), json!([null, null, null, null])),
        ]);
        let stop = Stop::listen().unwrap();
        let affected = commit(&connection(&url), &stop, &[], &[Statement::new("INSERT")]).await.unwrap();
        assert_eq!((affected, asked.iter().count()), (vec![1], 2));
    }
}
