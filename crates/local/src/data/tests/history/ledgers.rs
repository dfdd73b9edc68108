//! What a time means where a ledger is damaged: what the database was, or an error, and nothing else.

use super::files::reopened;
use super::*;

const RECORD: usize = 16;

/// Two generations, with a commit in each minute.
async fn commit_by_the_minute(directory: &Path) {
    let host = kept(directory);
    host.run(&["CREATE TABLE t (x)", "CREATE TABLE pages (x)"]).await;
    for minute in 0..6 {
        host.clock.advance(Duration::from_secs(60));
        host.run(&[&format!("INSERT INTO t VALUES ({})", 10_i64.pow(minute))]).await;
        if minute == 2 {
            host.run(&[MANY_PAGES]).await;
        }
    }
    assert_eq!(generation(&host).await, 2);
}

/// Damages the record so many before the end.
fn damage(ledger: &Path, from_end: usize) {
    let mut bytes = std::fs::read(ledger).unwrap();
    let at = bytes.len() - from_end * RECORD + 9;
    bytes[at] ^= 1;
    std::fs::write(ledger, bytes).unwrap();
}

#[tokio::test]
async fn a_damaged_ledger_makes_no_other_past() {
    // The first ledger ends with the commits of the minutes 1, 2 and 3, and the pages; the second one with those of 4 to 6.
    let damages: [(&str, u32, Change, &[i64]); 11] = [
        ("it is missing", 1, |ledger| std::fs::remove_file(ledger).unwrap(), &[1, 2]),
        ("it is empty", 1, |ledger| truncate(ledger, 0), &[1, 2]),
        ("its end is missing", 1, |ledger| truncate(ledger, ledger.metadata().unwrap().len() - 48), &[1, 2]),
        ("its last record is damaged", 1, |ledger| damage(ledger, 1), &[]),
        ("the one of minute 3", 1, |ledger| damage(ledger, 2), &[2]),
        ("the one of minute 2", 1, |ledger| damage(ledger, 3), &[1, 2]),
        ("the one of minute 5", 2, |ledger| damage(ledger, 2), &[4, 5]),
        ("the newest", 2, |ledger| damage(ledger, 1), &[5, 6]),
        (
            "the end of the newest is missing",
            2,
            |ledger| truncate(ledger, ledger.metadata().unwrap().len() - 32),
            &[4, 5, 6],
        ),
        ("the newest is empty", 2, |ledger| truncate(ledger, 0), &[3, 4, 5, 6]),
        ("the newest is missing", 2, |ledger| std::fs::remove_file(ledger).unwrap(), &[3, 4, 5, 6]),
    ];
    for (what, generation, change, unknown) in damages {
        let directory = tempfile::tempdir().unwrap();
        commit_by_the_minute(directory.path()).await;
        change(&history(directory.path()).join(format!("{generation}.ledger")));
        let host = reopened(directory.path());
        assert_eq!(host.value("SELECT sum(x) FROM t").await, integer(111_111));
        for minute in 1..=6 {
            let restored = restore(&host, &format!("2026-06-01T12:0{minute}:30Z"));
            if unknown.contains(&minute) {
                assert!(matches!(restored, Err(HistoryError::Damaged(_))), "{what}, minute {minute}");
            } else {
                let sum = restored.unwrap().value("SELECT sum(x) FROM t").await;
                let expected = [1, 11, 111, 1111, 11_111, 111_111][usize::try_from(minute).unwrap() - 1];
                assert_eq!(sum, integer(expected), "{what}, minute {minute}");
            }
        }
        assert_eq!(sum_at(&host, "2026-06-01T18:00:00Z").await, integer(111_111), "{what}, now");
    }
}

#[tokio::test]
async fn a_generation_whose_ledger_is_damaged_is_kept_as_long_as_any() {
    let directory = tempfile::tempdir().unwrap();
    commit_by_the_minute(directory.path()).await;
    truncate(&history(directory.path()).join("1.ledger"), 2 * 16);
    let host = kept(directory.path());
    // A day after all that can be read of the first generation.
    host.clock.set(timestamp("2026-06-02T12:02:30Z"));
    host.run(&[MANY_PAGES]).await;
    assert_eq!(generation(&host).await, 3);
    assert!(files(directory.path()).contains(&"1.log".to_owned()));
}
