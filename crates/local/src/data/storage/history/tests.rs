//! What needs a history with bounds of its own, or a checkpoint at a moment that no request can choose.

mod copies;
mod damaged;
mod folding;
mod passing;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clock::Clock;
use crate::data::engine::{Durability, Engine, EngineConnection, Interrupter, Waiters};

use super::folder::Kind;
use super::{Bounds, History};

const PAGES: &str = "INSERT INTO pages VALUES (zeroblob(40000))";

struct Database {
    engine: Engine,
    history: History,
    writer: EngineConnection,
    directory: tempfile::TempDir,
}

impl Database {
    fn new(bounds: Bounds) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("x.db");
        let clock = Clock::frozen_at("2026-06-01T12:00:00Z".parse().unwrap());
        let mut history = History::new(&file, directory.path().join("history"), Arc::default(), &clock);
        history.bounds = bounds;
        let engine = Engine::new(file, Durability::Nothing, Waiters::default());
        let mut writer = engine.connect(Interrupter::default()).unwrap();
        history.open(&mut writer).unwrap();
        let mut database = Self { engine, history, writer, directory };
        database.commit("CREATE TABLE t (x)");
        database.commit("CREATE TABLE pages (x)");
        database
    }

    fn path(&self, generation: u32, kind: Kind) -> PathBuf {
        self.history.folder.path(generation, kind)
    }

    fn commit(&mut self, sql: &str) {
        run(&mut self.writer, sql);
        if self.history.enter(&mut self.writer) {
            self.history.rotate(&mut self.writer);
            self.history.forget();
        }
    }

    fn sum_at_present(&self) -> i64 {
        let target = self.directory.path().join("restored.db");
        self.history.restore(self.history.clock.now(), &target).unwrap();
        let sum = sum(&target);
        std::fs::remove_file(target).unwrap();
        sum
    }

    fn archived_bytes(&self) -> u64 {
        let archives = self.history.folder.generations(Kind::Log).unwrap();
        let paths: Vec<PathBuf> = archives.iter().map(|number| self.history.folder.path(*number, Kind::Log)).collect();
        paths.iter().map(|path| path.metadata().unwrap().len()).sum()
    }
}

/// Something in the way of a file, which is put aside, so that it cannot be read for a while.
struct InTheWay {
    file: PathBuf,
    aside: PathBuf,
}

impl InTheWay {
    fn of(file: PathBuf) -> Self {
        let aside = file.with_extension("aside");
        std::fs::rename(&file, &aside).unwrap();
        std::fs::create_dir(&file).unwrap();
        Self { file, aside }
    }

    fn remove(self) {
        std::fs::remove_dir(&self.file).unwrap();
        std::fs::rename(self.aside, self.file).unwrap();
    }
}

fn run(connection: &mut EngineConnection, sql: &str) {
    connection.execute_all(sql, &mut |_| Ok(())).unwrap();
}

fn sum(file: &Path) -> i64 {
    let database = rusqlite::Connection::open(file).unwrap();
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    database.query_row("SELECT ifnull(sum(x), 0) FROM t", [], |row| row.get(0)).unwrap()
}

#[test]
fn archives_beyond_the_bound_are_folded_away() {
    let mut database = Database::new(Bounds { long_log: 10, archived_bytes: 400_000 });
    for value in 1..=30 {
        database.commit(&format!("INSERT INTO t VALUES ({value})"));
        database.commit(PAGES);
        database.commit("DELETE FROM pages");
    }
    assert!(database.history.generation() > 20);
    assert!(database.archived_bytes() <= 400_000 && database.archived_bytes() > 200_000);
    assert_eq!(database.sum_at_present(), 465);
    let noon = database.history.clock.now();
    database.history.clock.set("2026-06-01T11:00:00Z".parse().unwrap());
    let before = database.history.restore(database.history.clock.now(), Path::new("nowhere"));
    let text = before.unwrap_err().to_string();
    assert_eq!(text, format!("the history of the database begins at {noon}"));
}

#[test]
fn a_log_that_is_read_to_its_end_is_not_begun_anew_unnoticed() {
    let mut database = Database::new(Bounds { long_log: u32::MAX, ..Bounds::default() });
    database.commit("INSERT INTO t VALUES (1)");
    let mut reader = database.engine.connect(Interrupter::default()).unwrap();
    run(&mut reader, "BEGIN; SELECT * FROM t");
    // All of the log goes into the file, and the reader keeps it from being emptied.
    database.history.rotate(&mut database.writer);
    run(&mut reader, "COMMIT");
    database.history.clock.advance(std::time::Duration::from_secs(60));
    for value in [10, 100] {
        database.commit(&format!("INSERT INTO t VALUES ({value})"));
        let (generation, frames) = database.history.at_present();
        let log = super::log::Log::open(&database.history.log).unwrap().unwrap();
        assert!(generation == 1 && log.frames().unwrap() >= frames, "the log goes on");
    }
    assert_eq!(database.sum_at_present(), 111);
    database.history.clock.set("2026-06-01T12:00:30Z".parse().unwrap());
    assert_eq!(database.sum_at_present(), 1);
    database.history.rotate(&mut database.writer);
    assert_eq!(database.history.at_present(), (2, 0));
    assert_eq!(database.sum_at_present(), 1);
}

#[test]
fn a_reader_that_stays_has_the_log_copied_ever_more_rarely() {
    let mut database = Database::new(Bounds { long_log: 10, ..Bounds::default() });
    let mut reader = database.engine.connect(Interrupter::default()).unwrap();
    run(&mut reader, "BEGIN; SELECT * FROM t");
    let (mut copied, mut attempts) = (0, 0);
    while database.history.at_present().1 < 2000 {
        run(&mut database.writer, "INSERT INTO t VALUES (1)");
        if database.history.enter(&mut database.writer) {
            copied += database.history.at_present().1;
            attempts += 1;
            database.history.rotate(&mut database.writer);
        }
    }
    assert!(attempts > 5 && copied < 6 * 2000, "{attempts} attempts copied {copied} frames");
    run(&mut reader, "COMMIT");
    let next = (0..1000).position(|_| {
        database.commit("INSERT INTO t VALUES (1)");
        database.history.generation() == 2
    });
    assert!(next.is_some(), "the generation ends when nobody is in the way");
}

#[test]
fn a_history_that_is_damaged_does_not_keep_its_database_from_having_one() {
    let mut database = Database::new(Bounds { long_log: 10, ..Bounds::default() });
    for value in [1, 10] {
        database.commit(&format!("INSERT INTO t VALUES ({value})"));
        database.commit(PAGES);
    }
    let place = database.directory.path().join("history");
    std::fs::rename(place.join("1.base"), place.join("1.folding")).unwrap();
    std::fs::write(place.join("1.log"), [0; 5000]).unwrap();
    let generation = database.history.generation();
    *database.history.live.lock() = None;
    database.history.open(&mut database.writer).unwrap();
    assert_eq!(database.history.generation(), generation + 1);
    assert_eq!(database.sum_at_present(), 11);
    database.commit("INSERT INTO t VALUES (100)");
    assert_eq!(database.sum_at_present(), 111);
}

#[test]
fn a_log_begun_anew_after_a_failure_ends_its_generation() {
    let mut database = Database::new(Bounds { long_log: u32::MAX, ..Bounds::default() });
    for value in [1, 10] {
        database.commit(&format!("INSERT INTO t VALUES ({value})"));
    }
    // As when the disk fails between the checkpoint and what follows it.
    let (generation, _) = database.history.at_present();
    std::fs::copy(&database.history.log, database.history.folder.path(generation, Kind::Log)).unwrap();
    std::fs::copy(&database.history.file, database.history.folder.path(generation, Kind::Base)).unwrap();
    assert!(database.writer.empty_log().unwrap());
    database.history.clock.advance(std::time::Duration::from_secs(60));
    database.commit("INSERT INTO t VALUES (100)");
    assert_eq!(database.history.generation(), 2);
    assert_eq!(database.sum_at_present(), 111);
    database.history.clock.set("2026-06-01T12:00:30Z".parse().unwrap());
    assert_eq!(database.sum_at_present(), 11);
}

#[test]
fn a_generation_whose_successor_could_not_begin_is_over_however_long_the_next_commit_is() {
    let mut database = Database::new(Bounds { long_log: u32::MAX, ..Bounds::default() });
    database.commit("INSERT INTO t VALUES (1)");
    database.history.clock.advance(std::time::Duration::from_secs(60));
    let in_the_way = database.history.folder.path(2, Kind::Ledger);
    std::fs::create_dir(&in_the_way).unwrap();
    database.history.rotate(&mut database.writer);
    std::fs::remove_dir(in_the_way).unwrap();
    assert!(!database.history.log.exists() || database.history.log.metadata().unwrap().len() == 0);

    let mut commits = database.history.commits();
    commits.mark_unchanged();
    database.commit("BEGIN; INSERT INTO t VALUES (10); INSERT INTO pages VALUES (zeroblob(100000)); COMMIT");
    assert!(commits.has_changed().unwrap(), "who waits for a commit is woken");
    assert_eq!(database.history.generation(), 2);
    assert_eq!(database.sum_at_present(), 11);
    database.history.clock.set("2026-06-01T12:00:30Z".parse().unwrap());
    assert_eq!(database.sum_at_present(), 1);
}

#[test]
fn an_archive_of_a_generation_that_did_not_end_is_not_taken_for_the_past() {
    let mut database = Database::new(Bounds { long_log: u32::MAX, archived_bytes: 0 });
    for value in [1, 10] {
        database.commit(&format!("INSERT INTO t VALUES ({value})"));
        database.commit(PAGES);
        database.commit("DELETE FROM pages");
        database.commit(PAGES);
    }
    // As when the disk is full after the log was archived and before the checkpoint.
    let folder = &database.history.folder;
    std::fs::copy(&database.history.file, folder.path(1, Kind::Base)).unwrap();
    std::fs::copy(&database.history.log, folder.path(1, Kind::Log)).unwrap();
    database.history.forget();
    assert_eq!(database.sum_at_present(), 11);
    database.history.clock.advance(std::time::Duration::from_secs(60));
    database.commit("INSERT INTO t VALUES (100)");
    database.history.rotate(&mut database.writer);
    assert_eq!(database.history.generation(), 2);
    database.history.clock.set("2026-06-01T12:00:30Z".parse().unwrap());
    assert_eq!(database.sum_at_present(), 11);
}
