mod files;
mod lacking;
mod ledgers;
mod renumbering;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::{DATABASE, Host, Subject, TokenClaims, baton, claims, execute, integer, mint, record, seed, timestamp};
use crate::data::{DatabaseRecord, HistoryError};

/// Fills the log so far that it is archived with the next commit at the latest.
pub(super) const MANY_PAGES: &str = "INSERT INTO pages WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                                     LIMIT 2100) SELECT randomblob(4000) FROM n";

fn kept(directory: &Path) -> Host {
    Host::in_directory(directory)
}

fn history(directory: &Path) -> PathBuf {
    directory.join(format!("{DATABASE}.db-history"))
}

/// Where a history is kept that did not fit its database any more.
fn aside(directory: &Path) -> PathBuf {
    directory.join(format!("{DATABASE}.db-history.damaged"))
}

fn files(directory: &Path) -> Vec<String> {
    names_in(&history(directory))
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn generation(host: &Host) -> u64 {
    let (status, text) = super::export::get(host, "/info").await;
    assert_eq!(status, 200);
    serde_json::from_slice::<Value>(&text).unwrap()["current_generation"].as_u64().unwrap()
}

/// What the database was at a time, as a database of its own.
fn restore(host: &Host, at: &str) -> Result<Host, HistoryError> {
    let id = format!("{:032x}", fastrand::u128(..));
    host.plane.copy_at(DATABASE, &id, timestamp(at))?;
    host.plane.put(DatabaseRecord { id: id.clone(), label: id.clone(), ..record() });
    let claims = TokenClaims { subject: Subject::Database { id: id.clone() }, ..claims(&host.clock) };
    Ok(Host { label: id, token: mint(&claims, &seed()).unwrap(), ..host.clone() })
}

async fn sum_at(host: &Host, at: &str) -> Value {
    let restored = restore(host, at).unwrap();
    assert_eq!(restored.value("PRAGMA integrity_check").await["value"], "ok");
    assert_eq!(restored.value("PRAGMA journal_mode").await["value"], "wal");
    restored.value("SELECT sum(x) FROM t").await
}

/// Commits 1, 10, 100, 1000.. an hour apart from 12:00 on, with a generation's end in between.
async fn commit_hourly(host: &Host, hours: u32) {
    host.run(&["CREATE TABLE t (x)", "CREATE TABLE pages (x)"]).await;
    for hour in 0..hours {
        host.run(&[&format!("INSERT INTO t VALUES ({})", 10_u64.pow(hour)), MANY_PAGES]).await;
        host.clock.advance(Duration::from_secs(3600));
    }
}

#[tokio::test]
async fn each_of_three_commits_can_be_found_again_by_its_time() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    for value in [1, 10, 100] {
        host.clock.advance(Duration::from_secs(60));
        host.run(&[&format!("INSERT INTO t VALUES ({value})")]).await;
    }
    for (at, sum) in [("12:01:00", 1), ("12:01:59", 1), ("12:02:00", 11), ("12:03:00", 111), ("23:59:00", 111)] {
        assert_eq!(sum_at(&host, &format!("2026-06-01T{at}Z")).await, integer(sum), "{at}");
    }
    let empty = restore(&host, "2026-06-01T11:00:00Z").unwrap();
    assert_eq!(empty.value("SELECT count(*) FROM sqlite_schema").await, integer(0));
    assert_eq!(host.value("SELECT sum(x) FROM t").await, integer(111), "the original has not changed");
}

#[tokio::test]
async fn a_time_that_the_clock_has_shown_twice_is_the_second_one() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    for (at, value) in [("13:00", 1), ("15:00", 10), ("11:00", 100), ("12:30", 1000)] {
        host.clock.set(timestamp(&format!("2026-06-01T{at}:00Z")));
        host.run(&[&format!("INSERT INTO t VALUES ({value})")]).await;
    }
    for (at, sum) in [("11:30", 111), ("12:30", 1111), ("14:00", 1111), ("16:00", 1111)] {
        assert_eq!(sum_at(&host, &format!("2026-06-01T{at}:00Z")).await, integer(sum), "{at}");
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_shows_the_past_until_the_next_commit() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    for (at, value) in [("13:00", 1), ("15:00", 10)] {
        host.clock.set(timestamp(&format!("2026-06-01T{at}:00Z")));
        host.run(&[&format!("INSERT INTO t VALUES ({value})")]).await;
    }
    host.clock.set(timestamp("2026-06-01T14:00:00Z"));
    assert_eq!(sum_at(&host, "2026-06-01T14:00:00Z").await, integer(1));
    host.run(&["INSERT INTO t VALUES (100)"]).await;
    assert_eq!(sum_at(&host, "2026-06-01T14:00:00Z").await, integer(111));
}

/// `OR FAIL` keeps and commits what came before the failure, and so does an answer that is too large to be given.
#[tokio::test]
async fn what_a_failing_statement_has_committed_is_a_commit_like_any_other() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x UNIQUE)", "CREATE TABLE large (x)"]).await;
    let fill = "INSERT INTO large WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 12) \
                SELECT zeroblob(1000000) FROM n RETURNING x";
    let minute = Duration::from_secs(60);
    for (failing, code, sum) in [
        ("INSERT OR FAIL INTO t VALUES (1), (2), (1)", "SQLITE_CONSTRAINT", 3),
        ("INSERT INTO t VALUES (10) RETURNING zeroblob(12000000)", "RESPONSE_TOO_LARGE", 113),
        (fill, "RESPONSE_TOO_LARGE", 213),
    ] {
        // A session of its own, so that its connection does nothing else in between.
        let own = host.pipeline(None, json!([execute("CREATE TEMP TABLE own (x)")])).await;
        host.clock.advance(minute);
        let mut commits = host.plane.0.databases.read().in_service(DATABASE).unwrap().commits();
        let failed = host.pipeline(Some(baton(&own)), json!([execute(failing)])).await;
        assert_eq!(failed["results"][0]["error"]["code"], code, "{failed}");
        assert!(commits.has_changed().unwrap(), "who waits for a commit is told of it");
        commits.mark_unchanged();
        let at = host.clock.now().to_string();
        host.clock.advance(minute);
        host.run(&["INSERT INTO t VALUES (100 + (SELECT count(*) FROM t) * 0.0001)"]).await;
        host.pipeline(Some(baton(&failed)), json!([execute("SELECT 1"), { "type": "close" }])).await;
        let restored = restore(&host, &at).unwrap();
        assert_eq!(restored.value("SELECT CAST(sum(x) AS INTEGER) FROM t").await, integer(sum), "{failing}");
    }
    assert!(restore(&host, "2026-06-01T12:00:30Z").is_ok(), "the past is all there");
}

#[tokio::test]
async fn what_was_restored_begins_a_history_of_its_own() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"]).await;
    let restored = restore(&host, "2026-06-01T12:00:00Z").unwrap();
    assert_eq!(generation(&restored).await, 1);
    restored.run(&["INSERT INTO t VALUES (10)"]).await;
    assert_eq!(restored.value("SELECT sum(x) FROM t").await, integer(11));
    assert_eq!(sum_at(&host, "2026-06-01T12:00:00Z").await, integer(1));
}

#[tokio::test]
async fn commits_are_found_across_generations_and_across_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let host = kept(directory.path());
    commit_hourly(&host, 4).await;
    assert_eq!(generation(&host).await, 5);
    let expected = [("12:30", 1), ("13:00", 11), ("14:59", 111), ("15:00", 1111), ("20:00", 1111)];
    for (at, sum) in expected {
        assert_eq!(sum_at(&host, &format!("2026-06-01T{at}:00Z")).await, integer(sum), "{at}");
    }
    drop(host);
    let host = kept(directory.path());
    assert_eq!(generation(&host).await, 5);
    for (at, sum) in expected {
        assert_eq!(sum_at(&host, &format!("2026-06-01T{at}:00Z")).await, integer(sum), "{at} after a restart");
    }
}

#[tokio::test]
async fn what_is_older_than_a_day_is_folded_away_and_the_last_day_stays() {
    let directory = tempfile::tempdir().unwrap();
    let host = kept(directory.path());
    commit_hourly(&host, 3).await;
    assert!(files(directory.path()).contains(&"1.base".to_owned()));
    // At 13:30 of the next day, the commits of 12:00 and 13:00 are out of reach and that of 14:00 is not.
    host.clock.set(timestamp("2026-06-02T13:30:00Z"));
    host.run(&[MANY_PAGES]).await;
    assert_eq!(generation(&host).await, 5);
    assert_eq!(files(directory.path()), ["3.base", "3.ledger", "3.log", "4.ledger", "4.log", "5.ledger"]);
    assert_eq!(sum_at(&host, "2026-06-01T14:00:00Z").await, integer(111));
    assert_eq!(sum_at(&host, "2026-06-01T13:30:00Z").await, integer(11));
    match restore(&host, "2026-06-01T12:30:00Z") {
        Err(HistoryError::TooEarly(earliest)) => assert_eq!(earliest, timestamp("2026-06-01T13:00:00Z")),
        other => panic!("{:?}", other.err()),
    }
}

#[tokio::test]
async fn a_reader_in_the_way_puts_the_end_of_a_generation_off() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "CREATE TABLE pages (x)", "INSERT INTO t VALUES (1)"]).await;
    let reading = host.pipeline(None, json!([execute("BEGIN"), execute("SELECT sum(x) FROM t")])).await;
    host.clock.advance(Duration::from_secs(60));
    host.run(&[MANY_PAGES, "INSERT INTO t VALUES (10)", MANY_PAGES]).await;
    assert_eq!(generation(&host).await, 1);
    assert_eq!(sum_at(&host, "2026-06-01T12:00:30Z").await, integer(1));
    assert_eq!(sum_at(&host, "2026-06-01T12:01:00Z").await, integer(11));
    let again = host.pipeline(Some(baton(&reading)), json!([execute("SELECT sum(x) FROM t")])).await;
    assert_eq!(again["results"][0]["response"]["result"]["rows"][0][0], integer(1));
    let body = json!([execute("COMMIT"), { "type": "close" }]);
    host.pipeline(Some(baton(&again)), body).await;
    host.clock.advance(Duration::from_secs(60));
    host.run(&["INSERT INTO t VALUES (100)", MANY_PAGES, "INSERT INTO t VALUES (1000)"]).await;
    assert_eq!(generation(&host).await, 2);
    assert_eq!(sum_at(&host, "2026-06-01T12:00:30Z").await, integer(1));
    assert_eq!(sum_at(&host, "2026-06-01T12:01:30Z").await, integer(11));
    assert_eq!(sum_at(&host, "2026-06-01T12:02:00Z").await, integer(1111));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_while_writers_go_on_has_whole_transactions() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)", "CREATE TABLE pages (x)", "INSERT INTO t VALUES (1), (-1)"]).await;
    let writer = {
        let host = host.clone();
        tokio::spawn(async move {
            for value in 0..40 {
                let pair = format!("INSERT INTO t VALUES ({value}), (-{value})");
                host.run(&["BEGIN IMMEDIATE", &pair, MANY_PAGES, "COMMIT"]).await;
            }
        })
    };
    for _ in 0..8 {
        let source = host.clone();
        let restored = tokio::task::spawn_blocking(move || restore(&source, "2026-06-01T12:00:00Z").unwrap());
        let restored = restored.await.unwrap();
        assert_eq!(restored.value("SELECT sum(x) FROM t").await, integer(0));
        assert_eq!(restored.value("PRAGMA integrity_check").await["value"], "ok");
    }
    writer.await.unwrap();
    assert_eq!(host.value("SELECT count(*) FROM t").await, integer(82));
    assert!(generation(&host).await > 1);
}

type Change = fn(&Path);

/// Every state that a process killed between two steps leaves behind, made by hand.
#[tokio::test]
async fn a_process_killed_at_any_step_leaves_a_history_that_can_be_used() {
    let steps: [(&str, Change); 6] = [
        ("half a record", |place| append(&place.join("4.ledger"), &[7; 5])),
        ("no record of the newest commit", |place| truncate(&place.join("4.ledger"), 16)),
        ("an incomplete file", |place| std::fs::write(place.join("0.temporary"), "x").unwrap()),
        ("the log archived and not emptied", |place| {
            let log = place.with_file_name(format!("{DATABASE}.db-wal"));
            std::fs::copy(log, place.join("4.log")).unwrap();
        }),
        ("the log emptied and the next ledger not begun", |place| {
            std::fs::remove_file(place.join("4.ledger")).unwrap();
        }),
        ("a fold begun", |place| std::fs::rename(place.join("1.base"), place.join("1.folding")).unwrap()),
    ];
    for (step, change) in steps {
        let directory = tempfile::tempdir().unwrap();
        let host = kept(directory.path());
        commit_hourly(&host, 3).await;
        host.run(&["INSERT INTO t VALUES (1000)"]).await;
        drop(host);
        change(&history(directory.path()));
        let host = kept(directory.path());
        host.clock.set(timestamp("2026-06-01T15:00:00Z"));
        assert_eq!(host.value("SELECT sum(x) FROM t").await, integer(1111), "{step}");
        assert_eq!(generation(&host).await, 4, "{step}");
        for (at, sum) in [("13:30", 11), ("14:30", 111), ("15:00", 1111)] {
            assert_eq!(sum_at(&host, &format!("2026-06-01T{at}:00Z")).await, integer(sum), "{step}, {at}");
        }
        host.run(&["INSERT INTO t VALUES (10000)", MANY_PAGES]).await;
        assert_eq!(generation(&host).await, 5, "{step}");
        assert_eq!(sum_at(&host, "2026-06-01T14:30:00Z").await, integer(111), "{step}, one generation on");
        let left = files(directory.path());
        assert!(!left.iter().any(|name| name.ends_with("temporary") || name.ends_with("folding")), "{step}: {left:?}");
    }
}

#[tokio::test]
async fn a_removed_database_takes_its_history_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let host = kept(directory.path());
    commit_hourly(&host, 1).await;
    assert!(history(directory.path()).exists());
    std::fs::create_dir(aside(directory.path())).unwrap();
    host.plane.remove(DATABASE);
    assert_eq!(names_in(directory.path()), Vec::<String>::new());
}

#[tokio::test]
async fn no_client_empties_the_log() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    for sql in ["PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA wal_autocheckpoint = 1"] {
        assert_eq!(host.error(sql).await["code"], "SQLITE_AUTH", "{sql}");
    }
}

fn append(path: &Path, bytes: &[u8]) {
    let mut content = std::fs::read(path).unwrap();
    content.extend_from_slice(bytes);
    std::fs::write(path, content).unwrap();
}

fn truncate(path: &Path, length: u64) {
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
}
