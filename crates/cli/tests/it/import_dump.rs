//! Dumps that would do harm, or do something else than they did where they were written.

use std::sync::mpsc;

use crate::{
    sql::served,
    stand_in::stand_in,
    support::{Ended, Served},
};

fn line(served: &Served, sql: &str) -> String {
    served.done(&["sql", "shop", sql, "-o", "name"]).trim().to_owned()
}

fn import(served: &Served, dump: &str) -> Ended {
    let file = served.write("a.sql", dump);
    served.run(&["import", "dump", &file, "--to", "shop", "--batch", "1"])
}

const NAMES: &str = "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)";

/// `sqlite3` writes `IF NOT EXISTS` where the name is within quotes.
#[test]
fn a_table_whose_name_is_within_quotes_keeps_its_counter_and_is_seen_to_be_there() {
    let served = served(&["shop"]);
    let dump = "BEGIN TRANSACTION;\nCREATE TABLE IF NOT EXISTS \"my t\" (id INTEGER PRIMARY KEY AUTOINCREMENT);\n\
                INSERT INTO \"my t\" VALUES(1);\nDELETE FROM sqlite_sequence;\n\
                INSERT INTO sqlite_sequence VALUES('my t',3);\nCOMMIT;\n";
    let ended = import(&served, dump);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(line(&served, "SELECT group_concat(name || seq) FROM sqlite_sequence"), "my t3");
    let ended = import(&served, dump);
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert!(ended.stderr.contains("table \"my t\", which line 2 makes, exists already"), "{}", ended.stderr);
}

#[test]
fn a_dump_that_takes_back_what_it_did_is_refused() {
    let served = served(&["shop"]);
    for (dump, said) in [
        (
            "CREATE TABLE t (a);\nBEGIN;\nINSERT INTO t VALUES (666);\nROLLBACK;\nINSERT INTO t VALUES (2);\n",
            "4: ROLLBACK",
        ),
        (
            "CREATE TABLE t (a);\nSAVEPOINT s;\nINSERT INTO t VALUES (666);\nROLLBACK TO s;\nRELEASE s;\n",
            "2: SAVEPOINT",
        ),
        ("CREATE TABLE t (a);\nrelease s;\n", "2: RELEASE"),
    ] {
        let ended = import(&served, dump);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(&format!("line {said} cannot be imported: ")), "{}", ended.stderr);
        assert_eq!(line(&served, NAMES), "");
    }
}

#[test]
fn a_dump_that_would_remove_or_rename_what_is_there_is_refused() {
    for (dump, said) in [
        ("DROP TABLE IF EXISTS X;\nCREATE TABLE IF NOT EXISTS x (b);\n", "table \"X\" is there, and line 1 removes it"),
        ("DROP TABLE x;\n", "table \"x\" is there, and line 1 removes it"),
        (
            "ALTER TABLE x RENAME TO x2;\nCREATE TABLE z1 (a);\nALTER TABLE z1 RENAME TO z2;\nDROP TABLE x2;\n",
            "table \"x\" is there, and line 1 changes it",
        ),
        ("alter table main.[x] drop column b;\n", "table \"x\" is there, and line 1 changes it"),
        ("CREATE TABLE y (a);\nDROP TABLE y;\nDROP VIEW v;\n", "view \"v\" is there, and line 3 removes it"),
    ] {
        let served = served(&["shop"]);
        let before = "CREATE TABLE x (a, b); INSERT INTO x VALUES (1, 'theirs'); CREATE VIEW v AS SELECT b FROM x";
        served.done(&["sql", "shop", before]);
        let ended = import(&served, &format!("{dump}INSERT INTO nosuch VALUES (1);\n"));
        assert_eq!(ended.code, Some(6), "{dump}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{dump}: {}", ended.stderr);
        assert_eq!(line(&served, "SELECT b FROM v"), "theirs", "{dump}");
        assert_eq!(line(&served, NAMES), "v,x", "{dump}");
    }
}

#[test]
fn what_a_dump_renamed_or_removed_itself_is_known_when_it_fails() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE x (a)"]);
    let dump = "DROP TABLE IF EXISTS t;\nCREATE TABLE t (a);\nALTER TABLE t RENAME COLUMN a TO b;\n\
                ALTER TABLE t RENAME TO \"u u\";\nCREATE TABLE t (a);\nDROP TABLE t;\nINSERT INTO x VALUES (7);\n";
    let ended = import(&served, &format!("{dump}INSERT INTO nosuch VALUES (1);\n"));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let said = "what it had made was removed again; what it did to tables that were there is kept";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert_eq!(line(&served, "SELECT group_concat(name) || (SELECT a FROM x) FROM sqlite_schema"), "x7");
    let ended = import(&served, dump);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(line(&served, NAMES), "u u,x");
}

/// A service keeps one that is left for some seconds, and has room for so many.
#[test]
fn a_question_that_a_database_refuses_leaves_no_stream_open() {
    const OPENED: &str = r#"{"baton":"one","base_url":null}"#;
    const NOTHING: &str = r#"{"type":"step_end","affected_row_count":0}"#;
    const REFUSED: &str = r#"{"type":"step_error","step":0,"error":{"message":"no","code":"SQLITE_AUTH"}}"#;

    let served = Served::new();
    let (sender, asked) = mpsc::channel();
    let url = stand_in(&served, move |path, body| {
        let _nobody_wants_to_know = sender.send(path.to_owned());
        let is_refused = String::from_utf8_lossy(body).contains("'shadow'");
        match path {
            "/v3/cursor" => (200, [OPENED, if is_refused { REFUSED } else { NOTHING }].join("\n").into_bytes()),
            _ => (200, br#"{"baton":null,"results":[]}"#.to_vec()),
        }
    });
    let file = served.write("a.sql", "CREATE TABLE t (a);\n");
    let ended = served.run(&["import", "dump", &file, "--to", &url]);
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    let asked: Vec<_> = asked.try_iter().collect();
    assert_eq!(asked, ["/v3/cursor", "/v3/pipeline", "/v3/cursor", "/v3/pipeline"], "{}", ended.stderr);
}

/// The note of an earlier import has more looked at before the first statement.
#[test]
fn a_database_that_was_created_is_removed_where_it_cannot_be_looked_at() {
    let served = served(&[]);
    let import = |dump: &str, flags: &[&str]| {
        let file = served.write("a.sql", dump);
        served.run(&[&["import", "dump", &file, "--to", "shop", "--create"], flags].concat())
    };
    let ended = import("CREATE TABLE t (a);\nINSERT INTO nosuch VALUES (1);\n", &["--keep"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    served.done(&["db", "delete", "shop", "--yes"]);

    served.cloud.faults().on_path("/v3/cursor").nth(2).reply(500);
    let ended = import("CREATE TABLE t (a);\n", &[]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("the database was removed again"), "{}", ended.stderr);
    assert_eq!(served.done(&["db", "list", "-o", "name"]), "");
}
