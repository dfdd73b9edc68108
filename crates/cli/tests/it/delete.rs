//! Many databases deleted at once.

use serde_json::{Value, json};
use turso_cloud::contract::databases::ListDatabases;

use crate::{
    sql::served,
    support::{Ended, Served},
};

fn left(served: &Served) -> Vec<String> {
    served.done(&["db", "list", "-o", "name"]).lines().map(|line| line.trim_start_matches("db/").to_owned()).collect()
}

fn delete(served: &Served, arguments: &[&str]) -> Ended {
    served.run(&[&["db", "delete"], arguments].concat())
}

#[test]
fn a_pattern_deletes_what_matches_and_nothing_else() {
    let served = served(&["test-1", "test-2", "orders", "my-test-1", "test"]);
    let ended = delete(&served, &["--glob", "test-?", "--yes"]);
    assert_eq!((ended.code, &*ended.stdout), (Some(0), ""), "{}", ended.stderr);
    assert_eq!(ended.stderr, "deleted the database test-1\ndeleted the database test-2\n");
    assert_eq!(left(&served), ["orders", "my-test-1", "test"]);

    let again = delete(&served, &["--glob", "test-?", "--yes"]);
    assert_eq!(again.code, Some(5));
    assert_eq!(again.stderr, "error: there is no database like \"test-?\"\nhint: tursoctl db list\n");
    let ended = delete(&served, &["--glob", "test-?", "--yes", "--if-exists"]);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), "there is no database like \"test-?\"\n"));
}

#[test]
fn what_is_confirmed_is_how_many_they_are_and_which() {
    let names: Vec<_> = (1..=12).map(|number| format!("test-{number:02}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).chain(["orders"]).collect();
    let served = served(&names);
    let ended = delete(&served, &["--glob", "test-*"]);
    assert_eq!(ended.code, Some(8));
    let first = names[..10].join(", ");
    let said = format!("error: this would delete 12 databases: {first} and 2 more, and there is nobody to ask");
    assert!(ended.stderr.starts_with(&said), "{}", ended.stderr);
    assert_eq!(left(&served).len(), 13);
}

#[test]
fn all_databases_take_more_than_a_yes() {
    let served = served(&["eu", "us"]);
    let confirm = "hint: give --confirm acme to do it\n";
    for pattern in ["*", "**", "?*", "??"] {
        let ended = delete(&served, &["--glob", pattern, "--yes"]);
        assert_eq!(ended.code, Some(8), "{pattern}");
        let said =
            "error: this would delete all 2 databases of the organization acme: eu, us, and there is nobody to ask";
        assert!(ended.stderr.starts_with(said) && ended.stderr.ends_with(confirm), "{}", ended.stderr);
    }
    let ended = delete(&served, &["--glob", "*", "--confirm", "umbrella"]);
    assert_eq!(ended.code, Some(8), "{}", ended.stderr);
    for arguments in [&["--glob", "", "--yes"][..], &["--glob=", "--yes", "--confirm", "acme"]] {
        let ended = delete(&served, arguments);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    }
    assert_eq!(left(&served), ["eu", "us"]);

    let ended = delete(&served, &["--glob", "*", "--confirm", "acme"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(left(&served).is_empty());
}

#[test]
fn a_pattern_with_a_name_in_it_takes_a_yes_though_it_be_all() {
    let served = served(&["test-1", "test-2"]);
    let ended = delete(&served, &["--glob", "test-*"]);
    assert!(ended.stderr.contains("all 2 databases of the organization acme"), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("hint: give --yes to do it\n"), "{}", ended.stderr);
    assert_eq!(delete(&served, &["--glob", "test-*", "--yes"]).code, Some(0));
}

#[test]
fn a_dry_run_shows_each_request_and_deletes_nothing() {
    let served = served(&["test-1", "test-2", "orders"]);
    let ended = delete(&served, &["--glob", "*", "--dry-run", "-o", "json"]);
    let requests = ended.json();
    let urls: Vec<_> = requests.as_array().unwrap().iter().map(|request| request["url"].as_str().unwrap()).collect();
    let url = |name| format!("{}/v1/organizations/acme/databases/{name}", served.url());
    assert_eq!(urls, [url("orders"), url("test-1"), url("test-2")]);
    assert_eq!(left(&served).len(), 3);
}

#[test]
fn what_is_protected_stays_and_is_told_of() {
    let served = served(&["test-1", "test-2", "test-3"]);
    served.done(&["db", "protect", "test-2", "on"]);
    let ended = delete(&served, &["--glob", "test-*", "--yes"]);
    assert_eq!(ended.code, Some(7));
    let said = "cannot delete the database test-2: forbidden (403): database test-2 is delete-protected";
    assert!(ended.stderr.contains(&format!("deleted the database test-1\n{said}")), "{}", ended.stderr);
    let whole = "error: 1 of 3 failed: test-2\nhint: tursoctl db protect test-2 off\n";
    assert!(ended.stderr.ends_with(whole), "{}", ended.stderr);
    assert_eq!(left(&served), ["test-2"]);
}

#[test]
fn a_program_is_told_what_became_of_each() {
    let served = served(&["eu", "us"]);
    let ended = delete(&served, &["eu", "nowhere", "us", "--yes", "-o", "json"]);
    assert_eq!(ended.code, Some(7));
    let outcomes = ended.json();
    let of = |index: usize| (outcomes[index]["name"].clone(), outcomes[index]["outcome"].clone());
    assert_eq!(of(0), (json!("eu"), json!("deleted")));
    assert_eq!(of(1), (json!("nowhere"), json!("failed")));
    assert_eq!(of(2), (json!("us"), json!("deleted")));
    assert_eq!(outcomes[0].get("error"), None);
    let error = outcomes[1]["error"].as_str().unwrap();
    assert!(error.starts_with("cannot delete the database nowhere: not found (404)"), "{error}");
    let whole = ended.error();
    assert_eq!(whole["message"], format!("1 of 3 failed: {error}"));

    let ended = delete(&served, &["eu", "--yes", "--if-exists", "-o", "json"]);
    assert_eq!(ended.json(), json!([{ "name": "eu", "outcome": "absent" }]));
    let ended = delete(&served, &["eu", "--yes", "-o", "json"]);
    assert_eq!((ended.code, ended.stdout.is_empty()), (Some(5), false));
    assert_eq!(serde_json::from_str::<Value>(&ended.stdout).unwrap()[0]["outcome"], "failed");
}

#[test]
fn each_that_is_absent_is_one_line_and_one_request() {
    let served = served(&["b"]);
    let before = served.cloud.requests().all().len();
    let ended = delete(&served, &["a", "b", "c", "--yes"]);
    assert_eq!(ended.code, Some(7));
    let absent = |name| {
        format!(
            "cannot delete the database {name}: not found (404): could not find database with name {name}: record not found"
        )
    };
    let said = format!("{}\ndeleted the database b\n{}\nerror: 2 of 3 failed: a, c\n", absent("a"), absent("c"));
    assert_eq!(ended.stderr, said);
    assert_eq!(served.cloud.requests().all().len() - before, 3);
}

#[test]
fn nothing_is_deleted_where_it_is_not_known_what_there_is() {
    let served = served(&["test-1"]);
    served.cloud.faults().on::<ListDatabases>().reply(429);
    let ended = delete(&served, &["--glob", "test-*", "--yes"]);
    served.cloud.faults().clear();
    assert_eq!(ended.code, Some(9), "{}", ended.stderr);
    assert_eq!(left(&served), ["test-1"]);
}
