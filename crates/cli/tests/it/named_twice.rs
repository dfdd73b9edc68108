//! What is named twice is one: it is done once, said once, and in the order of the first naming.

use serde_json::Value;

use crate::{sql::served, support::text};

#[test]
fn a_database_that_is_named_twice_is_one() {
    let served = served(&[]);
    let created: Value = serde_json::from_str(&served.done(&["db", "create", "us", "eu", "us", "-o", "json"])).unwrap();
    assert_eq!(created.as_array().unwrap().iter().map(|one| &one["Name"]).collect::<Vec<_>>(), ["us", "eu"]);
    let again = served.run(&["db", "create", "us", "us"]);
    assert!(again.code == Some(6) && again.stderr.starts_with("error: cannot create the database us: "), "{again:?}");

    served.done(&["sql", "us", "eu", "us", "CREATE TABLE t (a); INSERT INTO t VALUES (1)"]);
    assert_eq!(served.done(&["sql", "us", "us", "SELECT a FROM t", "-o", "csv"]), "a\n1\n");
    let dry = served.run(&["sql", "us", "us", "SELECT 1", "--dry-run", "-o", "json"]).json();
    assert_eq!(
        dry.as_array().unwrap().iter().filter(|request| request["body"].get("sql").is_some()).count(),
        1,
        "{dry}"
    );

    let folder = text(&served.folder.path().join("backup"));
    let exported = served.done(&["export", "us", "eu", "us", "--out", &folder, "-o", "csv", "--fields", "database"]);
    assert_eq!(exported, "database\nus\neu\n");
    assert!(served.done(&["export", "us", "us", "--out", "-", "--format", "dump"]).contains("CREATE TABLE t"));

    let asked = served.run(&["db", "delete", "us", "us"]);
    assert!(asked.stderr.starts_with("error: this would delete the database us, and"), "{}", asked.stderr);
    let deleted = served.run(&["db", "delete", "us", "eu", "us", "--yes"]);
    assert_eq!((deleted.code, &*deleted.stderr), (Some(0), "deleted the database us\ndeleted the database eu\n"));
}

#[test]
fn a_token_that_is_named_twice_is_one() {
    let served = served(&[]);
    served.done(&["auth", "tokens", "create", "ci"]);
    let revoked = served.run(&["auth", "tokens", "revoke", "ci", "ci", "--yes"]);
    assert_eq!((revoked.code, &*revoked.stderr), (Some(0), "revoked ci\n"));
}

#[test]
fn a_database_to_attach_that_is_named_twice_is_one() {
    let served = served(&["eu", "us"]);
    let arguments = ["db", "tokens", "create", "eu", "--attach", "us", "--attach", "us,us", "--dry-run", "-o", "json"];
    let sent = served.run(&arguments).json();
    assert_eq!(sent[0]["body"]["permissions"]["read_attach"]["databases"], serde_json::json!(["us"]), "{sent}");
}
