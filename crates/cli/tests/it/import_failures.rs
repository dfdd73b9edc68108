#![expect(clippy::unwrap_used, reason = "a program that cannot be run fails its test")]

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::Duration,
};

use turso_cloud::contract::databases::CreateDatabase;

#[cfg(unix)]
use crate::signals::{send, wait_for};
use crate::{
    gate::{Gate, Then},
    sql::served,
    support::{Ended, Served, piped},
};

fn databases(served: &Served) -> String {
    served.done(&["db", "list", "-o", "name"])
}

pub(crate) fn count(served: &Served, table: &str) -> u64 {
    let sql = format!("SELECT count(*) FROM {table}");
    served.done(&["sql", "shop", &sql, "-o", "name"]).trim().parse().unwrap()
}

/// A file of so many rows.
pub(crate) fn numbers(served: &Served, rows: u32) -> String {
    let mut text = "id,text\n".to_owned();
    for row in 0..rows {
        writeln!(text, "{row},this is row {row}").unwrap();
    }
    served.write("numbers.csv", &text)
}

#[test]
fn nothing_is_begun_whose_progress_cannot_be_noted() {
    let served = served(&["shop"]);
    let (rows, dump) = (served.write("t.csv", "a\n1\n"), served.write("d.sql", "CREATE TABLE d (a);"));
    fs::create_dir_all(served.config_folder()).unwrap();
    fs::write(served.config_folder().join("state"), "a file where a folder should be").unwrap();
    for (kind, file) in [("csv", &rows), ("dump", &dump)] {
        for to in [&["shop", "--keep"][..], &["other", "--create"]] {
            let ended = served.run(&[&["import", kind, file, "--to"], to].concat());
            assert_eq!(ended.code, Some(1), "{}", ended.stderr);
            assert!(ended.stderr.contains("error: cannot note how far the import comes in "), "{}", ended.stderr);
            assert!(ended.stderr.contains(", without which one that stops could not go on: "), "{}", ended.stderr);
            assert!(
                ended.stderr.ends_with("hint: TURSOCTL_CONFIG_DIR=FOLDER chooses another place\n"),
                "{}",
                ended.stderr
            );
        }
    }
    assert_eq!(databases(&served), "db/shop\n");
    assert!(served.cloud.requests().all().iter().all(|request| request.database.is_none()));
    // What is read from standard input cannot go on, with a note or without.
    for (kind, text) in [("csv", "a\n1\n"), ("dump", "CREATE TABLE d (a);")] {
        let table: &[&str] = if kind == "csv" { &["--table", "t"] } else { &[] };
        let ended = piped(&served, &[&["import", kind, "-", "--to", "shop"], table].concat(), text);
        assert_eq!(ended.code, Some(0), "{kind}: {}", ended.stderr);
    }
}

/// Another folder for everything would be one without the token.
#[cfg(unix)]
#[test]
fn another_place_for_notes_is_one_for_notes_only() {
    let served = served(&["shop"]);
    let rows = served.write("t.csv", "a\n1\n");
    let home = served.folder.path().join("home");
    fs::create_dir_all(home.join(".local")).unwrap();
    fs::write(home.join(".local/state"), "a file where a folder should be").unwrap();
    let import = || {
        let mut command = served.command(&["import", "csv", &rows, "--to", "shop"]);
        command.env_remove("TURSOCTL_CONFIG_DIR").env_remove("XDG_STATE_HOME").env("HOME", &home);
        command
    };
    let ended = Ended::of(import().output().unwrap());
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("hint: XDG_STATE_HOME=FOLDER chooses another place\n"), "{}", ended.stderr);
    let ended = Ended::of(import().env("XDG_STATE_HOME", served.folder.path().join("notes")).output().unwrap());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn what_cannot_be_read_is_named_with_its_line_before_anything_is_created() {
    let served = served(&[]);
    let files: [(&str, &[u8], &str); 9] = [
        ("ragged.csv", b"a,b\n1,2\n3\n", "line 3: 1 field, and the header has 2"),
        ("ragged-crlf.csv", b"a,b\r\n1,2\r\n3,4,5\r\n", "line 3: 3 fields, and the header has 2"),
        ("bytes.csv", b"a,b\n1,2\n3,\xff\n", "line 3: field 2 is not UTF-8"),
        ("quote.csv", b"a,b\n1,2\n3,\"4\n5,6\n", "a quote opened in line 3 never ends"),
        ("twice.csv", b"a,A\n1,2\n", "two columns are called \"A\""),
        ("unnamed.csv", b"a,\n1,2\n", "column 2 has no name"),
        ("empty.csv", b"", "it is empty"),
        ("number.csv", b"a,b\r\nx,2\r\n", "line 2: \"x\" is no INTEGER"),
        ("no-such.csv", b"", "no-such.csv"),
    ];
    for (name, content, said) in files {
        let path = served.folder.path().join(name);
        if name != "no-such.csv" {
            fs::write(&path, content).unwrap();
        }
        let mut arguments = vec!["import", "csv", path.to_str().unwrap(), "--to", "shop", "--create"];
        if name == "number.csv" {
            arguments.extend(["--types", "a=integer"]);
        }
        let ended = served.run(&arguments);
        assert!(matches!(ended.code, Some(1 | 2)), "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{name}: {}", ended.stderr);
    }
    let dumps = [
        ("BEGIN;\nCREATE TABLE t (a);\nROLLBACK; -- due to errors\n", "ends in ROLLBACK"),
        ("BEGIN;\nCREATE TABLE t (a);\n", "ends before its COMMIT"),
        ("CREATE TABLE t (a);\nINSERT INTO t VALUES ('a);\n", "the statement in line 2 lacks the '"),
        (".open x\n", "line 1: .open x is a command of the sqlite3 shell"),
        ("ATTACH 'x' AS y;\n", "line 1: ATTACH cannot be imported"),
    ];
    for (dump, said) in dumps {
        let file = served.write("a.sql", dump);
        let ended = served.run(&["import", "dump", &file, "--to", "shop", "--create"]);
        assert_eq!(ended.code, Some(2), "{dump}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{dump}: {}", ended.stderr);
    }
    let file = served.write("no.db", "no database at all");
    assert_ne!(served.run(&["import", "sqlite", &file, "--to", "shop", "--create"]).code, Some(0));
    assert_eq!(databases(&served), "");
}

#[test]
fn where_it_goes_is_looked_at_before_anything_is_created() {
    let served = served(&["shop"]);
    let file = served.write("t.csv", "a\n1\n");
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--to", "shop", "--create"], 6, "exists already"),
        (&["--to", "nowhere"], 5, "--create creates it"),
        (&["--to", "new", "--create", "--group", "nowhere"], 5, "group"),
        (&["--to", "http://127.0.0.1:1/", "--create"], 2, "--create"),
        (&["--to", "shop", "--group", "default"], 2, "--create"),
    ];
    for (more, code, said) in cases {
        let arguments: Vec<_> = ["import", "csv", &file].into_iter().chain(more.iter().copied()).collect();
        let ended = served.run(&arguments);
        assert_eq!(ended.code, Some(code), "{more:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{more:?}: {}", ended.stderr);
    }
    assert_eq!(databases(&served), "db/shop\n");
}

#[test]
fn a_row_that_does_not_fit_is_named_and_a_new_table_removed_again() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (id INTEGER PRIMARY KEY, v)"]);
    let file = served.write("t.csv", "id,v\n1,a\n2,b\n2,c\n3,d\n");
    let ended = served.run(&["import", "csv", &file, "--to", "shop"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains(
            "line 4: SQLite error: UNIQUE constraint failed: t.id (0 of 4 rows inserted); nothing was changed"
        ),
        "{}",
        ended.stderr
    );
    assert_eq!(count(&served, "t"), 0);
    // What came before stays in a table that was there, and is told.
    let ended = served.run(&["import", "csv", &file, "--to", "shop", "--batch", "1"]);
    assert!(ended.stderr.contains("(2 of 4 rows inserted); the rows that were inserted are kept"), "{}", ended.stderr);
    assert_eq!(count(&served, "t"), 2);
    // The old rows stay where new ones were to replace them.
    let ended = served.run(&["import", "csv", &file, "--to", "shop", "--mode", "replace"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("UNIQUE constraint failed") && ended.stderr.contains("untouched"),
        "{}",
        ended.stderr
    );
    assert_eq!(count(&served, "t"), 2);
    assert_eq!(served.done(&["shell", "shop", "-c", ".tables"]), "t\n");
}

#[test]
fn a_dump_that_fails_takes_back_what_it_made() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE kept (a)"]);
    let dump = "CREATE TABLE t (a UNIQUE);\nCREATE INDEX i ON kept (a);\nCREATE VIEW v AS SELECT 1;\nINSERT INTO t VALUES (1);\nINSERT INTO t\nVALUES (1);\n";
    let file = served.write("a.sql", dump);
    let ended = served.run(&["import", "dump", &file, "--to", "shop", "--batch", "1"]);
    assert_eq!(ended.code, Some(1));
    let said = "statement 5 (line 5): SQLite error: UNIQUE constraint failed: t.a: INSERT INTO t VALUES (1) (4 of 5 statements); what it had made was removed again";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    let left = ["sql", "shop", "SELECT name FROM sqlite_schema", "-o", "name"];
    assert_eq!(served.done(&left), "kept\n");
    let ended = served.run(&["import", "dump", &file, "--to", "new", "--create"]);
    assert!(ended.stderr.contains("the database was removed again"), "{}", ended.stderr);
    assert_eq!(databases(&served), "db/shop\n");
    // A table that is there is noticed before anything runs.
    let file = served.write("b.sql", "CREATE TABLE u (a);\nCREATE TABLE Kept (a);\n");
    let ended = served.run(&["import", "dump", &file, "--to", "shop"]);
    assert_eq!(ended.code, Some(6));
    assert!(ended.stderr.contains("table \"Kept\", which line 2 makes, exists already"), "{}", ended.stderr);
    assert_eq!(served.done(&left), "kept\n");
}

/// An import that is interrupted while the database works.
#[cfg(unix)]
fn interrupted(served: &Served, signal: &str, code: i32) -> Ended {
    let file = numbers(served, 50_000);
    let gate = Gate::after(400_000, Then::Hold, served.addr());
    let child = gate.import(served, "csv", &file, &[]).spawn().unwrap();
    gate.wait_until_full();
    send(&child, signal);
    gate.open();
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(code), "{}", ended.stderr);
    ended
}

#[cfg(unix)]
#[test]
fn a_signal_has_an_import_tell_what_was_done() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let served = served(&["shop"]);
        served.done(&["sql", "shop", "CREATE TABLE numbers (id INTEGER PRIMARY KEY, text)"]);
        let ended = interrupted(&served, signal, code);
        let inserted = count(&served, "numbers");
        let said = format!("error: interrupted ({inserted} of 50000 rows inserted)");
        assert!((1..50_000).contains(&inserted) && ended.stderr.contains(&said), "{inserted}: {}", ended.stderr);
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_import_removes_the_table_it_made() {
    let served = served(&["shop"]);
    let ended = interrupted(&served, "INT", 130);
    assert!(ended.stderr.contains("the table was removed again"), "{}", ended.stderr);
    assert_eq!(served.done(&["shell", "shop", "-c", ".tables"]), "");
}

/// An import that is interrupted when the request that creates its database was sent.
#[cfg(unix)]
fn interrupted_creation(served: &Served, signals: &[&str]) -> Ended {
    let file = served.write("t.csv", "a\n1\n");
    let arguments = ["import", "csv", &file, "--to", "shop", "--create", "--trace-http"];
    let mut child = served.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("> POST") && line.ends_with("/databases")));
    for signal in signals {
        send(&child, signal);
    }
    let stderr = lines.collect::<Vec<_>>().join("\n");
    Ended { code: child.wait().unwrap().code(), stdout: String::new(), stderr }
}

#[cfg(unix)]
#[test]
fn a_database_that_is_being_created_is_removed_when_its_import_is_interrupted() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let served = served(&[]);
        served.cloud.faults().on::<CreateDatabase>().latency(Duration::from_secs(1));
        let ended = interrupted_creation(&served, &[signal]);
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        let said = "interrupted while the database was being created; the database was removed again";
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert_eq!(databases(&served), "");
    }
}

#[cfg(unix)]
#[test]
fn a_database_whose_creation_is_never_answered_is_looked_for() {
    for (is_carried_out, said) in [
        (true, "the database was removed again"),
        (false, "database \"shop\" is not there; should it appear: tursoctl db delete shop"),
    ] {
        let served = served(&[]);
        let creation = served.cloud.faults().on::<CreateDatabase>();
        if is_carried_out { creation.carried_out() } else { creation }.hang();
        let ended = interrupted_creation(&served, &["INT"]);
        assert_eq!(ended.code, Some(130), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert_eq!(databases(&served), "");
    }
}

#[test]
fn a_database_that_does_not_get_ready_is_removed_again() {
    let served = served(&[]);
    served.cloud.faults().on_sql().reply(400);
    let file = served.write("t.csv", "a\n1\n");
    let ended = served.run(&["import", "csv", &file, "--to", "shop", "--create"]);
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("; the database was removed again\n"), "{}", ended.stderr);
    assert_eq!(databases(&served), "");
}

#[test]
fn rows_that_may_have_been_replaced_are_not_called_untouched() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a); INSERT INTO t VALUES ('old')"]);
    let csv = served.write("t.csv", "a\nnew\n");
    let file = served.folder.path().join("t.db");
    rusqlite::Connection::open(&file)
        .unwrap()
        .execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES ('new')")
        .unwrap();
    for (kind, path, said) in [
        ("csv", csv.as_str(), "the table has either its old rows or the new ones"),
        ("sqlite", file.to_str().unwrap(), "what was inserted is kept"),
    ] {
        let arguments = ["import", kind, path, "--to", "shop", "--mode", "replace"];
        let before = served.cloud.requests().all().len();
        served.done(&arguments);
        // The last request of all puts the new rows in the place of the old ones.
        let sent = served.cloud.requests().all();
        let last = sent.iter().skip(before).filter(|request| request.database.is_some()).count() as u64;
        served.done(&["sql", "shop", "UPDATE t SET a = 'old'"]);
        served.cloud.faults().on_sql().nth(last).carried_out().reset();
        let ended = served.run(&arguments);
        served.cloud.faults().clear();
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains("nobody knows whether the last batch took effect"), "{}", ended.stderr);
        assert!(ended.stderr.contains(said) && !ended.stderr.contains("untouched"), "{}", ended.stderr);
        let left = ["sql", "shop", "SELECT name || (SELECT group_concat(a) FROM t) FROM sqlite_schema", "-o", "name"];
        assert_eq!(served.done(&left), "tnew\n", "{kind}");
    }
}

#[cfg(unix)]
#[test]
fn a_table_that_is_being_made_is_removed_when_its_import_is_interrupted() {
    let served = served(&["shop"]);
    let csv = served.write("fresh.csv", "a\nnew\n");
    let file = served.folder.path().join("t.db");
    let content = "CREATE TABLE t (a); INSERT INTO t VALUES ('new')";
    rusqlite::Connection::open(&file).unwrap().execute_batch(content).unwrap();
    let tables = || served.done(&["sql", "shop", "SELECT group_concat(name) FROM sqlite_schema", "-o", "name"]);
    for (kind, path, behind, mode) in [
        ("csv", csv.as_str(), 1, "append"),
        ("sqlite", file.to_str().unwrap(), 1, "append"),
        ("sqlite", file.to_str().unwrap(), 2, "replace"),
    ] {
        let arguments = ["import", kind, path, "--to", "shop", "--mode", mode];
        if mode == "replace" {
            served.done(&["sql", "shop", "CREATE TABLE t (a)"]);
        }
        let left = tables();
        let before = served.cloud.requests().all().len();
        served.done(&arguments);
        let sent = served.cloud.requests().all();
        let count = sent.iter().skip(before).filter(|request| request.database.is_some()).count() as u64;
        if mode == "append" {
            served.done(&["sql", "shop", &format!("DROP TABLE {}", if kind == "csv" { "fresh" } else { "t" })]);
        }
        // What comes behind it are the rows, and what puts them in their place.
        let fault = served.cloud.faults().on_sql().nth(count - behind).latency(Duration::from_secs(1));
        let child = served.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(&fault);
        send(&child, "INT");
        let ended = Ended::of(child.wait_with_output().unwrap());
        assert_eq!(ended.code, Some(130), "{}", ended.stderr);
        assert_eq!(tables(), left, "{kind} {mode}: {}", ended.stderr);
        served.cloud.faults().clear();
    }
}
