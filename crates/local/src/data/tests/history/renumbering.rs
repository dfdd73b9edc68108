//! What becomes of a history whose generations were being given other numbers when the process ended or the disk was full.

use super::files::{reopened, three_generations};
use super::*;

/// In the order in which they get their numbers; the note that they are to be 4 and up comes before all of them.
const FILES: [&str; 6] = ["3.ledger", "2.log", "2.ledger", "1.base", "1.log", "1.ledger"];

/// Leaves the history as it is after so many steps of that.
fn interrupt(history: &Path, steps: usize) {
    std::fs::write(history.join("4.renumbering"), "").unwrap();
    for name in &FILES[..steps] {
        let (number, kind) = name.split_once('.').unwrap();
        let number = number.parse::<u32>().unwrap() + 3;
        std::fs::rename(history.join(name), history.join(format!("{number}.{kind}"))).unwrap();
    }
}

async fn is_all_there(host: &Host, what: &str) {
    for (at, sum) in [("12:30", 1), ("13:30", 11), ("18:00", 111)] {
        assert_eq!(sum_at(host, &format!("2026-06-01T{at}:00Z")).await, integer(sum), "{what}, {at}");
    }
}

#[tokio::test]
async fn generations_that_were_being_renumbered_when_the_process_was_killed_are_renumbered_by_the_next() {
    for steps in 0..=FILES.len() {
        let directory = tempfile::tempdir().unwrap();
        three_generations(directory.path()).await;
        assert_eq!(files(directory.path()).len(), FILES.len());
        interrupt(&history(directory.path()), steps);
        let host = reopened(directory.path());
        assert_eq!(host.value("SELECT sum(x) FROM t").await, integer(111));
        assert_eq!(generation(&host).await, 6, "{steps} steps");
        is_all_there(&host, &format!("{steps} steps")).await;
        let renumbered = ["4.base", "4.ledger", "4.log", "5.ledger", "5.log", "6.ledger"];
        assert_eq!(files(directory.path()), renumbered, "{steps} steps");
    }
}

#[tokio::test]
async fn generations_that_were_half_renumbered_can_be_renumbered_again() {
    for steps in 0..=FILES.len() {
        let directory = tempfile::tempdir().unwrap();
        three_generations(directory.path()).await;
        interrupt(&history(directory.path()), steps);
        let host = reopened(directory.path());
        // As when it comes to another host.
        let host = Host { label: "moved-acme".to_owned(), ..host };
        host.plane.put(DatabaseRecord { label: host.label.clone(), ..record() });
        is_all_there(&host, &format!("{steps} steps")).await;
        assert!(generation(&host).await > 3, "{steps} steps");
    }
}
