//! A base that cannot take in the log of its generation, because the disk fails halfway.

use std::time::Duration;

use super::*;

/// A database with two generations that are over and one in use. Of the values it inserts, one in each minute, the first
/// two are of the first generation.
fn three_generations() -> Database {
    let mut database = Database::new(Bounds { long_log: u32::MAX, ..Bounds::default() });
    for value in [1, 10, 100, 1000] {
        database.commit(&format!("INSERT INTO t VALUES ({value})"));
        // Old frames of the log would bring them back.
        database.commit("DELETE FROM pages");
        database.commit(PAGES);
        if [10, 100].contains(&value) {
            database.history.rotate(database.writer.as_mut());
        }
        database.history.clock.advance(Duration::from_secs(60));
    }
    assert_eq!(database.history.generation(), 3);
    database
}

/// Something in the way of the first archive, which is put aside.
struct InTheWay {
    log: PathBuf,
    aside: PathBuf,
}

impl InTheWay {
    fn of(database: &Database) -> Self {
        let log = database.path(1, Kind::Log);
        let aside = log.with_extension("aside");
        std::fs::rename(&log, &aside).unwrap();
        std::fs::create_dir(&log).unwrap();
        Self { log, aside }
    }

    fn remove(self) {
        std::fs::remove_dir(&self.log).unwrap();
        std::fs::rename(self.aside, self.log).unwrap();
    }
}

impl Database {
    fn path(&self, generation: u32, kind: Kind) -> PathBuf {
        self.history.place.path(generation, kind)
    }

    /// The sum after the commits of a minute.
    fn sum_in_minute(&self, minute: u32) -> Result<i64, String> {
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
    let in_the_way = InTheWay::of(&database);
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
    let in_the_way = InTheWay::of(&database);
    database.history.bounds.archived_bytes = 0;
    database.history.forget();
    in_the_way.remove();

    database.history.rotate(database.writer.as_mut());
    database.history.forget();
    assert_eq!((database.archived_bytes(), database.sum_in_minute(3)), (0, Ok(1111)));
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
    database.history.rotate(database.writer.as_mut());
    database.history.forget();
    assert_eq!((database.archived_bytes(), log.exists()), (0, false));
    assert_eq!(database.sum_in_minute(3), Ok(1111));
}
