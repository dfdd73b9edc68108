//! Databases that start with a file.
#![expect(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Served, text};

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

#[test]
fn a_dump_becomes_a_database() {
    let served = Served::new();
    let dump = served.write("orders.sql", "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE orders (item TEXT);\nINSERT INTO orders VALUES ('tea');\nCOMMIT;\n");
    let created = served.run(&["db", "create", "orders", "--from-dump", &dump, "-o", "name"]);
    assert_eq!((created.code, created.stdout.as_str()), (Some(0), "db/orders\n"), "{}", created.stderr);
    assert_eq!(first_value(&served, "orders", "SELECT item FROM orders"), "tea");
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
