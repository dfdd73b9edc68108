//! Writes that come at the same time share a commit, and nobody can tell but by the time it takes.

use std::path::Path;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{DATABASE, Host, baton, execute, integer, pass, record, sequence};
use crate::data::DatabaseRecord;

const INSERT: &str = "INSERT INTO t (x) VALUES (?) RETURNING id";
const WRITERS: i64 = 20;

fn write(sql: &str, argument: &Value) -> Value {
    json!({ "type": "execute", "stmt": { "sql": sql, "args": [argument] } })
}

/// A database whose files can be looked at, with a table that takes one of each value.
async fn host() -> (TempDir, Host) {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::in_directory(directory.path());
    host.run(&["CREATE TABLE t (id INTEGER PRIMARY KEY, x UNIQUE)"]).await;
    (directory, host)
}

impl Host {
    /// Runs a text with values that leave nothing behind until it is known to be brief.
    async fn know(&self, sql: &str, argument: Value) {
        for _ in 0..20 {
            let requests = json!([execute("BEGIN"), write(sql, &argument), execute("ROLLBACK"), { "type": "close" }]);
            self.pipeline(None, requests).await;
        }
    }

    /// Sends statements at the same time; the result or the error of each.
    async fn together(&self, statements: impl IntoIterator<Item = Value>) -> Vec<Value> {
        let answers = statements.into_iter().map(async |statement| self.pipeline(None, json!([statement])).await);
        let answers = join_all(answers).await;
        answers.into_iter().map(|answer| answer["results"][0].clone()).collect()
    }
}

/// How many commits there were.
fn commits(directory: &Path) -> u64 {
    let ledger = directory.join(format!("{DATABASE}.db-history/1.ledger"));
    std::fs::metadata(ledger).unwrap().len() / 16
}

fn result(outcome: &Value) -> &Value {
    assert_eq!(outcome["type"], "ok", "{outcome}");
    &outcome["response"]["result"]
}

/// Time stands still, so that the time of a group is not over early when the machine has much to do.
#[tokio::test(start_paused = true)]
async fn writes_that_come_together_share_commits_and_each_is_told_of_its_own() {
    let (directory, host) = host().await;
    host.know(INSERT, integer(0)).await;
    let (commits_before, rows_before) = (commits(directory.path()), host.usage().rows.written);
    let mut rows_written = 0;
    let rounds = 10;
    for round in 0..rounds {
        let values = (round * WRITERS)..((round + 1) * WRITERS);
        let outcomes = host.together(values.clone().map(|x| write(INSERT, &integer(x)))).await;
        for (x, outcome) in values.zip(&outcomes) {
            let result = result(outcome);
            let id = result["last_insert_rowid"].as_str().unwrap();
            assert_eq!(result["rows"], json!([[integer(id.parse().unwrap())]]));
            assert_eq!(result["affected_row_count"], 1);
            assert_eq!(host.value(&format!("SELECT x FROM t WHERE id = {id}")).await, integer(x));
            rows_written += result["rows_written"].as_u64().unwrap();
        }
    }
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(rounds * WRITERS));
    assert_eq!(host.usage().rows.written - rows_before, rows_written);
    // One for each round, and a few of those whose connection had to learn the text.
    assert!(commits(directory.path()) - commits_before < 2 * rounds.cast_unsigned());
}

#[tokio::test]
async fn a_stream_is_told_of_the_row_it_inserted_itself() {
    let (_directory, host) = host().await;
    host.know(INSERT, integer(0)).await;
    let open = join_all((0..WRITERS).map(async |_| host.pipeline(None, json!([])).await)).await;
    let inserted = open.iter().zip(0..).map(async |(open, x)| {
        let answer = host.pipeline(Some(baton(open)), json!([write(INSERT, &integer(x))])).await;
        host.pipeline(Some(baton(&answer)), json!([execute("SELECT x FROM t WHERE id = last_insert_rowid()")])).await
    });
    for (x, answer) in (0..).zip(join_all(inserted).await) {
        assert_eq!(result(&answer["results"][0])["rows"], json!([[integer(x)]]));
    }
}

#[tokio::test]
async fn a_write_that_fails_takes_nothing_of_the_others_back() {
    for insert in ["INSERT", "INSERT OR ROLLBACK", "INSERT OR FAIL"] {
        let (_directory, host) = host().await;
        let insert = format!("{insert} INTO t (x) VALUES (?)");
        host.know(&insert, integer(-1)).await;
        let outcomes = host.together((0..WRITERS).map(|x| write(&insert, &integer(x / 2)))).await;
        let failed: Vec<_> = outcomes.iter().filter(|outcome| outcome["type"] == "error").collect();
        assert_eq!(failed.len(), 10, "{insert}");
        assert!(
            failed.iter().all(|outcome| outcome["error"]["extended_code"] == "SQLITE_CONSTRAINT_UNIQUE"),
            "{failed:?}"
        );
        assert_eq!(host.value("SELECT count(*) FROM t").await, integer(10), "{insert}");
    }
}

#[tokio::test]
async fn a_write_is_not_saved_by_another_one_that_puts_it_right() {
    let (_directory, host) = host().await;
    host.run(&["CREATE TABLE child (x REFERENCES t (x) DEFERRABLE INITIALLY DEFERRED)"]).await;
    let (child, parent) = ("INSERT INTO child VALUES (?)", "INSERT INTO t (x) VALUES (?)");
    host.run(&["INSERT INTO t (x) VALUES (0)"]).await;
    host.know(child, integer(0)).await;
    host.know(parent, integer(1)).await;
    let writes = [write(parent, &integer(5)), write(child, &integer(7)), write(parent, &integer(7))];
    let outcomes = host.together(writes).await;
    assert_eq!(outcomes[1]["error"]["extended_code"], "SQLITE_CONSTRAINT_FOREIGNKEY", "{outcomes:?}");
    result(&outcomes[0]);
    result(&outcomes[2]);
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "0,5,7");
    assert_eq!(host.value("SELECT count(*) FROM child").await, integer(0));
}

#[tokio::test]
async fn a_write_that_does_not_fit_keeps_nobody_else_out() {
    let (_directory, host) = host().await;
    host.know(INSERT, integer(0)).await;
    host.plane.put(DatabaseRecord { size_limit: Some(64 * 1024), ..record() });
    let large = json!({ "type": "text", "value": "x".repeat(128 * 1024) });
    let outcomes = host.together([integer(1), large, integer(2)].iter().map(|x| write(INSERT, x))).await;
    assert_eq!(outcomes[1]["error"]["code"], "SQLITE_FULL", "{:?}", outcomes[1]);
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "1,2");
}

#[tokio::test]
async fn a_write_that_gives_back_much_gives_back_all_of_it() {
    let (_directory, host) = host().await;
    let returning = "INSERT INTO t (x) VALUES (?) RETURNING x";
    host.know(returning, integer(0)).await;
    let large = json!({ "type": "text", "value": "x".repeat(128 * 1024) });
    let outcomes = host.together([integer(1), large.clone(), integer(2)].iter().map(|x| write(returning, x))).await;
    let rows: Vec<_> = outcomes.iter().map(|outcome| &result(outcome)["rows"][0][0]).collect();
    assert_eq!(rows, [&integer(1), &large, &integer(2)]);
}

#[tokio::test]
async fn who_leads_may_go_away_and_the_others_write_without() {
    let (_directory, host) = host().await;
    // Its connection is of no use to others, who would have to learn the text on it.
    let open = host.pipeline(None, json!([execute("CREATE TEMP TABLE own (x)"), execute("BEGIN")])).await;
    host.know(INSERT, integer(0)).await;
    let open = host.pipeline(Some(baton(&open)), json!([execute("UPDATE t SET x = x")])).await;
    let mut waiting: Vec<_> = (0..WRITERS)
        .map(|x| {
            let host = host.clone();
            tokio::spawn(async move { host.together([write(INSERT, &integer(x))]).await })
        })
        .collect();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    for gone in [waiting.remove(0), waiting.remove(7)] {
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
    }
    assert!(waiting.iter().all(|waiting| !waiting.is_finished()));
    host.pipeline(Some(baton(&open)), json!([execute("COMMIT"), { "type": "close" }])).await;
    for waiting in waiting {
        result(&waiting.await.unwrap()[0]);
    }
    assert_eq!(host.value("SELECT group_concat(x) FROM (SELECT x FROM t ORDER BY x)").await["value"], {
        let left = (0..WRITERS).filter(|x| ![0, 8].contains(x));
        left.map(|x| x.to_string()).collect::<Vec<_>>().join(",")
    });
}

#[tokio::test]
async fn a_session_of_its_own_kind_writes_by_its_own_rules() {
    let (_directory, host) = host().await;
    host.run(&["CREATE TABLE child (x REFERENCES t (x))"]).await;
    let insert = "INSERT INTO child VALUES (?)";
    host.run(&["INSERT INTO t (x) VALUES (0)"]).await;
    host.know(insert, integer(0)).await;
    let lax = host.pipeline(None, json!([execute("PRAGMA foreign_keys = OFF")])).await;
    let lax = async { host.pipeline(Some(baton(&lax)), json!([write(insert, &integer(8))])).await };
    let (lax, strict) = tokio::join!(lax, host.together([0, 9].iter().map(|x| write(insert, &integer(*x)))));
    result(&lax["results"][0]);
    result(&strict[0]);
    assert_eq!(strict[1]["error"]["extended_code"], "SQLITE_CONSTRAINT_FOREIGNKEY");
    assert_eq!(host.value("SELECT group_concat(x) FROM child").await["value"], "8,0");
}

#[tokio::test]
async fn who_leads_and_fails_is_told_of_its_own_last_row_and_not_of_theirs() {
    let (_directory, host) = host().await;
    host.know(INSERT, integer(0)).await;
    let leading = host.pipeline(None, json!([write(INSERT, &integer(7))])).await;
    let lead = async { host.pipeline(Some(baton(&leading)), json!([write(INSERT, &integer(7))])).await };
    let (outcome, others) = tokio::join!(lead, host.together((8..20).map(|x| write(INSERT, &integer(x)))));
    assert_eq!(outcome["results"][0]["error"]["extended_code"], "SQLITE_CONSTRAINT_UNIQUE");
    assert!(others.iter().all(|outcome| outcome["type"] == "ok"), "{others:?}");
    let asked =
        host.pipeline(Some(baton(&outcome)), json!([execute("SELECT x FROM t WHERE id = last_insert_rowid()")]));
    assert_eq!(result(&asked.await["results"][0])["rows"], json!([[integer(7)]]));
}

#[tokio::test]
async fn a_stream_is_told_of_the_row_that_a_failing_write_has_left() {
    let (_directory, host) = host().await;
    let insert = "INSERT OR FAIL INTO t (x) VALUES (?), (-1)";
    host.know(insert, integer(0)).await;
    host.run(&["INSERT INTO t (x) VALUES (-1)"]).await;
    let open = join_all((0..WRITERS).map(async |_| host.pipeline(None, json!([])).await)).await;
    let inserted = open.iter().zip(0..).map(async |(open, x)| {
        let answer = host.pipeline(Some(baton(open)), json!([write(insert, &integer(x))])).await;
        assert_eq!(answer["results"][0]["error"]["extended_code"], "SQLITE_CONSTRAINT_UNIQUE");
        host.pipeline(Some(baton(&answer)), json!([execute("SELECT x FROM t WHERE id = last_insert_rowid()")])).await
    });
    for (x, answer) in (0..).zip(join_all(inserted).await) {
        assert_eq!(result(&answer["results"][0])["rows"], json!([[integer(x)]]));
    }
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_transaction_that_timed_out_does_not_slip_in_with_others() {
    let (_directory, host) = host().await;
    let lost = host.pipeline(None, json!([execute("BEGIN"), execute("INSERT INTO t (x) VALUES (-1)")])).await;
    host.know(INSERT, integer(0)).await;
    let rest = async { host.pipeline(Some(baton(&lost)), json!([write(INSERT, &integer(-2))])).await };
    let (before, rest, after) =
        tokio::join!(host.together([write(INSERT, &integer(1))]), rest, host.together([write(INSERT, &integer(2))]));
    assert_eq!(rest["results"][0]["error"]["code"], "TRANSACTION_TIMEOUT", "{rest}");
    result(&before[0]);
    result(&after[0]);
    assert_eq!(host.value("SELECT group_concat(x) FROM t").await["value"], "1,2");
}

/// Each transaction that is never ended takes five seconds of the queue, and nobody is late by chance.
#[tokio::test(start_paused = true)]
async fn who_waits_in_a_group_is_told_after_ten_seconds_that_the_database_is_locked() {
    let (_directory, host) = host().await;
    let first = host.pipeline(None, json!([execute("CREATE TEMP TABLE own (x)")])).await;
    host.know(INSERT, integer(0)).await;
    host.pipeline(Some(baton(&first)), json!([execute("BEGIN IMMEDIATE")])).await;
    pass(1).await;
    let behind = (0..2).map(async |_| host.pipeline(None, json!([execute("BEGIN IMMEDIATE")])).await);
    let writes = async {
        pass(1).await;
        let started = tokio::time::Instant::now();
        let outcomes = host.together((0..3).map(|x| write(INSERT, &integer(x)))).await;
        (outcomes, started.elapsed())
    };
    let (behind, (outcomes, waited)) = tokio::join!(join_all(behind), writes);
    assert!(behind.iter().all(|answer| answer["results"][0]["type"] == "ok"), "{behind:?}");
    assert!(outcomes.iter().all(|outcome| outcome["error"]["code"] == "SQLITE_BUSY"), "{outcomes:?}");
    assert_eq!(waited.as_secs(), 10, "{waited:?}");
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(0));
}

/// Sixteen clients write in every way there is, each a few dozen times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_once_whatever_else_was_written() {
    let (_directory, host) = host().await;
    host.run(&["CREATE TABLE sums (n)", "INSERT INTO sums VALUES (0)"]).await;
    let clients = (0..16).map(|client| {
        let host = host.clone();
        tokio::spawn(async move {
            let (mut inserted, mut added) = (0, 0);
            for round in 0..30 {
                let value = integer(client * 1000 + round);
                let statement = match (client + round) % 5 {
                    0 => write("INSERT OR ROLLBACK INTO t (x) VALUES (?)", &integer(round)),
                    1 => write("INSERT INTO t (x) VALUES (?), (-1)", &value),
                    2 => write("INSERT INTO t (x) VALUES (?)", &value),
                    3 => write("UPDATE sums SET n = n + ?", &integer(1)),
                    _ => sequence("BEGIN; UPDATE sums SET n = n + 1; COMMIT"),
                };
                let outcome = &host.pipeline(None, json!([statement, { "type": "close" }])).await["results"][0];
                let is_ok = i64::from(outcome["type"] == "ok");
                match (client + round) % 5 {
                    3 | 4 => added += is_ok,
                    1 => inserted += 2 * is_ok,
                    _ => inserted += is_ok,
                }
                if client == 7 && round % 10 == 0 {
                    host.run(&[&format!("CREATE TABLE t{round} (x)")]).await;
                }
            }
            (inserted, added)
        })
    });
    let (mut inserted, mut added) = (0, 0);
    for client in join_all(clients).await {
        let (rows, sum) = client.unwrap();
        inserted += rows;
        added += sum;
    }
    assert_eq!(added, 192);
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(inserted));
    assert_eq!(host.value("SELECT n FROM sums").await, integer(added));
    assert_eq!(host.value("PRAGMA integrity_check").await["value"], "ok");
}
