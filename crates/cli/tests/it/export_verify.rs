//! What an export is held against.
#![expect(clippy::unwrap_used, reason = "a program that cannot be run fails its test")]

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::{
    between::between,
    import_sqlite::file,
    sql::served,
    support::{Ended, Served, text},
};

fn three_rows() -> Served {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)"]);
    served
}

/// An export of three rows, of which only one is there while the database is exported.
fn export_of_one_row(served: &Served) -> Ended {
    let was_exported = AtomicBool::new(false);
    let url = between(served, move |path| {
        if path.ends_with("/dump") {
            was_exported.store(true, Ordering::SeqCst);
            return Some("DELETE FROM t WHERE a > 1");
        }
        was_exported.swap(false, Ordering::SeqCst).then_some("INSERT INTO t VALUES (2), (3)")
    });
    let file = text(&served.folder.path().join("shop.sql"));
    let mut command = served.command(&["export", &url, "--out", &file, "--format", "dump", "--verify", "-o", "json"]);
    let ended = Ended::of(command.env("TURSO_AUTH_TOKEN", served.access("shop").1).output().unwrap());
    assert!(!served.folder.path().join("shop.sql").exists());
    ended
}

#[test]
fn an_export_of_other_rows_than_the_database_has_is_not_verified() {
    let ended = export_of_one_row(&three_rows());
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    let said = "table \"t\": 1 rows were exported, and the database has 3: nothing was written";
    assert!(ended.error()["message"].as_str().is_some_and(|message| message.ends_with(said)), "{}", ended.stderr);
}

#[test]
fn an_export_that_cannot_be_compared_is_not_verified() {
    // The tables are listed and counted before the export, and again after it.
    for nth in [3, 4] {
        let served = three_rows();
        let fault = served.cloud.faults().on_path("/v3/cursor").nth(nth).error("out of order").reply(500);
        let ended = export_of_one_row(&served);
        assert_eq!((ended.code, fault.count()), (Some(1), 1), "{}", ended.stderr);
        assert!(ended.stderr.contains("out of order"), "{}", ended.stderr);
    }
}

#[test]
fn indexes_and_rules_may_call_what_the_database_can_call() {
    let served = served(&["shop"]);
    let schema = "CREATE TABLE t (a TEXT COLLATE text_nocase CHECK (text_length(a) < 9)); CREATE INDEX i ON t (text_lower(a));\
                  INSERT INTO t VALUES ('Größe')";
    served.done(&["sql", "shop", schema]);
    let file = text(&served.folder.path().join("shop.db"));
    served.done(&["export", "shop", "--out", &file, "--verify"]);
    served.done(&["import", "sqlite", &file, "--to", "again", "--create"]);
}

#[test]
fn a_dump_that_would_leave_its_database_is_not_verified() {
    let served = Served::new();
    let elsewhere = text(&served.folder.path().join("elsewhere.db"));
    let texts = [
        (format!("SELECT 1; COMMIT; ATTACH '{elsewhere}' AS e; CREATE TABLE e.t (a); BEGIN"), "attached databases"),
        (format!("SELECT 1; COMMIT; VACUUM INTO '{elsewhere}'; BEGIN"), "attached databases"),
        (format!("SELECT 1;\n.open {elsewhere}\nSELECT 2"), "is a command of the sqlite3 shell"),
    ];
    for (at, (view, said)) in texts.into_iter().enumerate() {
        let (file, handle) =
            file(&served, &format!("{at}.db"), "PRAGMA journal_mode = WAL; PRAGMA writable_schema = ON");
        let schema = "INSERT INTO sqlite_schema VALUES ('view', 'v', 'v', 0, ?1)";
        handle.execute(schema, [format!("CREATE VIEW v AS {view}")]).unwrap();
        drop(handle);
        let name = format!("shop{at}");
        served.done(&["db", "create", &name, "--from-file", &file]);
        let dump = text(&served.folder.path().join(format!("{at}.sql")));
        let ended = served.run(&["export", &name, "--out", &dump, "--format", "dump", "--verify"]);
        assert_eq!(ended.code, Some(3), "{view}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{view}: {}", ended.stderr);
        assert!([&elsewhere, &dump].iter().all(|path| !Path::new(path).exists()), "{view}");
    }
}
