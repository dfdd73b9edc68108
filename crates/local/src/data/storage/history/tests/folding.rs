//! A base that cannot take in the log of its generation, because the disk fails halfway.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::data::storage::history::HistoryError;

/// A database with two generations that are over and one in use. Of the values it inserts, one in each minute, the first
/// two are of the first generation.
pub(super) fn three_generations() -> Database {
    let mut database = Database::new(Bounds { long_log: u32::MAX, ..Bounds::default() });
    for value in [1, 10, 100, 1000] {
        database.commit(&format!("INSERT INTO t VALUES ({value})"));
        // Old frames of the log would bring them back.
        database.commit("DELETE FROM pages");
        database.commit(PAGES);
        if [10, 100].contains(&value) {
            database.history.rotate(&mut database.writer);
        }
        database.history.clock.advance(Duration::from_secs(60));
    }
    assert_eq!(database.history.generation(), 3);
    database
}

impl Database {
    /// The sum after the commits of a minute.
    pub(super) fn sum_in_minute(&self, minute: u32) -> Result<i64, String> {
        let target = self.directory.path().join("restored.db");
        let at = format!("2026-06-01T12:0{minute}:30Z").parse().unwrap();
        self.history.restore(at, &target).map_err(|error| error.to_string())?;
        let sum = sum(&target);
        std::fs::remove_file(target).unwrap();
        Ok(sum)
    }
}

#[test]
fn a_fold_that_failed_halfway_makes_no_wrong_past_and_is_finished_when_the_past_is_wanted() {
    let mut database = three_generations();
    let in_the_way = InTheWay::of(database.path(1, Kind::Log));
    database.history.bounds.archived_bytes = 0;
    database.history.forget();
    assert!(!database.path(1, Kind::Base).exists(), "the fold has failed");
    for minute in 0..4 {
        let sum = database.sum_in_minute(minute);
        assert!(sum.is_err(), "minute {minute}: {sum:?}");
    }

    in_the_way.remove();
    assert!(database.sum_in_minute(0).unwrap_err().starts_with("the history of the database begins at"));
    assert_eq!([1, 2, 3].map(|minute| database.sum_in_minute(minute)), [Ok(11), Ok(111), Ok(1111)]);
}

#[test]
fn a_fold_that_failed_halfway_is_finished_by_the_next_one() {
    let mut database = three_generations();
    let in_the_way = InTheWay::of(database.path(1, Kind::Log));
    database.history.bounds.archived_bytes = 0;
    database.history.forget();
    in_the_way.remove();

    database.history.rotate(&mut database.writer);
    database.history.forget();
    assert_eq!((database.archived_bytes(), database.sum_in_minute(3)), (0, Ok(1111)));
}

#[test]
fn a_fold_that_keeps_failing_is_told_of_once_until_it_has_succeeded() {
    let mut database = three_generations();
    let path = database.directory.path().join("log");
    let log = Arc::new(File::create(&path).unwrap());
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    database.history.bounds.archived_bytes = 0;
    let told = || std::fs::read_to_string(&path).unwrap().matches("cannot be shortened: it grows until").count();

    let in_the_way = InTheWay::of(database.path(1, Kind::Log));
    for _ in 0..3 {
        database.history.rotate(&mut database.writer);
        database.history.forget();
    }
    assert_eq!(told(), 1);
    in_the_way.remove();
    database.history.forget();
    assert_eq!((database.archived_bytes(), told()), (0, 1));

    database.commit("INSERT INTO t VALUES (1)");
    database.history.rotate(&mut database.writer);
    let _in_the_way = InTheWay::of(database.path(database.history.generation(), Kind::Ledger));
    database.history.forget();
    assert_eq!(told(), 2);
}

#[test]
fn an_archive_that_could_not_be_deleted_is_no_part_of_the_past_and_ends_no_folding() {
    let mut database = three_generations();
    let [log, ledger] = [Kind::Log, Kind::Ledger].map(|kind| database.path(1, kind));
    let kept = [&log, &ledger].map(|path| std::fs::read(path).unwrap());
    let in_all = database.archived_bytes();
    database.history.bounds.archived_bytes = in_all - 1;
    database.history.forget();
    assert!(database.path(2, Kind::Base).exists() && !log.exists());
    std::fs::write(&log, &kept[0]).unwrap();
    std::fs::write(&ledger, &kept[1]).unwrap();

    assert!(database.sum_in_minute(0).unwrap_err().starts_with("the history of the database begins at"));
    database.history.bounds.archived_bytes = 0;
    database.history.rotate(&mut database.writer);
    database.history.forget();
    assert_eq!((database.archived_bytes(), log.exists()), (0, false));
    assert_eq!(database.sum_in_minute(3), Ok(1111));
}

#[test]
fn an_archive_without_a_sound_header_is_not_taken_for_one_that_is_empty() {
    let mut database = three_generations();
    let archive = database.path(1, Kind::Log);
    let mut bytes = std::fs::read(&archive).unwrap();
    bytes[8..12].fill(0xff);
    std::fs::write(archive, bytes).unwrap();
    database.sum_in_minute(2).unwrap_err();
    database.history.bounds.archived_bytes = 0;
    database.history.forget();
    database.sum_in_minute(2).unwrap_err();
}

#[test]
fn a_history_whose_generations_got_other_numbers_is_the_same_past() {
    let mut database = three_generations();
    database.history.renumber(500).unwrap();
    database.commit("INSERT INTO t VALUES (10000)");
    assert_eq!(database.history.generation(), 502);
    assert_eq!(
        [0, 1, 2, 3, 4].map(|minute| database.sum_in_minute(minute)),
        [Ok(1), Ok(11), Ok(111), Ok(1111), Ok(11111)]
    );
    assert!(matches!(database.history.export(3), Err(HistoryError::Gone { oldest: 500, .. })));
    database.history.renumber(500).unwrap();
    assert_eq!(database.history.newest_generation().unwrap(), Some(502), "they have these numbers");
}
