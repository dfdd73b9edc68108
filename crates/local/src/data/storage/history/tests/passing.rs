//! Files that cannot be read for a while.

use super::folding::three_generations;
use super::*;
use crate::data::storage::history::HistoryError;

impl Database {
    /// As the first connection of a process does.
    fn reopen(&mut self) -> Result<(), String> {
        *self.history.live.lock() = None;
        self.history.open(&mut self.writer).map_err(|error| error.to_string())
    }
}

#[test]
fn a_history_that_cannot_be_read_for_a_while_is_all_there_afterwards() {
    let mut database = three_generations();
    let in_the_way = InTheWay::of(database.path(3, Kind::Ledger));
    database.reopen().unwrap_err();
    database.commit("INSERT INTO t VALUES (10000)");
    database.history.rotate(&mut database.writer);
    assert!(!database.history.is_open(), "what is committed meanwhile does not make up for it");

    in_the_way.remove();
    database.history.open(&mut database.writer).unwrap();
    assert_eq!(database.history.generation(), 3);
    let sums = [0, 1, 2, 3, 4].map(|minute| database.sum_in_minute(minute));
    assert_eq!(sums, [Ok(1), Ok(11), Ok(111), Ok(1111), Ok(11111)]);
}

#[cfg(unix)]
#[test]
fn whatever_the_system_refuses_is_told_of_the_disk_and_damage_is_not() {
    // EIO, EACCES, ENFILE, EMFILE, ENOSPC, EROFS
    for code in [5, 13, 23, 24, 28, 30] {
        let error = std::io::Error::from_raw_os_error(code);
        assert!(HistoryError::File(error).is_of_disk(), "{code}");
    }
    let quota = std::io::Error::from(std::io::ErrorKind::QuotaExceeded);
    assert!(HistoryError::File(quota).is_of_disk());
    let damage = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    assert!(!HistoryError::File(damage).is_of_disk());
}

#[test]
fn a_commit_finds_the_history_that_could_not_be_read_before() {
    let mut database = three_generations();
    let in_the_way = InTheWay::of(database.path(3, Kind::Ledger));
    database.reopen().unwrap_err();
    in_the_way.remove();
    database.commit("INSERT INTO t VALUES (10000)");
    assert!(database.history.is_open());
    assert_eq!([3, 4].map(|minute| database.sum_in_minute(minute)), [Ok(1111), Ok(11111)]);
}

#[test]
fn a_fold_that_cannot_be_finished_yet_does_not_keep_a_generation_from_going_on() {
    let mut database = three_generations();
    let in_the_way = InTheWay::of(database.path(1, Kind::Log));
    database.history.bounds.archived_bytes = 0;
    database.history.forget();
    database.reopen().unwrap();
    assert_eq!(database.history.generation(), 3);
    database.history.rotate(&mut database.writer);
    database.reopen().unwrap();
    assert_eq!(database.history.generation(), 4);
    database.sum_in_minute(3).unwrap_err();

    in_the_way.remove();
    assert_eq!([1, 2, 3].map(|minute| database.sum_in_minute(minute)), [Ok(11), Ok(111), Ok(1111)]);
}
