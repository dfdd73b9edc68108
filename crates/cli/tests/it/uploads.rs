//! Databases that start with a file.
#![expect(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use rusqlite::Connection;
use serde_json::Value;
use turso_cloud::contract::databases::{CreateDatabase, DeleteDatabase};
use turso_cloud_local::{Fault, FaultRule};

#[cfg(unix)]
use crate::signals::{send, wait_for};
use crate::support::{Ended, Served, text};

fn database(served: &Served, name: &str) -> String {
    let path = served.folder.path().join(name);
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT);
             INSERT INTO orders (item) VALUES ('tea'), ('cake'); PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .unwrap();
    text(&path)
}

/// The first column of the first row, asked with the URL and the token of `db env`.
fn first_value(served: &Served, database: &str, sql: &str) -> Value {
    let environment = served.run(&["db", "env", database, "-o", "json"]).json();
    let url = environment["TURSO_DATABASE_URL"].as_str().unwrap().replace("libsql://", "http://");
    let body = serde_json::json!({"requests": [{"type": "execute", "stmt": {"sql": sql}}, {"type": "close"}]});
    let request = http::Request::post(format!("{}/v2/pipeline", url.trim_end_matches('/')))
        .header("host", url.trim_start_matches("http://").split('/').next().unwrap())
        .header("authorization", format!("Bearer {}", environment["TURSO_AUTH_TOKEN"].as_str().unwrap()))
        .body(turso_cloud::transport::Body::from(serde_json::to_vec(&body).unwrap()))
        .unwrap();
    let answer = served.runtime.block_on(async {
        let answer = turso_cloud::transport::Transport::send(&served.cloud, request).await.unwrap();
        answer.into_body().collect(1 << 20).await.unwrap()
    });
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    answer["results"][0]["response"]["result"]["rows"][0][0]["value"].clone()
}

#[test]
fn a_file_becomes_a_database() {
    let served = Served::new();
    let file = database(&served, "orders.db");
    let created = served.run(&["db", "create", "orders", "--from-file", &file, "-o", "json"]);
    assert_eq!(created.code, Some(0), "{}", created.stderr);
    assert_eq!(created.json()["Name"], "orders");
    assert_eq!(created.stderr, "", "nothing is drawn where nobody looks");
    assert_eq!(first_value(&served, "orders", "SELECT count(*) FROM orders"), "2");
}

/// What a hint has for the shell of SQLite.
fn sql_of_hint<'s>(stderr: &'s str, file: &str) -> &'s str {
    let (_, hint) = stderr.split_once("\nhint: ").unwrap();
    let (_, command) = hint.split_once("sqlite3 ").unwrap();
    // The file is in quotes if the folder of temporary files needs them.
    let (_, sql) = command.split_once(file).unwrap().1.split_once(" '").unwrap();
    sql.split_once('\'').unwrap().0
}

#[test]
fn a_file_that_cannot_be_uploaded_is_refused_before_anything_is_asked_with_what_to_type() {
    let served = Served::new();
    let wal = "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);";
    let cases = [
        ("journal", "PRAGMA journal_mode = DELETE; CREATE TABLE t (a); INSERT INTO t VALUES (1);", "not in WAL mode"),
        ("pages", &format!("PRAGMA page_size = 1024; {wal}"), "page size is 1024"),
        ("vacuum", &format!("PRAGMA auto_vacuum = FULL; {wal}"), "auto_vacuum is on"),
    ];
    for (name, content, said) in cases {
        let file = text(&served.folder.path().join(format!("{name}.db")));
        Connection::open(&file).unwrap().execute_batch(content).unwrap();
        let import = ["import", "sqlite", &file, "--to", name, "--create"];
        let create = ["db", "create", name, "--from-file", &file];
        let before = served.cloud.requests().all().len();
        let mut refused = String::new();
        for arguments in [&import[..], &create] {
            for more in [&["--dry-run"][..], &[]] {
                let ended = served.run(&[arguments, more].concat());
                assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.stderr);
                assert!(ended.stderr.contains(said), "{arguments:?}: {}", ended.stderr);
                refused = ended.stderr;
            }
        }
        assert_eq!(served.cloud.requests().all().len(), before, "{name}");
        Connection::open(&file).unwrap().execute_batch(sql_of_hint(&refused, &file)).unwrap();
        served.done(&import);
        assert_eq!(served.done(&["sql", name, "SELECT count(*) FROM t", "-o", "name"]), "1\n");
    }
    let file = served.write("none.db", &"no database at all".repeat(300));
    for more in [&["--create"][..], &[]] {
        let ended = served.run(&[&["import", "sqlite", &file, "--to", "none"], more].concat());
        assert!(ended.code == Some(2) && ended.stderr.contains("\nhint: "), "{}", ended.stderr);
    }
}

#[test]
fn a_dump_becomes_a_database() {
    let served = Served::new();
    let dump = served.write("orders.sql", "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE orders (item TEXT);\nINSERT INTO orders VALUES ('tea');\nCOMMIT;\n");
    let created = served.run(&["db", "create", "orders", "--from-dump", &dump, "-o", "name"]);
    assert_eq!((created.code, created.stdout.as_str()), (Some(0), "db/orders\n"), "{}", created.stderr);
    assert_eq!(first_value(&served, "orders", "SELECT item FROM orders"), "tea");
}

fn import(served: &Served) -> Command {
    let file = database(served, "orders.db");
    let mut command = served.command(&["import", "sqlite", &file, "--to", "orders", "--create"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A fault of the pieces of an upload that has no effect yet, and one that does nothing but count deletions of databases.
fn piece(served: &Served) -> (FaultRule<'_>, Fault) {
    let faults = served.cloud.faults();
    (faults.on_path("/v2/upload/*/chunk/*"), faults.on::<DeleteDatabase>().latency(Duration::ZERO))
}

#[cfg(unix)]
#[test]
fn an_interrupted_upload_deletes_its_database_once() {
    let served = Served::new();
    let (piece, deletions) = piece(&served);
    let hanging = piece.hang();
    let child = import(&served).spawn().unwrap();
    wait_for(&hanging);
    send(&child, "INT");
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!((ended.code, deletions.count()), (Some(130), 1), "{}", ended.stderr);
    assert!(ended.stderr.contains("bytes; the database was removed again"), "{}", ended.stderr);
    assert_eq!(served.done(&["db", "list", "-o", "json"]), "[]\n");
}

#[test]
fn an_upload_that_fails_deletes_its_database_once() {
    let served = Served::new();
    let (piece, deletions) = piece(&served);
    piece.reply(400);
    let ended = Ended::of(import(&served).output().unwrap());
    assert_eq!((ended.code, deletions.count()), (Some(6), 1), "{}", ended.stderr);
    assert!(ended.stderr.contains("the database was removed again"), "{}", ended.stderr);
    assert_eq!(served.done(&["db", "list", "-o", "json"]), "[]\n");
}

#[test]
fn an_upload_deletes_no_database_that_it_has_not_created() {
    let served = Served::new();
    let (_, deletions) = piece(&served);
    served.cloud.faults().on::<CreateDatabase>().reply(409);
    let ended = Ended::of(import(&served).output().unwrap());
    assert_eq!((ended.code, deletions.count()), (Some(6), 0), "{}", ended.stderr);
}

#[test]
fn a_database_whose_creation_was_not_answered_is_removed_before_its_file_is_sent() {
    let served = Served::new();
    let (_, deletions) = piece(&served);
    served.cloud.faults().on::<CreateDatabase>().carried_out().reset();
    let ended = Ended::of(import(&served).output().unwrap());
    assert_eq!((ended.code, deletions.count()), (Some(1), 1), "{}", ended.stderr);
    assert!(ended.stderr.contains("the database was removed again"), "{}", ended.stderr);
    assert_eq!(served.done(&["db", "list", "-o", "json"]), "[]\n");
}

#[test]
fn a_file_that_is_no_database_makes_none() {
    let served = Served::new();
    let file = served.write("orders.db", &"no database ".repeat(1000));
    let refused = served.run(&["db", "create", "orders", "--from-file", &file]);
    assert_ne!(refused.code, Some(0));
    assert_eq!(served.done(&["db", "list", "-o", "json"]), "[]\n");
}

/// As the service has been seen to answer for some seconds.
#[test]
fn whoever_waits_for_a_database_gets_one_that_answers_however_it_is_made() {
    let served = Served::new();
    let dump = served
        .write("dump.sql", "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE orders (item TEXT);\nCOMMIT;\n");
    for arguments in [
        &["db", "create", "orders", "--from-dump", &dump][..],
        &["db", "create", "orders", "--if-not-exists"],
        &["db", "create", "others", "--if-not-exists"],
    ] {
        let fault = served.cloud.faults().on_sql().times(2).reply(404);
        served.done(&[arguments, &["--wait", "--quiet"]].concat());
        assert_eq!(fault.count(), 2, "{arguments:?}");
    }
}
