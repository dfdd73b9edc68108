//! What the service refuses, and the exit code it becomes.

use std::time::Duration;

use axum::{Router, http::StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use turso_cloud::contract::{
    databases::{CreateDatabase, ListDatabases},
    groups::WaitForGroupLocation,
};

use crate::support::{Ended, Served, bare, fed};

#[test]
fn exit_codes_tell_kinds_of_failure_apart() {
    let served = Served::new();
    served.done(&["db", "create", "orders"]);
    let code = |arguments: &[&str]| served.run(arguments).code;
    assert_eq!(code(&["db", "get", "nothing"]), Some(5));
    assert_eq!(code(&["db", "create", "orders"]), Some(6));
    assert_eq!(code(&["db", "create", "Orders"]), Some(2));
    assert_eq!(code(&["db", "delete", "orders", "nothing", "--yes"]), Some(7));
    assert_eq!(code(&["group", "delete", "default"]), Some(8));
    assert_eq!(code(&["group", "list", "--api-url", "http://127.0.0.1:1"]), Some(9));
    let token = served.write("token", "eyJh.eyJqdGkiOiJ4In0.c2ln");
    assert_eq!(code(&["group", "list", "--token-file", &token]), Some(4));
}

#[test]
fn a_server_error_is_safe_to_run_again_only_when_nothing_can_have_happened() {
    let served = Served::new();
    served.cloud.faults().on::<ListDatabases>().nth(1).reply(503);
    let listed = served.run(&["db", "list", "-o", "json"]);
    assert_eq!((listed.code, &listed.error()["retryable"]), (Some(9), &Value::Bool(true)));

    served.cloud.faults().on::<CreateDatabase>().nth(1).reply(503);
    let created = served.run(&["db", "create", "orders", "--group", "default", "-o", "json"]);
    assert_eq!((created.code, &created.error()["retryable"]), (Some(1), &Value::Bool(false)));
    assert!(created.error()["hint"].as_str().unwrap().contains("may have happened"));
}

#[test]
fn a_rate_limit_says_when_to_come_back() {
    let served = Served::new();
    served.cloud.faults().on::<ListDatabases>().nth(1).retry_after(Duration::from_secs(7)).reply(429);
    let listed = served.run(&["db", "list", "-o", "json"]);
    assert_eq!(listed.code, Some(9));
    assert_eq!(listed.error()["kind"], "rate_limited");
    assert!(listed.error()["hint"].as_str().unwrap().contains('7'), "{}", listed.stderr);
}

#[test]
fn the_envelope_holds_what_a_program_needs() {
    let served = Served::new();
    let ended = served.run(&["db", "get", "nothing", "-o", "json"]);
    let error = ended.error();
    assert_eq!(ended.stdout, "");
    assert_eq!(error["kind"], "not_found");
    assert_eq!(error["exit_code"], 5);
    assert_eq!(error["retryable"], false);
    assert_eq!(error["http"]["status"], 404);
    assert_eq!(error["http"]["method"], "GET");
    assert_eq!(error["http"]["path"], "/v1/organizations/{organization}/databases/{database}");
    assert!(error["message"].as_str().unwrap().starts_with("cannot get the database nothing: "));
}

/// Such as a web server: whether the database is there it does not know.
#[test]
fn what_is_not_the_api_is_not_believed_that_something_is_not_there() {
    let served = Served::new();
    let listener = served.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let page = Router::new().fallback(|| async { (StatusCode::NOT_FOUND, "<html>404 Not Found</html>") });
    served.runtime.spawn(axum::serve(listener, page).into_future());
    for arguments in [
        &["db", "get", "orders"][..],
        &["db", "list"],
        &["group", "get", "default"],
        &["sql", "orders", "SELECT 1"],
        &["export", "orders", "--out", "x"],
        &["audit", "list"],
        &["doctor"],
        &["db", "delete", "orders", "--yes"],
        &["db", "delete", "orders", "other", "--yes"],
        &["auth", "login", "--token-stdin"],
    ] {
        let mut command = served.command(&[arguments, &["-o", "json"]].concat());
        command.env("TURSO_API_BASEURL", &url);
        let ended = fed(command, &served.token());
        let hint = format!(
            "what answers at {url} (environment variable TURSO_API_BASEURL) does not look like the Platform API"
        );
        let error = ended.error();
        let code = if arguments.contains(&"other") { 7 } else { 1 };
        assert_eq!((ended.code, error["hint"].as_str()), (Some(code), Some(&*hint)), "{arguments:?}: {error}");
    }
}

/// To create it again would be refused.
#[test]
fn a_group_that_is_there_but_not_ready_is_not_worth_another_try() {
    let served = Served::new();
    for (arguments, said) in [
        (
            &["group", "create", "eu", "--location", "aws-eu-west-1"][..],
            "the group eu is there, but aws-eu-west-1 is not ready",
        ),
        (&["group", "locations", "add", "eu", "aws-us-east-1"], "the group eu has the new location, but aws-us-east-1"),
    ] {
        served.cloud.faults().on::<WaitForGroupLocation>().nth(1).reply(503);
        let ended = served.run(&[arguments, &["--wait", "-o", "json"]].concat());
        let error = ended.error();
        assert_eq!((ended.code, &error["retryable"]), (Some(1), &false.into()), "{}", ended.stderr);
        assert!(error["message"].as_str().unwrap().starts_with(said), "{error}");
        let hint = error["hint"].as_str().unwrap().strip_prefix("tursoctl ").unwrap();
        served.done(&hint.split(' ').collect::<Vec<_>>());
    }
}

#[test]
fn errors_are_one_line_of_json_wherever_json_is_asked_for() {
    let served = Served::new();
    let as_variable =
        |arguments: &[&str]| Ended::of(served.command(arguments).env("TURSOCTL_OUTPUT", "json").output().unwrap());
    for arguments in [&["db", "create", ""][..], &["db", "get"], &["db", "delete", "nope1", "nope2", "--yes"]] {
        for ended in [as_variable(arguments), served.run(&[arguments, &["-o", "json"]].concat())] {
            assert_eq!(ended.stderr.lines().count(), 1, "{arguments:?}: {}", ended.stderr);
            assert_eq!(ended.error()["exit_code"], ended.code.unwrap());
        }
    }
    for asked in [&["-ojson"][..], &["-o=json"], &["--output=json"], &["--output", "json"], &["--json"]] {
        let ended = served.run(&[&["db", "get"], asked].concat());
        assert_eq!(ended.error()["exit_code"], 2, "{asked:?}");
    }
    let in_words = as_variable(&["db", "create", "", "-o", "table"]);
    assert!(in_words.stderr.starts_with("error: "), "{}", in_words.stderr);
}

#[test]
fn nothing_is_sent_without_an_organization_or_a_token() {
    let served = Served::new();
    let run = |arguments: &[&str], without: &str| {
        let output = served.command(arguments).env_remove(without).output().unwrap();
        crate::support::Ended::of(output)
    };
    let ended = run(&["db", "list"], "TURSO_ORG");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("hint: tursoctl profile set organization=SLUG"), "{}", ended.stderr);
    let ended = run(&["db", "list"], "TURSO_API_TOKEN");
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains("hint: tursoctl auth login"), "{}", ended.stderr);
}

#[test]
fn what_needs_no_settings_works_with_broken_ones() {
    let served = Served::new();
    let folder = served.config_folder();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "profile = [").unwrap();
    for arguments in [&["version"][..], &["--version"], &["completion", "bash"], &["docs"], &["--help"]] {
        let output = bare(arguments).env("TURSOCTL_CONFIG_DIR", &folder).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
    let ended = served.run(&["db", "list"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("config.toml line 1"), "{}", ended.stderr);
}

#[test]
fn a_quiet_run_still_tells_every_error() {
    let served = Served::new();
    let ended = served.run(&["db", "delete", "nope1", "nope2", "--yes", "--quiet"]);
    assert_eq!(ended.code, Some(7));
    for name in ["nope1", "nope2"] {
        assert!(ended.stderr.contains(&format!("cannot delete the database {name}: ")), "{}", ended.stderr);
    }
    served.done(&["db", "create", "shop", "--quiet"]);
    for command in [&["sql", "shop", "SELECT wrong; SELECT 1"][..], &["shell", "shop", "-c", "SELECT wrong; SELECT 1"]]
    {
        let ended = served.run(&[command, &["--on-error", "continue", "-q"]].concat());
        assert_eq!(ended.code, Some(7));
        assert!(ended.stderr.contains("error: statement 1 (line 1): "), "{command:?}: {}", ended.stderr);
    }
}

#[test]
fn a_region_service_that_is_not_there_is_found_by_the_doctor() {
    let served = Served::new();
    let mut command = served.command(&["doctor", "-o", "csv", "--fields", "check,ok"]);
    let ended = Ended::of(command.env("TURSOCTL_REGION_URL", "http://127.0.0.1:1").output().unwrap());
    assert!(ended.stdout.ends_with("groups,true\nregion,false\n"), "{}", ended.stdout);
    assert!(ended.stderr.contains("hint: TURSOCTL_REGION_URL=URL"), "{}", ended.stderr);
    assert_eq!(ended.code, Some(9));
}
