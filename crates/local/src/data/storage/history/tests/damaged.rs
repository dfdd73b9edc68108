//! What another program or the disk has done to the files, which looks like a history and is none.

use super::*;
use crate::data::storage::history::log::Log;
use crate::data::storage::history::{Frames, HistoryError, PAGE_BYTES, ledger};

/// Begins the log anew with more frames than it had, as a program does that knows nothing of the history.
fn begin_log_anew(database: &mut Database) {
    let (_, frames) = database.history.at_present();
    assert!(database.writer.empty_log().unwrap());
    let sql = "BEGIN; INSERT INTO t VALUES (100); INSERT INTO pages VALUES (zeroblob(100000)); COMMIT";
    run(&mut database.writer, sql);
    assert!(Log::open(&database.history.log).unwrap().unwrap().frames().unwrap() > frames);
}

#[test]
fn a_log_begun_anew_that_is_as_long_as_before_is_not_taken_for_the_old_one() {
    for is_restarted in [true, false] {
        let mut database = Database::new(Bounds { long_log: u32::MAX, ..Bounds::default() });
        for value in [1, 10] {
            database.commit(&format!("INSERT INTO t VALUES ({value})"));
        }
        let before = database.history.view(None, None).unwrap().at();
        database.history.release();
        database.history.clock.advance(std::time::Duration::from_secs(60));
        begin_log_anew(&mut database);
        if is_restarted {
            *database.history.live.lock() = None;
        }
        assert!(!database.history.is_open());
        database.history.open(&mut database.writer).unwrap();
        assert_eq!(database.history.generation(), 2);
        let view = database.history.view(Some(before), None).unwrap();
        let (all, mut read) = (view.pages(), 0);
        view.read(
            |_| true,
            |_, _| {
                read += 1;
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(read, all, "the old commit is not known");
        assert_eq!(database.sum_at_present(), 111);
        database.history.clock.set("2026-06-01T12:00:30Z".parse().unwrap());
        let earlier = database.history.restore(database.history.clock.now(), Path::new("nowhere"));
        assert!(matches!(earlier, Err(HistoryError::TooEarly(_))), "{earlier:?}");
    }
}

#[test]
fn a_ledger_that_does_not_name_its_log_yet_is_gone_on_with_and_names_it() {
    let mut database = Database::new(Bounds { long_log: u32::MAX, ..Bounds::default() });
    database.commit("INSERT INTO t VALUES (1)");
    let ledger = database.path(1, Kind::Ledger);
    let named = ledger::read(&ledger).unwrap().salt;
    assert!(named.is_some());
    // The first record is the end of the generation before.
    let mut bytes = std::fs::read(&ledger).unwrap();
    bytes.drain(16..32);
    std::fs::write(&ledger, bytes).unwrap();
    assert_eq!(ledger::read(&ledger).unwrap().salt, None);

    *database.history.live.lock() = None;
    database.history.open(&mut database.writer).unwrap();
    assert_eq!((database.history.generation(), ledger::read(&ledger).unwrap().salt), (1, named));
    database.history.clock.advance(std::time::Duration::from_secs(60));
    database.commit("INSERT INTO t VALUES (10)");
    assert_eq!(database.sum_at_present(), 11);
    database.history.clock.set("2026-06-01T12:00:30Z".parse().unwrap());
    assert_eq!(database.sum_at_present(), 1);
}

#[test]
fn a_page_of_an_archive_that_is_damaged_is_an_error_and_not_the_past() {
    let mut database = Database::new(Bounds { long_log: u32::MAX, ..Bounds::default() });
    let first = database.history.view(None, None).unwrap().at();
    database.commit("INSERT INTO t VALUES (1)");
    database.commit(PAGES);
    database.history.rotate(&mut database.writer);
    database.commit("INSERT INTO t VALUES (10)");
    let archive = database.path(1, Kind::Log);
    let sound = std::fs::read(&archive).unwrap();
    let pages = (sound.len() - 32) / (24 + PAGE_BYTES);
    let now = database.history.clock.now();
    let target = database.directory.path().join("restored.db");
    for page in [0, pages / 2, pages - 1] {
        let mut damaged = sound.clone();
        damaged[32 + page * (24 + PAGE_BYTES) + 24 + 1000] ^= 1;
        std::fs::write(&archive, damaged).unwrap();
        let restored = database.history.restore(now, &target).unwrap_err();
        assert!(restored.to_string().contains("is damaged"), "{restored}");
        assert!(!target.exists());
        let frames = database.history.frames(1, 1, u32::MAX).unwrap_err();
        assert!(frames.to_string().contains("is damaged"), "{frames}");
    }
    // The page that is read last is the newest of its kind.
    let pulled = database.history.view(Some(first), None).unwrap().read(|_| true, |_, _| Ok(()));
    assert!(pulled.unwrap_err().to_string().contains("is damaged"));
    std::fs::write(&archive, sound).unwrap();
    assert_eq!(database.sum_at_present(), 11);
    assert!(matches!(database.history.frames(1, 1, u32::MAX), Ok(Frames::Some(_))));
}

#[test]
fn a_past_that_does_not_lead_to_the_present_any_more_is_moved_aside() {
    let damages: [fn(&Database); 3] = [
        |database| std::fs::remove_file(database.path(2, Kind::Log)).unwrap(),
        |database| std::fs::remove_file(database.path(1, Kind::Base)).unwrap(),
        // As a process of an older version left it that was killed while it gave the generations other numbers.
        |database| {
            for kind in [Kind::Ledger, Kind::Log] {
                let _is_of_the_one_in_use = std::fs::rename(database.path(3, kind), database.path(103, kind));
            }
        },
    ];
    for damage in damages {
        let mut database = Database::new(Bounds { long_log: u32::MAX, ..Bounds::default() });
        for value in [1, 10, 100] {
            database.commit(&format!("INSERT INTO t VALUES ({value})"));
            database.history.clock.advance(std::time::Duration::from_secs(60));
            if value < 100 {
                database.history.rotate(&mut database.writer);
            }
        }
        assert_eq!((database.history.generation(), database.sum_at_present()), (3, 111));
        database.history.release();
        damage(&database);
        *database.history.live.lock() = None;
        database.history.open(&mut database.writer).unwrap();
        assert_eq!(database.sum_at_present(), 111);
        assert!(database.history.folder.aside().path(1, Kind::Ledger).exists(), "what is left of it is kept");
        let now = database.history.clock.now();
        database.history.clock.set("2026-06-01T12:00:30Z".parse().unwrap());
        let earlier = database.history.restore(database.history.clock.now(), Path::new("nowhere"));
        assert!(matches!(earlier, Err(HistoryError::TooEarly(_))), "{earlier:?}");
        database.history.clock.set(now);
        database.commit("INSERT INTO t VALUES (1000)");
        database.history.rotate(&mut database.writer);
        database.history.forget();
        assert_eq!(database.sum_at_present(), 1111);
    }
}
