//! What an export is held against.
#![expect(clippy::unwrap_used, reason = "a program that cannot be run fails its test")]

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{
    between::between,
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
