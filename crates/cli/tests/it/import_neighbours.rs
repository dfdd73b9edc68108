//! Imports, and what others have in the same database or do with it meanwhile.
#![expect(clippy::unwrap_used, reason = "a program that cannot be run fails its test")]

use std::{
    fs,
    process::{Child, Command},
    sync::atomic::{AtomicUsize, Ordering},
};

#[cfg(unix)]
use crate::signals::send;
use crate::{
    between::between,
    gate::{Gate, Then},
    import_failures::numbers,
    import_sqlite::file,
    sql::served,
    support::{Ended, Served},
};

const NUMBERS: &str = "CREATE TABLE numbers (id INTEGER, text);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO numbers SELECT i, 'this is row ' || i FROM n";

fn line(served: &Served, sql: &str) -> String {
    served.done(&["sql", "shop", sql, "-o", "name"]).trim().to_owned()
}

/// An import on whose way a statement runs before the nth request that ends a stream or makes something. The names of what
/// is there are read before the first.
fn import_beside(served: &Served, nth: usize, sql: &'static str, arguments: &[&str]) -> Ended {
    let seen = AtomicUsize::new(0);
    let url = between(served, move |path| {
        let is_it = path.ends_with("/v3/pipeline") && seen.fetch_add(1, Ordering::SeqCst) + 1 == nth;
        is_it.then_some(sql)
    });
    let mut command: Command = served.command(&[&["import"], arguments, &["--to", &url]].concat());
    Ended::of(command.env("TURSO_AUTH_TOKEN", served.access("shop").1).output().unwrap())
}

const THEIRS: &str = "CREATE TABLE t AS SELECT 'theirs' AS v";

#[test]
fn a_table_that_somebody_else_makes_meanwhile_is_not_removed() {
    // The last of the requests is the one that makes the table.
    for (kind, requests) in [("dump", 4), ("sqlite", 3), ("csv", 2)] {
        for nth in 1..=requests {
            let served = served(&["shop"]);
            let path = match kind {
                "dump" => served.write("t.sql", "CREATE TABLE s (a);\nCREATE TABLE t (a);"),
                "sqlite" => file(&served, "t.db", "CREATE TABLE t (a)").0,
                _ => served.write("t.csv", "a\n1\n"),
            };
            let ended = import_beside(&served, nth, THEIRS, &[kind, &path, "--batch", "1"]);
            assert_ne!(ended.code, Some(0), "{kind} {nth}");
            let left = line(&served, "SELECT group_concat(name) || (SELECT v FROM t) FROM sqlite_schema");
            assert_eq!(left, "ttheirs", "{kind} {nth}: {}", ended.stderr);
        }
    }
}

#[test]
fn a_table_is_removed_whose_making_was_not_answered_and_not_one_that_somebody_else_made() {
    for (kind, nth) in [("dump", 3), ("sqlite", 3), ("csv", 2)] {
        for is_carried_out in [true, false] {
            let served = served(&["shop"]);
            let path = match kind {
                "dump" => served.write("t.sql", "/* new */ create table if not exists main.\"t\"\n(a, -- one\n b) ;\n"),
                "sqlite" => file(&served, "t.db", "CREATE TABLE t (a); INSERT INTO t VALUES (1)").0,
                _ => served.write("t.csv", "a\n1\n"),
            };
            let fault = served.cloud.faults().on_path("/v3/pipeline").nth(nth);
            let (fault, theirs) = if is_carried_out { (fault.carried_out(), "SELECT 1") } else { (fault, THEIRS) };
            let fault = fault.reset();
            let nth = usize::try_from(nth).unwrap();
            let ended = import_beside(&served, nth, theirs, &[kind, &path]);
            assert_eq!((ended.code, fault.count()), (Some(1), 1), "{kind}: {}", ended.stderr);
            served.cloud.faults().clear();
            let left = line(&served, "SELECT group_concat(name) FROM sqlite_schema");
            assert_eq!(left, if is_carried_out { "" } else { "t" }, "{kind}: {}", ended.stderr);
            let said = "table \"t\" is there, and may be somebody else's: it is left";
            assert_eq!(ended.stderr.contains(said), !is_carried_out, "{kind}: {}", ended.stderr);
        }
    }
}

/// The engine takes only the letters of ASCII for the same in both sizes.
#[test]
fn a_table_of_a_name_with_capital_letters_beyond_ascii_is_known_to_be_there() {
    let served = served(&["shop"]);
    served.done(&[
        "sql",
        "shop",
        "CREATE TABLE \"ÜBERSICHT\" (id INTEGER PRIMARY KEY, x TEXT UNIQUE); INSERT INTO \"ÜBERSICHT\" VALUES (1, 'old')",
    ]);
    let rows = || line(&served, "SELECT group_concat(x) FROM \"ÜBERSICHT\"");
    let content =
        "CREATE TABLE \"Übersicht\" (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO \"Übersicht\" VALUES (2, 'old')";
    let (path, handle) = file(&served, "f.db", content);
    drop(handle);
    let ended = served.run(&["import", "sqlite", &path, "--to", "shop", "--mode", "append"]);
    assert_eq!((ended.code, rows().as_str()), (Some(1), "old"), "{}", ended.stderr);
    let dump =
        served.write("a.sql", "CREATE TABLE a (x);\nINSERT INTO a VALUES (1);\nCREATE TABLE \"Übersicht\" (x);\n");
    let ended = served.run(&["import", "dump", &dump, "--to", "shop", "--batch", "1"]);
    assert_eq!((ended.code, rows().as_str()), (Some(6), "old"), "{}", ended.stderr);
    let said = "table \"Übersicht\", which line 3 makes, exists already";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

#[test]
fn a_virtual_table_of_such_a_name_comes_with_what_is_behind_it() {
    let served = served(&["shop"]);
    let (path, _handle) = file(
        &served,
        "f.db",
        "CREATE VIRTUAL TABLE \"Über\" USING fts5(b); INSERT INTO \"Über\" VALUES ('quick'), ('brown');",
    );
    served.done(&["import", "sqlite", &path, "--to", "shop"]);
    let dump = served.folder.path().join("f.sql").display().to_string();
    served.done(&["export", "shop", "--out", &dump, "--format", "dump"]);
    served.done(&["sql", "shop", "DROP TABLE \"Über\""]);
    served.done(&["import", "dump", &dump, "--to", "shop"]);
    assert_eq!(line(&served, "SELECT rowid FROM \"Über\" WHERE \"Über\" MATCH 'brown'"), "2");
}

const STAGED: &str = "SELECT name FROM sqlite_schema WHERE name LIKE '\\_tursoctl\\_import\\_%' ESCAPE '\\'";

/// An import that replaces the rows of `numbers`, and is held when some of its own have gathered.
fn held(served: &Served, gate: &Gate, file: &str) -> Child {
    let child = gate.import(served, "csv", file, &["--mode", "replace"]).spawn().unwrap();
    gate.wait_until_full();
    child
}

fn ended(child: Child) -> Ended {
    Ended::of(child.wait_with_output().unwrap())
}

#[test]
fn two_imports_that_replace_the_same_rows_at_the_same_time_do_not_mix_theirs() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE numbers (id INTEGER, text)"]);
    let one = numbers(&served, 20_000);
    let other = served.write("others.csv", &fs::read_to_string(&one).unwrap().replace("this", "that"));
    let gates = [0, 1].map(|_| Gate::after(400_000, Then::Hold, served.addr()));
    let first = held(&served, &gates[0], &one);
    let mut second = gates[1].import(&served, "csv", &other, &["--mode", "replace", "--table", "numbers"]);
    let second = second.spawn().unwrap();
    gates[1].wait_until_full();
    let rows = "SELECT count(*) || ' ' || count(DISTINCT id) || ' ' || min(text LIKE 'th__ is%') || ' ' ||
        count(DISTINCT substr(text, 1, 4)) || ' ' || min(text) FROM numbers";
    for (gate, child, word) in [(&gates[0], first, "this"), (&gates[1], second, "that")] {
        gate.open();
        let ended = ended(child);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(line(&served, rows), format!("20000 20000 1 1 {word} is row 0"));
    }
    assert_eq!(line(&served, "SELECT group_concat(name) FROM sqlite_schema"), "numbers");
}

#[test]
fn rows_are_replaced_only_by_as_many_as_were_sent() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE numbers (id INTEGER, text); INSERT INTO numbers VALUES (-1, 'old')"]);
    let (csv, (database, _)) = (numbers(&served, 20_000), file(&served, "f.db", NUMBERS));
    for (kind, path) in [("csv", csv), ("sqlite", database)] {
        let gate = Gate::after(400_000, Then::Hold, served.addr());
        let child = gate.import(&served, kind, &path, &["--mode", "replace"]).spawn().unwrap();
        gate.wait_until_full();
        served.done(&["sql", "shop", &format!("DELETE FROM {} WHERE rowid = 5", line(&served, STAGED))]);
        gate.open();
        let ended = ended(child);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        let said = "the rows cannot be replaced: table \"numbers\" would not get the 20000 rows that were sent";
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert_eq!(line(&served, "SELECT group_concat(text) FROM numbers"), "old");
        assert_eq!(line(&served, "SELECT group_concat(name) FROM sqlite_schema"), "numbers");
    }
}

#[test]
fn what_a_run_that_was_killed_had_gathered_is_removed_by_the_next_one() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE numbers (id INTEGER, text)"]);
    let (csv, (database, _)) = (numbers(&served, 20_000), file(&served, "f.db", NUMBERS));
    for (kind, path) in [("csv", csv), ("sqlite", database)] {
        let gate = Gate::after(400_000, Then::Hold, served.addr());
        let mut child = gate.import(&served, kind, &path, &["--mode", "replace"]).spawn().unwrap();
        gate.wait_until_full();
        child.kill().unwrap();
        child.wait().unwrap();
        gate.open();
        assert_ne!(line(&served, STAGED), "");
        let again = Ended::of(gate.import(&served, kind, &path, &["--mode", "replace"]).output().unwrap());
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        assert_eq!(line(&served, "SELECT group_concat(name) FROM sqlite_schema"), "numbers", "{kind}");
    }
}

#[cfg(unix)]
#[test]
fn what_another_run_of_the_same_import_gathers_is_left_to_it() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE numbers (id INTEGER, text)"]);
    let file = numbers(&served, 20_000);
    let gate = Gate::after(400_000, Then::Hold, served.addr());
    let first = held(&served, &gate, &file);
    send(&first, "STOP");
    // The way is the same for both, and so is the place of their notes.
    gate.open();
    let few = served.write("few.csv", "id,text\n7,few\n");
    let second = gate.import(&served, "csv", &few, &["--mode", "replace", "--table", "numbers"]).output().unwrap();
    let second = Ended::of(second);
    let rows = || line(&served, "SELECT count(*) FROM numbers");
    assert_eq!((second.code, rows().as_str()), (Some(0), "1"), "{}", second.stderr);
    send(&first, "CONT");
    let first = ended(first);
    assert_eq!((first.code, rows().as_str()), (Some(0), "20000"), "{}", first.stderr);
    assert_eq!(line(&served, "SELECT group_concat(name) FROM sqlite_schema"), "numbers");
}

#[test]
fn rows_of_other_tables_stay_when_those_they_refer_to_are_replaced() {
    let served = served(&["shop"]);
    served.done(&[
        "sql",
        "shop",
        "CREATE TABLE p (id INTEGER PRIMARY KEY, n); INSERT INTO p VALUES (1, 'a'), (2, 'b');
         CREATE TABLE c (pid REFERENCES p (id) ON DELETE CASCADE); INSERT INTO c VALUES (1), (2)",
    ]);
    let file = served.write("p.csv", "id,n\n1,new\n2,new\n");
    served.done(&["import", "csv", &file, "--to", "shop", "--mode", "replace"]);
    assert_eq!(line(&served, "SELECT group_concat(pid) || (SELECT group_concat(n) FROM p) FROM c"), "1,2new,new");
    // Rows that are added have to refer to something.
    let file = served.write("c.csv", "pid\n3\n");
    let ended = served.run(&["import", "csv", &file, "--to", "shop"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("FOREIGN KEY constraint failed"), "{}", ended.stderr);
}
