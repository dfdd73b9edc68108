//! A dry run changes nothing and shows what it would send.

use serde_json::{Value, json};

use crate::support::Served;

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
