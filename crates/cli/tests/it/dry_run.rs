//! A dry run changes nothing and shows what it would send.

use serde_json::{Value, json};

use crate::{
    catalogue::SITTING,
    support::{Served, text},
};

#[test]
fn a_dry_run_shows_the_requests_and_changes_nothing() {
    let served = Served::new();
    served.done(&["db", "create", "orders"]);
    let before = served.done(&["api", "GET", "/v1/organizations/acme/audit-logs"]);
    for (arguments, expected) in [
        (
            &["db", "create", "items", "--group", "default", "--wait"][..],
            vec![("POST", "/v1/organizations/acme/databases")],
        ),
        (&["db", "delete", "orders"], vec![("DELETE", "/v1/organizations/acme/databases/orders")]),
        (&["db", "branch", "orders", "copy"], vec![("POST", "/v1/organizations/acme/databases")]),
        (&["db", "protect", "orders", "on"], vec![("PATCH", "/v1/organizations/acme/databases/orders/configuration")]),
        (&["group", "delete", "default"], vec![("DELETE", "/v1/organizations/acme/groups/default")]),
        (&["org", "members", "add", "eve"], vec![("POST", "/v1/organizations/acme/members")]),
        (&["api", "DELETE", "/v1/organizations/acme"], vec![("DELETE", "/v1/organizations/acme")]),
        (
            &["db", "create", "a", "b", "--group", "default"],
            vec![("POST", "/v1/organizations/acme/databases"), ("POST", "/v1/organizations/acme/databases")],
        ),
    ] {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--dry-run", "-o", "json"]);
        let ended = served.run(&arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        let requests = ended.json();
        let sent: Vec<(&str, String)> = requests
            .as_array()
            .unwrap()
            .iter()
            .map(|request| {
                let url = request["url"].as_str().unwrap();
                (request["method"].as_str().unwrap(), url.strip_prefix(&served.url()).unwrap().to_owned())
            })
            .collect();
        let sent: Vec<(&str, &str)> = sent.iter().map(|(method, path)| (*method, path.as_str())).collect();
        assert_eq!(sent, expected, "{arguments:?}");
    }
    assert_eq!(served.done(&["api", "GET", "/v1/organizations/acme/audit-logs"]), before);
}

#[test]
fn a_dry_run_finds_what_is_not_there() {
    let served = Served::new();
    assert_eq!(served.run(&["db", "branch", "nothing", "copy", "--dry-run"]).code, Some(5));
}

#[test]
fn the_body_is_shown_as_it_would_be_sent() {
    let served = Served::new();
    let shown: Value = served.run(&["db", "create", "orders", "--size-limit", "1gib", "--dry-run", "--json"]).json();
    assert_eq!(shown[0]["body"], json!({"name": "orders", "group": "default", "size_limit": "1073741824"}));
}

#[test]
fn no_command_sends_anything_but_questions() {
    let served = Served::new();
    served.done(&["db", "create", "orders"]);
    served.done(&["sql", "orders", "CREATE TABLE goods (id)"]);
    let rows = served.write("goods.csv", "id\n1\n");
    let dump = served.write("dump.sql", "CREATE TABLE t (a);\n");
    let out = |name: &str| text(&served.folder.path().join(name));
    let file = out("file.db");
    rusqlite::Connection::open(&file).unwrap().execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a)").unwrap();
    let with_files = [
        &["sql", "orders", "INSERT INTO goods VALUES (1)"][..],
        &["shell", "orders", "-c", "DELETE FROM goods"],
        &["import", "csv", &rows, "--to", "orders"],
        &["import", "dump", &dump, "--to", "orders"],
        &["import", "sqlite", &file, "--to", "orders", "--mode", "append"],
        &["import", "sqlite", &file, "--to", "new", "--create"],
        &["export", "orders", "--out", &out("written.db"), "--verify"],
        &["export", "--all", "--out", &out("written"), "--format", "csv"],
        &["audit", "export", "--out", &out("written.jsonl")],
        &["db", "create", "new", "--from-file", &file, "--group", "default"],
        &["db", "env", "orders"],
        &["doctor"],
    ];
    let sitting: Vec<Vec<&str>> = SITTING.iter().map(|line| line.split(' ').collect()).collect();
    let before = served.cloud.requests().all().len();
    for arguments in sitting.iter().map(Vec::as_slice).chain(with_files) {
        let ended = served.run(&[arguments, &["--dry-run", "-o", "json"]].concat());
        // What is not there is found to be missing.
        assert!(matches!(ended.code, Some(0 | 5)), "{arguments:?}: {}", ended.stderr);
    }
    let sent = served.cloud.requests().all();
    let changes: Vec<_> = sent.iter().skip(before).filter(|request| request.method != "GET").collect();
    assert!(changes.is_empty() && sent.len() > before, "{changes:?}");
    let written: Vec<_> =
        std::fs::read_dir(served.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(written.len(), 3, "{written:?}");
}

#[test]
fn sql_is_shown_with_its_values_and_not_run() {
    let served = Served::new();
    served.done(&["db", "create", "orders"]);
    let sql = "INSERT INTO goods VALUES (:id); SELECT 1";
    let ended =
        served.run(&["sql", "orders", sql, "--param", "id=7", "--single-transaction", "--dry-run", "-o", "json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let requests = ended.json();
    assert!(
        requests[0]["url"]
            .as_str()
            .unwrap()
            .ends_with("/databases/orders/auth/tokens?expiration=1h&authorization=full-access"),
        "{requests}"
    );
    let bodies: Vec<_> = requests.as_array().unwrap().iter().skip(1).map(|request| request["body"].clone()).collect();
    let insert = json!({"sql": "INSERT INTO goods VALUES (:id)", "named_args": [{"name": "id", "value": {"type": "integer", "value": "7"}}]});
    assert_eq!(bodies, [json!({"sql": "BEGIN"}), insert, json!({"sql": "SELECT 1"}), json!({"sql": "COMMIT"})]);
    assert!(requests[1]["url"].as_str().unwrap().ends_with("/v3/cursor"), "{requests}");
    let broken = served.run(&["sql", "orders", "SELECT 'never", "--dry-run"]);
    assert_eq!(broken.code, Some(2), "{}", broken.stderr);
}

#[test]
fn an_export_says_what_it_would_write() {
    let served = Served::new();
    served.done(&["db", "create", "orders"]);
    let there = served.write("there.db", "");
    assert_eq!(served.run(&["export", "orders", "--out", &there, "--dry-run"]).code, Some(6));
    let folder = text(&served.folder.path().join("backup"));
    let ended = served.run(&["export", "--all", "--out", &folder, "--dry-run", "-o", "json"]);
    assert!(ended.stderr.contains(&format!("this would export orders to {folder}/orders.db")), "{}", ended.stderr);
    assert_eq!(ended.json().as_array().unwrap().len(), 1, "a token is created");
}
