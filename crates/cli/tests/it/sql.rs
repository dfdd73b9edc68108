use std::{fs, process::Stdio, time::Duration};

use serde_json::json;
use turso_cloud_local::Hostnames;

use crate::support::{Ended, Served, piped};

pub(crate) fn served(databases: &[&str]) -> Served {
    let served = Served::new();
    for database in databases {
        served.done(&["db", "create", database, "--quiet"]);
    }
    served
}

#[test]
fn the_scheme_of_a_url_is_the_same_in_capitals() {
    let served = served(&["shop"]);
    let (url, token) = served.access("shop");
    let run = |url: &str, more: &[&str]| {
        let mut command = served.command(&[&["sql", url, "SELECT 42"], more].concat());
        Ended::of(command.env("TURSO_AUTH_TOKEN", &token).output().unwrap())
    };
    for scheme in ["HTTP", "Ws", "http"] {
        let ended = run(&url.replacen("http", scheme, 1), &["-o", "name"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "42\n"), "{scheme} {}", ended.stderr);
    }
    for scheme in ["LIBSQL", "Turso", "WSS", "HTTPS"] {
        let dry = run(&format!("{scheme}://db.test.invalid"), &["--dry-run", "-o", "json"]);
        assert_eq!(dry.json()[0]["url"], "https://db.test.invalid/v3/cursor", "{scheme} {}", dry.stderr);
    }
    // Nobody was there to do anything.
    let ended = run("LIBSQL://127.0.0.1:1", &["-o", "json"]);
    assert!(ended.code == Some(9) && ended.stderr.contains("cannot connect"), "{}", ended.stderr);
}

#[test]
fn a_url_that_no_request_can_have_is_refused_before_anything_is_sent() {
    let served = served(&[]);
    for url in ["libsql://ex%20ample", "wss://ex%3Cample/"] {
        let ended = served.run(&["sql", url, "SELECT 1"]);
        assert!(ended.code == Some(2) && ended.stderr.contains("URL of the database"), "{url} {}", ended.stderr);
    }
}

#[test]
fn rows_come_in_every_format() {
    let served = served(&["shop"]);
    let sql = "SELECT 1 AS id, 'a,b' AS name, NULL AS none UNION ALL SELECT 2, 'c', x'00ff'";
    let formats = [
        ("json", "[{\"id\":1,\"name\":\"a,b\",\"none\":null},\n {\"id\":2,\"name\":\"c\",\"none\":\"AP8=\"}]\n"),
        ("jsonl", "{\"id\":1,\"name\":\"a,b\",\"none\":null}\n{\"id\":2,\"name\":\"c\",\"none\":\"AP8=\"}\n"),
        ("csv", "id,name,none\n1,\"a,b\",\n2,c,X'00ff'\n"),
        ("name", "1\n2\n"),
        ("yaml", "- id: 1\n  name: a,b\n  none: null\n- id: 2\n  name: c\n  none: AP8=\n"),
    ];
    for (format, expected) in formats {
        assert_eq!(served.done(&["sql", "shop", sql, "-o", format]), expected, "{format}");
    }
    let table = served.done(&["sql", "shop", sql]);
    assert!(table.contains("none") && table.contains("NULL"), "{table}");
    assert_eq!(served.done(&["sql", "shop", sql, "-o", "csv", "--fields", "NAME,id"]), "name,id\n\"a,b\",1\nc,2\n");
    let ended = served.run(&["sql", "shop", sql, "--fields", "price"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("there are id, name, none"), "{}", ended.stderr);
}

#[test]
fn infinities_that_no_format_can_say_are_told() {
    let served = served(&["shop"]);
    for (format, stand_in) in [("csv", "NaN"), ("json", "null"), ("table", "NaN")] {
        let ended = served.run(&["sql", "shop", "SELECT 9e999 AS far, 1 AS near", "-o", format, "--quiet"]);
        let warning = format!("warning: infinite numbers are written as {stand_in}, in column \"far\" (1)\n");
        assert_eq!((ended.code, ended.stderr), (Some(0), warning), "{format}");
    }
}

/// Whether the resolver knows names below `localhost` or not.
#[test]
fn a_database_is_reached_by_a_name_below_localhost() {
    let served = Served::with(Hostnames::Name);
    served.done(&["db", "create", "shop", "--quiet"]);
    assert!(served.done(&["db", "url", "shop"]).contains("://shop-acme.localhost:"));
    assert_eq!(served.done(&["sql", "shop", "SELECT 1", "-o", "name"]), "1\n");
    served.done(&["export", "shop", "--out", &served.write("shop.db", ""), "--overwrite"]);
}

/// Nobody knows whether the statement was run: the help says so of 1, and does not of 9.
#[test]
fn a_statement_that_is_not_answered_in_time_is_a_failure() {
    let served = served(&["shop"]);
    let (url, token) = served.access("shop");
    served.cloud.faults().on_sql().hang();
    let mut command = served.command(&["sql", &url, "SELECT 1", "--timeout", "200ms", "-o", "json"]);
    let ended = Ended::of(command.env("TURSO_AUTH_TOKEN", token).output().unwrap());
    assert_eq!((ended.code, &ended.error()["retryable"]), (Some(1), &json!(false)), "{}", ended.stderr);
}

#[test]
fn a_script_says_which_statement_failed_and_where() {
    let served = served(&["shop"]);
    let long = "x".repeat(300);
    let script = served.write("a.sql", &format!("CREATE TABLE t (a UNIQUE);\n-- two\nINSERT INTO t VALUES (1);\n\nINSERT INTO t\n  VALUES (1), ('{long}');\nINSERT INTO t VALUES (2);"));
    let ended = served.run(&["sql", "shop", "--file", &script]);
    assert_eq!(ended.code, Some(1));
    let first = ended.stderr.lines().next().unwrap();
    assert!(
        first.starts_with(
            "error: statement 3 (line 5): SQLite error: UNIQUE constraint failed: t.a: INSERT INTO t VALUES (1), ('xxx"
        ),
        "{first}"
    );
    assert!(first.chars().count() < 220 && first.ends_with('…'), "{first}");
    assert_eq!(served.done(&["sql", "shop", "SELECT a FROM t", "-o", "csv"]), "a\n1\n");
    let envelope = served.run(&["sql", "shop", "SELECT * FROM nothing", "-o", "json"]).error();
    assert_eq!((&envelope["exit_code"], &envelope["retryable"]), (&json!(1), &json!(false)));
}

#[test]
fn an_error_of_sql_has_its_codes_and_its_place_for_a_program() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a INTEGER UNIQUE)"]);
    let script = served.write("a.sql", "INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (1);");
    let twice = |arguments: &[&str]| served.run(&[arguments, &["-o", "json"]].concat()).error()["sql"].clone();
    let expected = |statement, line| {
        json!({
            "status": null, "code": "SQLITE_CONSTRAINT", "extended_code": "SQLITE_CONSTRAINT_UNIQUE",
            "statement": statement, "line": line,
        })
    };
    assert_eq!(twice(&["sql", "shop", "-f", &script]), expected(Some(2), Some(2)));
    assert_eq!(twice(&["import", "dump", &script, "--to", "shop"]), expected(Some(1), Some(1)));
    let csv = served.write("t.csv", "a\n1\n");
    assert_eq!(twice(&["import", "csv", &csv, "--to", "shop"]), expected(None::<u64>, None::<u64>));
    served.cloud.faults().on_sql().reply(429);
    assert_eq!(twice(&["sql", "shop", "SELECT 1"])["status"], 429);
    served.cloud.faults().clear();
    assert_eq!(twice(&["db", "get", "nothing"]), json!(null));
}

#[test]
fn what_follows_an_error_is_chosen() {
    let served = served(&["shop"]);
    let script = served.write("a.sql", "CREATE TABLE t (a);\nINSERT INTO t VALUES (1);\nINSERT INTO nowhere VALUES (1);\nINSERT INTO t VALUES (2);\nSELECT count(*) AS n FROM t;");
    let ended = served.run(&["sql", "shop", "-f", &script, "--on-error", "continue", "-o", "csv"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(7), "n\n2\n"));
    assert!(
        ended.stderr.contains("statement 3 (line 3)") && ended.stderr.contains("1 statement failed"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_single_transaction_is_all_or_nothing() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a)"]);
    let good = served.write("good.sql", "INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);");
    let bad = served.write("bad.sql", "INSERT INTO t VALUES (3);\nINSERT INTO nowhere VALUES (4);");
    served.done(&["sql", "shop", "-f", &good, "--single-transaction"]);
    let ended = served.run(&["sql", "shop", "-f", &bad, "--single-transaction"]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(served.done(&["sql", "shop", "SELECT sum(a) AS s FROM t", "-o", "name"]), "3\n");
}

#[test]
fn values_stand_for_parameters_by_name_and_by_place() {
    let served = served(&["shop"]);
    let named =
        ["sql", "shop", "SELECT :a, $b, @c", "-o", "jsonl", "--param", "a=1", "--param", "b='1'", "--param", "c=null"];
    assert_eq!(served.done(&named), "{\":a\":1,\"$b\":\"1\",\"@c\":null}\n");
    let placed = ["sql", "shop", "SELECT ? AS a, typeof(?2) AS b", "-o", "jsonl", "--arg", "-5", "--arg", "2.5"];
    assert_eq!(served.done(&placed), "{\"a\":-5,\"b\":\"real\"}\n");
    // Only the statement that asks for one gets it.
    let two = ["sql", "shop", "SELECT 1 AS n; SELECT :a AS n", "-o", "name", "--param", "a=2"];
    assert_eq!(served.done(&two), "1\n2\n");
    let ended = served.run(&["sql", "shop", "SELECT ?; SELECT ?", "--arg", "1"]);
    assert_eq!(ended.code, Some(2));
    assert_eq!(served.run(&["sql", "shop", "SELECT 1", "--param", "a"]).code, Some(2));
}

#[test]
fn a_read_only_run_changes_nothing() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a)"]);
    let ended = served.run(&["sql", "shop", "INSERT INTO t VALUES (1)", "--read-only"]);
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert_eq!(served.done(&["sql", "shop", "SELECT count(*) FROM t", "--read-only", "-o", "name"]), "0\n");
}

#[test]
fn several_databases_say_which_one_a_row_is_of() {
    let served = served(&["eu", "us"]);
    served.done(&["sql", "eu", "us", "CREATE TABLE t (a); INSERT INTO t VALUES (7)"]);
    let expected = "[{\"database\":\"eu\",\"a\":7},\n {\"database\":\"us\",\"a\":7}]\n";
    assert_eq!(served.done(&["sql", "eu", "us", "SELECT a FROM t", "-o", "json"]), expected);
}

#[test]
fn what_one_database_answered_is_shown_where_the_next_one_fails() {
    let served = served(&["eu", "us"]);
    served.done(&["sql", "eu", "CREATE TABLE t (a); INSERT INTO t VALUES (7)"]);
    for (database, code) in [("nowhere", 5), ("us", 1)] {
        let ended = served.run(&["sql", "eu", database, "SELECT a FROM t", "-o", "json"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), "[{\"database\":\"eu\",\"a\":7}]\n"));
        let said = format!("database {database}: ");
        assert!(ended.error()["message"].as_str().unwrap().starts_with(&said), "{}", ended.stderr);
        let ended = served.run(&["sql", "eu", database, "SELECT a FROM t"]);
        assert!(ended.stdout.ends_with("eu        7\n"), "{}", ended.stdout);
    }
}

#[test]
fn what_fails_on_one_of_several_databases_is_told_of_it_and_leaves_the_rows_of_the_others_one_document() {
    let served = served(&["eu", "us", "asia"]);
    for database in ["eu", "asia"] {
        served.done(&["sql", database, "CREATE TABLE t (a); INSERT INTO t VALUES (7)"]);
    }
    for (bad, said, total) in [
        (
            "us",
            "error: database us: statement 1 (line 1): SQLite error: no such table: t: SELECT a",
            "1 statement failed",
        ),
        (
            "nowhere",
            "error: database nowhere: cannot open the database nowhere: not found (404): could not find database",
            "1 database failed",
        ),
    ] {
        for (order, rows) in [
            (["eu", bad, "asia"], "[{\"database\":\"eu\",\"a\":7},\n {\"database\":\"asia\",\"a\":7}]\n"),
            ([bad, "asia", "eu"], "[{\"database\":\"asia\",\"a\":7},\n {\"database\":\"eu\",\"a\":7}]\n"),
            (["asia", "eu", bad], "[{\"database\":\"asia\",\"a\":7},\n {\"database\":\"eu\",\"a\":7}]\n"),
        ] {
            let arguments =
                [&["sql"], &order[..], &["SELECT a FROM t", "--on-error", "continue", "-o", "json"]].concat();
            let ended = served.run(&arguments);
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(7), rows), "{order:?}: {}", ended.stderr);
            assert!(ended.stderr.starts_with(said), "{order:?}: {}", ended.stderr);
            assert_eq!((ended.stderr.lines().count(), &ended.error()["message"]), (2, &json!(total)));
        }
    }
    let arguments =
        ["sql", "us", "nowhere", "SELECT a FROM t; SELECT b FROM t", "--on-error", "continue", "-o", "json"];
    let ended = served.run(&arguments);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(7), ""), "{}", ended.stderr);
    assert_eq!(ended.error()["message"], "2 statements and 1 database failed");
}

#[test]
fn every_database_gets_the_statements_of_standard_input() {
    let served = served(&["eu", "us"]);
    let arguments = ["sql", "eu", "us", "--file", "-", "-o", "csv"];
    let ended = piped(&served, &arguments, "CREATE TABLE t (a);\nINSERT INTO t VALUES (7);\nSELECT a FROM t;\n");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "database,a\neu,7\nus,7\n"), "{}", ended.stderr);
    // As from `--file <(..)`, which is no file either.
    #[cfg(unix)]
    {
        let ended = piped(&served, &["sql", "eu", "us", "--file", "/dev/stdin", "-o", "csv"], "SELECT a FROM t;\n");
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "database,a\neu,7\nus,7\n"), "{}", ended.stderr);
    }
    let mut rehearsed = arguments.to_vec();
    rehearsed.extend(["--dry-run", "--fields", "url"]);
    let ended = piped(&served, &rehearsed, "DELETE FROM t;\n");
    assert_eq!(ended.stdout.lines().filter(|line| line.ends_with("/v3/cursor")).count(), 2, "{}", ended.stdout);
}

#[test]
fn a_large_result_streams_and_a_reader_may_have_enough() {
    let served = served(&["shop"]);
    let sql =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i, 'some text' FROM n";
    let mut child = served
        .command(&["sql", "shop", sql, "-o", "csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    for expected in ["i,'some text'\n", "1,some text\n"] {
        line.clear();
        std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
        assert_eq!(line, expected);
    }
    drop(reader);
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn what_cannot_be_run_is_said_before_anything_is() {
    let served = served(&["shop"]);
    let cases: [(&[&str], i32, &str); 4] = [
        (&["sql", "SELECT 1"], 2, "there is a database but no SQL"),
        (&["sql", "nowhere", "SELECT 1"], 5, "nowhere"),
        (&["sql", "shop", "--file", "no-such-file.sql"], 1, "no-such-file.sql"),
        (&["sql", "shop", "SELECT 'a"], 2, "lacks the '"),
    ];
    for (arguments, code, said) in cases {
        let ended = served.run(arguments);
        assert_eq!(ended.code, Some(code), "{arguments:?} {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{arguments:?} {}", ended.stderr);
    }
}

#[test]
fn no_database_gets_anything_where_what_should_be_another_is_none() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a)"]);
    let insert = "INSERT INTO t VALUES (1)";
    // The last is what comes of statements that are given as several words.
    for other in ["Bad_Name", "ftp://example.com", insert] {
        let ended = served.run(&["sql", "shop", other, insert]);
        assert_eq!(ended.code, Some(2), "{other}: {}", ended.stderr);
        assert!(ended.stderr.contains("is not valid"), "{other}: {}", ended.stderr);
    }
    assert_eq!(served.done(&["sql", "shop", "SELECT count(*) FROM t", "-o", "name"]), "0\n");
}

#[test]
fn a_server_that_is_not_there_is_worth_another_try() {
    let served = served(&[]);
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = served.run(&["sql", &format!("http://{unused}"), "SELECT 1", "-o", "json"]);
    assert_eq!(ended.code, Some(9), "{}", ended.stderr);
    assert_eq!(ended.error()["retryable"], true);
}

#[test]
fn what_a_database_answers_is_said_with_the_statement_and_what_to_do() {
    let served = served(&["shop"]);
    served.cloud.faults().on_sql().nth(2).retry_after(Duration::from_secs(900)).reply(429);
    let ended = served.run(&["sql", "shop", "SELECT 1; SELECT 2"]);
    let said = "error: statement 2 (line 1): the database answered 429: fault injected by the local cloud: SELECT 2\n\
                hint: try again in 900 s\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(9), said));
    served.cloud.faults().clear();
    let (url, _) = served.access("shop");
    for (token, status) in [(None, "401"), (Some("abc"), "400")] {
        let mut command = served.command(&["shell", &url, "-c", "SELECT 1"]);
        let ended = Ended::of(command.envs(token.map(|token| ("TURSO_AUTH_TOKEN", token))).output().unwrap());
        assert_eq!(ended.code, Some(4), "{}", ended.stderr);
        let said = format!("error: the database answered {status}: ");
        assert!(
            ended.stderr.starts_with(&said)
                && ended.stderr.contains("hint: a database given by its URL needs a token in TURSO_AUTH_TOKEN"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn a_database_that_is_not_there_is_named_by_everything_that_opens_one() {
    let served = served(&["shop"]);
    let commands: [&[&str]; 4] = [
        &["sql", "shap", "SELECT 1"],
        &["sql", "shap", "SELECT 1", "--dry-run"],
        &["shell", "shap", "-c", "SELECT 1"],
        &["export", "shap", "--out", "-", "--format", "dump"],
    ];
    for arguments in commands {
        let ended = served.run(arguments);
        assert_eq!(ended.code, Some(5), "{arguments:?}: {}", ended.stderr);
        let said = "error: cannot open the database shap: not found (404): ";
        assert!(ended.stderr.starts_with(said), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.ends_with("hint: did you mean shop? All of them: tursoctl db list\n"), "{}", ended.stderr);
    }
}

#[test]
fn a_full_disk_is_told() {
    let served = served(&["shop"]);
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let output = served.command(&["sql", "shop", "SELECT 1"]).stdout(full).output().unwrap();
    let ended = Ended::of(output);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("No space left"), "{}", ended.stderr);
}
