//! What becomes of a database whose log lacks what was committed.

use super::files::{file, log, reopened, three_generations};
use super::*;

/// The header of a log, which frames follow.
const HEADER: u64 = 32;

const DAMAGES: [(&str, Change); 7] = [
    ("half of it is gone", |log| truncate(log, log.metadata().unwrap().len() / 2)),
    ("it was emptied", |log| truncate(log, 0)),
    ("it was taken away", |log| std::fs::remove_file(log).unwrap()),
    ("a page has another bit", |log| flip(log, HEADER + 24 + 500)),
    ("a frame has another salt", |log| flip(log, HEADER + 8)),
    ("its header has another salt", |log| flip(log, 16)),
    ("its header has another sum", |log| flip(log, 24)),
];

fn flip(path: &Path, at: u64) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[usize::try_from(at).unwrap()] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// Every file below a directory with what is in it, but for what the engine makes anew.
fn content(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut content = Vec::new();
    for name in names_in(directory) {
        let path = directory.join(&name);
        if path.is_dir() {
            content.extend(self::content(&path));
        } else if !name.ends_with("-shm") && !name.ends_with("-wal") {
            content.push((path.clone(), std::fs::read(path).unwrap()));
        }
    }
    content
}

/// Commits 111 in the first generation of a new database.
async fn new_database(directory: &Path) {
    let host = kept(directory);
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (111)"]).await;
}

async fn is_refused(host: &Host, damage: &str) {
    for sql in ["SELECT sum(x) FROM t", "CREATE TABLE IF NOT EXISTS t (x)"] {
        let error = host.error(sql).await;
        assert_eq!(error["code"], "SQLITE_CORRUPT", "{damage}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(&format!("{DATABASE}.db-wal lacks transactions")), "{damage}: {message}");
    }
    assert!(host.plane.copy(DATABASE, "copy").is_err(), "{damage}");
    assert!(restore(host, "2026-06-01T18:00:00Z").is_err(), "{damage}");
    assert_eq!(super::super::export::get(host, "/info").await.0, 500, "{damage}");
}

#[tokio::test]
async fn a_log_that_lacks_commits_is_asked_for_and_nothing_is_taken_for_all_there_was() {
    for is_new in [true, false] {
        for (damage, change) in DAMAGES {
            let directory = tempfile::tempdir().unwrap();
            if is_new {
                new_database(directory.path()).await;
            } else {
                three_generations(directory.path()).await;
            }
            let before = content(directory.path());
            let log = log(directory.path());
            let whole = std::fs::read(&log).unwrap();
            change(&log);

            let host = reopened(directory.path());
            is_refused(&host, damage).await;
            assert!(content(directory.path()) == before, "{damage}: no file has changed");

            std::fs::write(&log, whole).unwrap();
            assert_eq!(host.value("SELECT sum(x) FROM t").await, integer(111), "{damage}");
            if !is_new {
                assert_eq!(sum_at(&host, "2026-06-01T12:30:00Z").await, integer(1), "{damage}");
            }
        }
    }
}

#[tokio::test]
async fn a_database_can_go_on_without_what_its_log_lacks() {
    let directory = tempfile::tempdir().unwrap();
    three_generations(directory.path()).await;
    std::fs::remove_file(log(directory.path())).unwrap();
    let host = reopened(directory.path());
    is_refused(&host, "it was taken away").await;

    std::fs::rename(history(directory.path()), aside(directory.path())).unwrap();
    assert_eq!(host.value("SELECT sum(x) FROM t").await, integer(11));
    assert_eq!(generation(&host).await, 4, "no replica takes it for what was there before");
    assert!(matches!(restore(&host, "2026-06-01T12:30:00Z"), Err(HistoryError::TooEarly(_))));
    host.run(&["INSERT INTO t VALUES (1000)"]).await;
    assert_eq!(sum_at(&host, "2026-06-01T18:00:00Z").await, integer(1011));
}

#[tokio::test]
async fn a_database_that_lacks_commits_cannot_be_attached() {
    let directory = tempfile::tempdir().unwrap();
    new_database(directory.path()).await;
    std::fs::remove_file(log(directory.path())).unwrap();
    let host = reopened(directory.path());
    let database = host.plane.0.databases.read().in_service(DATABASE).unwrap();
    assert_eq!(database.existing_file().unwrap_err().code, "SQLITE_CORRUPT");
}

#[tokio::test]
async fn a_new_database_that_another_program_has_opened_has_all_its_rows() {
    let directory = tempfile::tempdir().unwrap();
    new_database(directory.path()).await;
    let other = rusqlite::Connection::open(file(directory.path())).unwrap();
    other.query_row("SELECT sum(x) FROM t", [], |_| Ok(())).unwrap();
    other.close().unwrap();
    let host = reopened(directory.path());
    assert_eq!(host.value("SELECT sum(x) FROM t").await, integer(111));
    assert_eq!(names_in(&aside(directory.path())), ["1.ledger"]);
}

#[tokio::test]
async fn of_the_histories_that_did_not_fit_a_database_the_last_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    new_database(directory.path()).await;
    for generation in 1..3 {
        rusqlite::Connection::open(file(directory.path())).unwrap().execute("DELETE FROM t", []).unwrap();
        reopened(directory.path()).run(&["INSERT INTO t VALUES (1)"]).await;
        assert_eq!(names_in(&aside(directory.path())), [format!("{generation}.ledger")]);
        assert_eq!(files(directory.path()), [format!("{}.ledger", generation + 1)]);
    }
}
