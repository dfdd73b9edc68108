//! Runs whose reader has had enough, as `head` does.

#![expect(clippy::unwrap_used, reason = "a program that cannot be run fails its test")]

use crate::{
    sql::served,
    support::{Ended, Served},
};

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

/// Nobody reads from the beginning on.
fn unread(served: &Served, arguments: &[&str]) -> Ended {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    Ended::of(served.command(arguments).stdout(writer).output().unwrap())
}

#[test]
fn a_script_that_nobody_reads_is_run_to_its_end() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a)"]);
    let script = served.write(
        "more.sql",
        "INSERT INTO t VALUES (1) RETURNING a;\nSELECT * FROM t;\nINSERT INTO t SELECT last_insert_rowid() + 9;\n",
    );
    let mut sums = Vec::new();
    for arguments in [
        &["sql", "shop", "--file", &script, "-o", "csv"][..],
        &["sql", "shop", "--file", &script, "-o", "csv", "--single-transaction"],
        &["shell", "shop", "--file", &script, "-o", "json"],
        &["shell", "shop", "--file", &script, "-o", "yaml", "--single-transaction"],
    ] {
        let ended = unread(&served, arguments);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        sums.push(served.done(&["sql", "shop", "SELECT sum(a) FROM t", "-o", "name"]));
    }
    assert_eq!(sums, ["11\n", "24\n", "39\n", "56\n"]);
}

#[test]
fn a_script_that_nobody_reads_still_fails_where_it_fails() {
    let served = served(&["shop"]);
    for (script, code) in [("SELECT 1; SELECT wrong", 1), ("SELECT 1; BEGIN", 1), ("SELECT 1; SELECT 'a", 2)] {
        let ended = unread(&served, &["sql", "shop", script, "-o", "csv"]);
        assert_eq!(ended.code, Some(code), "{script}: {}", ended.stderr);
        assert!(ended.stderr.starts_with("error: "), "{script}: {}", ended.stderr);
    }
}

#[test]
fn a_last_statement_that_only_reads_ends_with_its_reader() {
    let served = served(&["eu", "us"]);
    let ended = unread(&served, &["sql", "eu", "us", &format!("SELECT 1; {ENDLESS};\n"), "-o", "csv"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn the_failures_among_many_are_told_though_nobody_reads_the_others() {
    let served = served(&["taken"]);
    let ended = unread(&served, &["db", "create", "first", "taken", "last", "--concurrency", "1"]);
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    assert!(ended.stderr.contains("1 of 3 failed: taken"), "{}", ended.stderr);
    assert_eq!(served.done(&["db", "list", "-o", "name"]), "db/taken\ndb/first\ndb/last\n");
}

#[test]
fn what_only_reads_ends_with_its_reader() {
    let served = served(&["shop"]);
    for arguments in [&["db", "list"][..], &["audit", "tail", "--follow"]] {
        let ended = unread(&served, arguments);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn what_is_said_to_nobody_stops_nothing() {
    let served = served(&["shop"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = served.command(&["sql", "shop", "SELECT 1", "-o", "name", "--trace-http"]);
    let ended = Ended::of(command.stderr(writer).output().unwrap());
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "1\n"));
}
