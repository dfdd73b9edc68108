//! Imports of what comes from standard input.

use std::{fs, process::Stdio};

use crate::{
    sql::served,
    support::{Ended, Served, fed, piped},
};

fn rows(served: &Served, sql: &str) -> String {
    served.done(&["sql", "shop", sql, "-o", "csv"])
}

#[test]
fn rows_and_statements_come_from_standard_input() {
    let served = served(&["shop"]);
    let goods = "id,name\r\n1,\"two\nlines\"\r\n2,\r\n";
    let ended = piped(&served, &["import", "csv", "-", "--to", "shop", "--table", "goods", "-o", "json"], goods);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stderr, "checking standard input\nimporting standard input\n");
    assert_eq!((&ended.json()["table"], &ended.json()["rows"]), (&"goods".into(), &2.into()));
    assert_eq!(rows(&served, "SELECT id, name FROM goods"), "id,name\n1,\"two\nlines\"\n2,\n");

    let dump = "BEGIN TRANSACTION;\nCREATE TABLE t (a);\nINSERT INTO t VALUES(1);\nINSERT INTO t VALUES(2);\nCOMMIT;\n";
    let ended = piped(&served, &["import", "dump", "-", "--to", "copy", "--create", "--quiet"], dump);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
    assert_eq!(served.done(&["sql", "copy", "SELECT sum(a) AS n FROM t", "-o", "csv"]), "n\n3\n");
}

#[test]
fn more_than_fits_into_a_pipe_is_read_as_often_as_it_takes() {
    let served = served(&["shop"]);
    let filling = "x".repeat(20);
    let lines: Vec<_> = (0..20_000).map(|row| format!("{row},{filling}")).collect();
    let text = format!("a,b\n{}\n", lines.join("\n"));
    let ended = piped(&served, &["import", "csv", "-", "--to", "shop", "--table", "t", "--batch", "10000"], &text);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(rows(&served, "SELECT count(*) AS n, sum(a) AS s FROM t"), "n,s\n20000,199990000\n");
}

#[test]
fn what_is_wrong_with_it_is_said_of_standard_input() {
    let served = served(&["shop"]);
    let csv = ["import", "csv", "-", "--to", "shop", "--table", "t"];
    let dump = ["import", "dump", "-", "--to", "shop"];
    for (arguments, input, problem) in [
        (&csv[..], "", "standard input: it is empty: the first line has to name the columns"),
        (&csv, "a,b\n1,2\n3\n", "standard input: line 3: 1 field, and the header has 2"),
        (&csv, "a,b\n1,\"2\n", "standard input: a quote opened in line 2 never ends"),
        (&csv[..5], "", "standard input has no name for a table\nhint: give --table NAME"),
        (&dump, "", "standard input: it is empty: there is no statement in it"),
        (&dump, "BEGIN;\nCREATE TABLE t (a);\n", "standard input: it ends before its COMMIT: it is not whole"),
        (&dump, "SELECT 'a", "standard input: the statement in line 1 lacks the ' that ends a string"),
    ] {
        let ended = piped(&served, arguments, input);
        assert_eq!(ended.code, Some(2), "{input:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(&format!("error: {problem}")), "{input:?}: {}", ended.stderr);
    }
    assert_eq!(rows(&served, "SELECT count(*) AS n FROM sqlite_schema"), "n\n0\n");
}

#[test]
fn what_cannot_be_read_again_is_not_gone_on_with() {
    let served = served(&["shop"]);
    for flag in ["--keep", "--resume"] {
        let ended = served.run(&["import", "csv", "-", "--to", "shop", "--table", "t", flag]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        let said = format!("error: {flag} needs a file: standard input cannot be read again");
        assert!(ended.stderr.starts_with(&said), "{}", ended.stderr);
    }
    served.done(&["sql", "shop", "CREATE TABLE t (a INTEGER PRIMARY KEY)"]);
    let twice = "a\n1\n2\n1\n";
    let ended = piped(&served, &["import", "csv", "-", "--to", "shop", "--table", "t", "--batch", "1"], twice);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let said =
        "(2 of 3 rows inserted); the rows that were inserted are kept\nhint: delete them before it is run again\n";
    assert!(ended.stderr.ends_with(said), "{}", ended.stderr);
}

#[test]
fn nothing_is_read_that_cannot_go_anywhere() {
    let served = served(&["shop"]);
    for (arguments, code) in [(&["--to", "shp"][..], 5), (&["--to", "shop", "--create"], 6)] {
        let mut command = served.command(&[&["import", "dump", "-"], arguments].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Whoever writes has not come to an end.
        let _writer = child.stdin.take().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn where_it_goes_is_looked_at_once() {
    let served = served(&["shop"]);
    let looks = |database: &str, more: &[&str]| {
        served.cloud.requests().clear();
        let arguments = ["import", "csv", "-", "--table", "t", "--to", database];
        let ended = piped(&served, &[&arguments[..], more].concat(), "a\n1\n");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let requests = served.cloud.requests().all();
        requests.iter().filter(|request| request.operation.as_deref() == Some("GetDatabase")).count()
    };
    // The other one is for where it connects to.
    assert_eq!(looks("shop", &[]), 2);
    assert_eq!(looks("shop", &["--dry-run"]), 1);
    assert_eq!(looks("new", &["--create", "--dry-run"]), 1);
}

#[test]
fn what_is_no_text_is_told_what_it_is() {
    let served = served(&["shop"]);
    let write = |name: &str, content: &[u8]| {
        let path = served.folder.path().join(name);
        fs::write(&path, content).unwrap();
        crate::support::text(&path)
    };
    let database = write("shop.db", b"SQLite format 3\0\x10\0\x01\x01");
    let compressed = write("shop.sql.gz", b"\x1f\x8b\x08\0");
    served.cloud.requests().clear();
    for kind in ["csv", "dump"] {
        for (file, found, hint) in
            [(&database, "a SQLite database", "tursoctl import sqlite"), (&compressed, "compressed", "gunzip --stdout")]
        {
            let ended = served.run(&["import", kind, file, "--to", "shop"]);
            assert_eq!(ended.code, Some(2), "{}", ended.stderr);
            let said = format!("error: {file} is {found}, and no text\nhint: ");
            assert!(ended.stderr.starts_with(&said) && ended.stderr.contains(hint), "{}", ended.stderr);
        }
    }
    assert!(served.cloud.requests().all().is_empty());
    let mut command = served.command(&["import", "dump", "-", "--to", "shop"]);
    let ended = Ended::of(command.stdin(fs::File::open(&database).unwrap()).output().unwrap());
    assert!(ended.code == Some(2) && ended.stderr.contains("standard input is a SQLite database"), "{}", ended.stderr);
}

#[test]
fn a_token_may_come_before_it() {
    let served = served(&["shop"]);
    let input = format!("{}\na\n1\n", served.token());
    let mut command = served.command(&["import", "csv", "-", "--to", "shop", "--table", "t", "--token-stdin"]);
    command.env_remove("TURSO_API_TOKEN");
    let ended = fed(command, &input);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(rows(&served, "SELECT a FROM t"), "a\n1\n");
}

#[test]
fn a_database_file_is_no_stream() {
    let served = served(&["shop"]);
    let ended = served.run(&["import", "sqlite", "-", "--to", "shop"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.starts_with("error: the file of a SQLite database cannot come from standard input"));
}

#[cfg(unix)]
#[test]
fn whoever_names_a_pipe_is_told_how_to_pipe() {
    let served = served(&["shop"]);
    let command = served.command(&["import", "csv", "/dev/stdin", "--to", "shop", "--table", "t"]);
    let ended = fed(command, "");
    assert_eq!(ended.code, Some(2));
    let said = "error: /dev/stdin is no file: it is read twice, first to look whether all of it is sound\n\
                hint: to pipe something in, give - as the file\n";
    assert_eq!(ended.stderr, said);
}

#[cfg(unix)]
#[test]
fn nobody_is_waited_for_at_a_terminal() {
    let served = served(&["shop"]);
    for kind in ["csv", "dump"] {
        let mut arguments = vec!["import", kind, "-", "--to", "shop"];
        if kind == "csv" {
            arguments.extend(["--table", "t"]);
        }
        let terminal = crate::terminal::Terminal::new(&served.command(&arguments));
        let (code, said) = terminal.end();
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("error: standard input is a terminal: there is nothing to import"), "{said}");
        assert!(said.contains("hint: pipe it in"), "{said}");
    }
}
