//! Exit code 9 says that nothing was changed, wherever a run broke off.
#![expect(clippy::unwrap_used, reason = "a program that cannot be run fails its test")]

use std::process::{Child, Stdio};

use serde_json::json;
use turso_cloud::contract::databases::DeleteDatabase;

use crate::{
    sql::served,
    support::{Ended, Served, piped},
};

const HINT: &str = "hint: what came before was carried out: look before running it again";

/// What a database holds.
fn content(served: &Served, database: &str) -> String {
    served.done(&["shell", database, "-c", ".dump"])
}

/// How many requests of SQL were made so far.
fn requests(served: &Served) -> u64 {
    served.cloud.requests().all().iter().filter(|request| request.database.is_some()).count() as u64
}

/// Runs something once, and then again and again with each of its requests refused. Yields the codes.
fn codes(served: &Served, databases: &[&str], run: impl Fn() -> Ended) -> Vec<i32> {
    let before = requests(served);
    let ended = run();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let code_of = |nth| {
        let all = || databases.iter().map(|database| content(served, database)).collect::<Vec<_>>();
        let before = all();
        served.cloud.faults().on_sql().nth(nth).reply(429);
        let ended = run();
        served.cloud.faults().clear();
        assert_ne!((ended.code, all() != before), (Some(9), true), "{nth}: {}", ended.stderr);
        assert!(ended.code != Some(1) || ended.stderr.contains(HINT), "{nth}: {}", ended.stderr);
        ended.code.unwrap()
    };
    (1..=requests(served) - before).map(code_of).collect()
}

#[test]
fn a_script_that_breaks_off_is_safe_to_rerun_only_where_nothing_was_committed() {
    let served = served(&["eu", "us"]);
    served.done(&["sql", "eu", "us", "CREATE TABLE t (a)"]);
    let two = "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)";
    let file = served.write("two.sql", two);
    let transaction = "BEGIN; INSERT INTO t VALUES (1); COMMIT; SELECT 1";
    let (one, both): (&[&str], &[&str]) = (&["eu"], &["eu", "us"]);
    // The last request of a database ends its stream, which would end by itself.
    let cases: [(&[&str], &[&str], &[i32]); 6] = [
        (&["sql", "eu", two], one, &[9, 1, 0]),
        (&["sql", "eu", "-f", &file], one, &[9, 1, 0]),
        (&["sql", "eu", "-f", &file, "--single-transaction"], one, &[9, 9, 9, 9, 0]),
        (&["sql", "eu", transaction], one, &[9, 9, 9, 1, 0]),
        (&["sql", "eu", "us", "INSERT INTO t VALUES (1)"], both, &[9, 0, 1, 0]),
        (&["sql", "eu", "us", "SELECT 1; SELECT 2"], both, &[9, 9, 0, 9, 9, 0]),
    ];
    for (arguments, databases, expected) in cases {
        assert_eq!(codes(&served, databases, || served.run(arguments)), expected, "{arguments:?}");
    }
    let shell = || piped(&served, &["shell", "eu"], "INSERT INTO t VALUES (1);\nSELECT 1;\n.tables\n");
    assert_eq!(codes(&served, one, shell), [9, 1, 1, 0]);
}

#[test]
fn a_database_that_cannot_be_reached_behind_one_that_was_changed_is_not_safe_to_rerun() {
    let served = served(&["shop"]);
    served.done(&["sql", "shop", "CREATE TABLE t (a)"]);
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{unused}");
    let change = "INSERT INTO t VALUES (1)";
    for (arguments, code, kind) in [
        (["sql", &url, "shop", change, "-o", "json"], 9, "transient"),
        (["sql", "shop", &url, change, "-o", "json"], 1, "failed"),
        (["sql", "shop", &url, "SELECT 1", "-o", "json"], 9, "transient"),
    ] {
        let ended = served.run(&arguments);
        let error = ended.error();
        assert_eq!((ended.code, &error["kind"], &error["retryable"]), (Some(code), &json!(kind), &json!(code == 9)));
        let said = format!("database {url}: cannot connect to the database");
        assert!(error["message"].as_str().unwrap().starts_with(&said), "{error}");
    }
    assert_eq!(served.done(&["sql", "shop", "SELECT count(*) FROM t", "-o", "name"]), "1\n");
}

/// An import into a database of its own, of which one request is refused.
struct Refused {
    child: Child,
    what: String,
    database: String,
    before: String,
}

#[test]
fn an_import_that_breaks_off_is_safe_to_rerun_only_where_nothing_is_left_of_it() {
    let served = served(&[]);
    let csv = served.write("t.csv", "a\n1\n2\n3\n");
    let dump = served.write("t.sql", "CREATE TABLE made (a);\nINSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\n");
    let sqlite = served.folder.path().join("t.db");
    let rows = "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)";
    rusqlite::Connection::open(&sqlite).unwrap().execute_batch(rows).unwrap();
    let sqlite = sqlite.to_str().unwrap();
    let ways: [(&str, &[&str]); 6] = [
        ("append", &["csv", &csv]),
        ("new", &["csv", &csv, "--table", "new"]),
        ("replace", &["csv", &csv, "--mode", "replace"]),
        ("keep", &["csv", &csv, "--table", "new", "--keep"]),
        ("dump", &["dump", &dump]),
        ("sqlite", &["sqlite", sqlite, "--mode", "append"]),
    ];
    let prepare = |database: &str| {
        served.done(&["db", "create", database, "--quiet"]);
        served.done(&["sql", database, "CREATE TABLE t (a); INSERT INTO t VALUES ('old')"]);
    };
    let arguments = |way: &[&str], database: &str| -> Vec<String> {
        let words = [&["import"], way, &["--to", database, "--batch", "1"]].concat();
        words.into_iter().map(str::to_owned).collect()
    };
    let mut refused = Vec::new();
    for (name, way) in ways {
        let database = format!("{name}-whole");
        prepare(&database);
        let before = requests(&served);
        let words = arguments(way, &database);
        served.done(&words.iter().map(String::as_str).collect::<Vec<_>>());
        for nth in 1..=requests(&served) - before {
            let database = format!("{name}-{nth}");
            prepare(&database);
            let before = content(&served, &database);
            served.cloud.faults().on_sql().database(&database).nth(nth).reply(429);
            let words = arguments(way, &database);
            let mut command = served.command(&words.iter().map(String::as_str).collect::<Vec<_>>());
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            refused.push(Refused { child, what: format!("{name} {nth}"), database, before });
        }
    }
    let ended = |refused: Refused| {
        let Refused { child, what, database, before } = refused;
        (Ended::of(child.wait_with_output().unwrap()), what, database, before)
    };
    let ended: Vec<_> = refused.into_iter().map(ended).collect();
    served.cloud.faults().clear();
    let mut codes = Vec::new();
    for (ended, what, database, before) in ended {
        let is_changed = content(&served, &database) != before;
        assert_ne!((ended.code, is_changed), (Some(9), true), "{what}: {}", ended.stderr);
        codes.push((what, ended.code.unwrap(), is_changed));
    }
    // Of each code there are some.
    assert!(codes.iter().any(|(_, code, _)| *code == 9), "{codes:?}");
    assert!(codes.iter().any(|(_, code, is_changed)| *code == 1 && *is_changed), "{codes:?}");
}

#[test]
fn a_deletion_that_is_refused_is_safe_to_rerun_only_where_nothing_else_was_deleted() {
    let served = served(&["test-1", "test-2"]);
    let databases = || served.done(&["db", "list", "-o", "name"]);
    let delete = ["db", "delete", "--glob", "test-*", "--yes"];
    // Which of the two it is, is not said: they are sent at once.
    served.cloud.faults().on::<DeleteDatabase>().nth(1).reply(429);
    let ended = served.run(&delete);
    assert_eq!((ended.code, databases().lines().count()), (Some(7), 1), "{}", ended.stderr);

    served.cloud.faults().on::<DeleteDatabase>().nth(1).reply(429);
    let left = databases();
    assert_eq!((served.run(&delete).code, databases()), (Some(9), left));
    assert_eq!((served.run(&delete).code, databases().as_str()), (Some(0), ""));
}
