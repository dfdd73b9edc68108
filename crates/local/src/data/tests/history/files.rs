//! What becomes of a history when somebody else has had a hand in its files.

use super::*;

/// Commits 1 and 10 in generations that are over, and 100 in the one in use.
pub(super) async fn three_generations(directory: &Path) {
    let host = kept(directory);
    commit_hourly(&host, 2).await;
    host.run(&["INSERT INTO t VALUES (100)"]).await;
}

pub(super) fn reopened(directory: &Path) -> Host {
    let host = kept(directory);
    host.clock.set(timestamp("2026-06-01T18:00:00Z"));
    host
}

pub(super) fn file(directory: &Path) -> PathBuf {
    directory.join(format!("{DATABASE}.db"))
}

pub(super) fn log(directory: &Path) -> PathBuf {
    directory.join(format!("{DATABASE}.db-wal"))
}

#[tokio::test]
async fn a_history_whose_log_another_program_has_emptied_begins_anew_with_all_there_is() {
    let directory = tempfile::tempdir().unwrap();
    three_generations(directory.path()).await;
    let before = files(directory.path());
    let other = rusqlite::Connection::open(file(directory.path())).unwrap();
    other.execute("INSERT INTO t VALUES (1000)", []).unwrap();
    // The last one that closes a database writes its log into it.
    other.close().unwrap();
    let host = reopened(directory.path());
    assert_eq!(generation(&host).await, 4);
    assert!(matches!(restore(&host, "2026-06-01T12:30:00Z"), Err(HistoryError::TooEarly(_))));
    assert_eq!(sum_at(&host, "2026-06-01T18:00:00Z").await, integer(1111));
    assert_eq!(names_in(&aside(directory.path())), before, "what it was is kept");
}

#[tokio::test]
async fn a_database_whose_history_cannot_be_read_for_a_while_is_used_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    three_generations(directory.path()).await;
    let ledger = history(directory.path()).join("3.ledger");
    let aside = ledger.with_extension("aside");
    std::fs::rename(&ledger, &aside).unwrap();
    std::fs::create_dir(&ledger).unwrap();

    let host = reopened(directory.path());
    host.run(&["INSERT INTO t VALUES (1000)"]).await;
    assert_eq!(super::super::export::get(&host, "/info").await.0, 500);
    assert!(matches!(restore(&host, "2026-06-01T12:30:00Z"), Err(HistoryError::File(_))));

    std::fs::remove_dir(&ledger).unwrap();
    std::fs::rename(aside, ledger).unwrap();
    for (at, sum) in [("12:30", 1), ("13:30", 11), ("17:59", 111), ("18:00", 1111)] {
        assert_eq!(sum_at(&host, &format!("2026-06-01T{at}:00Z")).await, integer(sum), "{at}");
    }
    assert_eq!(generation(&host).await, 3);
}

#[tokio::test]
async fn a_file_that_was_emptied_is_not_taken_for_a_new_database() {
    for has_history in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        three_generations(directory.path()).await;
        let (file, log) = (file(directory.path()), log(directory.path()));
        if !has_history {
            std::fs::remove_dir_all(history(directory.path())).unwrap();
        }
        let whole = std::fs::read(&file).unwrap();
        let frames = std::fs::read(&log).unwrap();
        truncate(&file, 0);

        let host = reopened(directory.path());
        for sql in ["SELECT sum(x) FROM t", "CREATE TABLE t (x)"] {
            let error = host.error(sql).await;
            assert_eq!(error["code"], "SQLITE_CANTOPEN", "{error}");
            assert!(error["message"].as_str().unwrap().contains("put it back"), "{error}");
        }
        assert!(host.plane.copy(DATABASE, "copy").is_err());
        assert!(restore(&host, "2026-06-01T12:30:00Z").is_err());
        assert!(std::fs::read(&log).unwrap() == frames, "the log stays as it is");

        std::fs::write(&file, whole).unwrap();
        assert_eq!(host.value("SELECT sum(x) FROM t").await, integer(111));
        if has_history {
            assert_eq!(sum_at(&host, "2026-06-01T12:30:00Z").await, integer(1));
        }
    }
}

#[tokio::test]
async fn a_file_whose_creation_was_cut_short_is_a_new_database() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(file(directory.path()), "").unwrap();
    std::fs::write(log(directory.path()), "").unwrap();
    let host = kept(directory.path());
    host.run(&["CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"]).await;
    assert_eq!(host.value("SELECT sum(x) FROM t").await, integer(1));
}
