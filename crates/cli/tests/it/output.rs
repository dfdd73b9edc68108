//! Standard output holds data and nothing else.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use crate::{
    stand_in::stand_in,
    support::{Ended, Served},
};

#[test]
fn json_is_what_the_api_answers() {
    let served = Served::new();
    served.done(&["db", "create", "orders"]);
    let raw: Value =
        serde_json::from_str(&served.done(&["api", "GET", "/v1/organizations/acme/databases/orders"])).unwrap();
    let shown: Value = serde_json::from_str(&served.done(&["db", "get", "orders", "-o", "json"])).unwrap();
    assert_eq!(shown, raw["database"]);

    let raw: Value = serde_json::from_str(&served.done(&["api", "GET", "/v1/organizations/acme/groups"])).unwrap();
    let shown: Value = serde_json::from_str(&served.done(&["group", "list", "--json"])).unwrap();
    assert_eq!(shown, raw["groups"]);
}

#[test]
fn an_empty_list_is_an_empty_list() {
    let served = Served::new();
    assert_eq!(served.done(&["db", "list", "-o", "json"]), "[]\n");
    assert_eq!(served.done(&["db", "list", "-o", "yaml"]), "[]\n");
    assert_eq!(served.done(&["db", "list", "-o", "jsonl"]), "");
    assert_eq!(served.done(&["db", "list", "-o", "name"]), "");
}

#[test]
fn every_line_of_jsonl_is_a_value() {
    let served = Served::new();
    served.done(&["db", "create", "a", "b", "c", "--concurrency", "1"]);
    let lines = served.done(&["db", "list", "-o", "jsonl", "--fields", "name"]);
    let values: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(values, [json!({"Name": "a"}), json!({"Name": "b"}), json!({"Name": "c"})]);
}

#[test]
fn notices_go_to_standard_error_and_not_at_all_when_quiet() {
    let served = Served::new();
    served.done(&["db", "create", "a", "b"]);
    let loud = served.run(&["db", "delete", "a", "--yes"]);
    assert_eq!((loud.stdout.as_str(), loud.stderr.as_str()), ("", "deleted the database a\n"));
    let quiet = served.run(&["db", "delete", "b", "--yes", "--quiet"]);
    assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (Some(0), "", ""));
}

#[test]
fn colors_are_for_terminals_unless_asked_for() {
    let served = Served::new();
    assert!(!served.done(&["group", "list"]).contains('\u{1b}'));
    assert!(served.done(&["group", "list", "--color", "always"]).contains('\u{1b}'));
    assert!(!served.run(&["group", "get", "nothing"]).stderr.contains('\u{1b}'));
    assert!(served.run(&["group", "get", "nothing", "--color", "always"]).stderr.contains('\u{1b}'));
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let served = Served::new();
    let names: Vec<String> = (0..200).map(|number| format!("db-{number}")).collect();
    let arguments: Vec<&str> = ["db", "create", "-q"].into_iter().chain(names.iter().map(String::as_str)).collect();
    served.done(&arguments);

    for format in ["json", "jsonl", "yaml", "csv", "table", "name"] {
        let mut child = served
            .command(&["audit", "list", "--limit", "200", "-o", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Closed before anything can have been written.
        drop(child.stdout.take());
        let ended = Ended::of(child.wait_with_output().unwrap());
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn the_environment_and_the_profile_choose_the_format() {
    let served = Served::new();
    let ended = Ended::of(served.command(&["group", "list"]).env("TURSOCTL_OUTPUT", "name").output().unwrap());
    assert_eq!(ended.stdout, "group/default\n");
    served.done(&["profile", "set", "output=csv"]);
    assert!(served.done(&["group", "list"]).starts_with("name,primary,"));
    let ended = Ended::of(served.command(&["group", "list"]).env("TURSOCTL_OUTPUT", "name").output().unwrap());
    assert_eq!(ended.stdout, "group/default\n", "the environment comes before the profile");
    served.done(&["profile", "set", "output=json"]);
    assert_eq!(served.run(&["group", "get", "nothing"]).error()["kind"], "not_found", "errors follow the profile, too");
}

#[test]
fn a_log_that_is_followed_shows_what_is_new_and_nothing_else() {
    let served = Served::new();
    served.done(&["db", "create", "before"]);
    let mut child = served
        .command(&[
            "audit",
            "tail",
            "-f",
            "-n",
            "0",
            "--interval",
            "50ms",
            "--code",
            "db-create",
            "-o",
            "jsonl",
            "--trace-http",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut traced = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(traced.any(|line| line.starts_with("< 200")), "the log has been read once");
    // Whoever writes to a pipe that nobody reads would wait.
    let drain = std::thread::spawn(move || traced.count());
    served.done(&["group", "create", "eu", "--location", "aws-eu-west-1"]);
    served.done(&["db", "create", "after", "--group", "eu"]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let entry: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((entry["code"].as_str(), entry["data"]["database"].as_str()), (Some("db-create"), Some("after")));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(drain.join().unwrap() > 0);
}

#[test]
fn csv_has_every_value_as_it_is() {
    let served = Served::new();
    let message = "two\nlines,\tand \u{1b}[31mmore\r\n";
    let entry = json!({"code": "db-create", "message": message, "origin": "cli", "author": "iku", "data": {"a": "b\nc"},
        "created_at": "2026-05-04T10:11:12Z"});
    let pages = json!({"page": 1, "page_size": 100, "total_pages": 1, "total_rows": 1});
    let answer = json!({"audit_logs": [entry], "pagination": pages}).to_string();
    let url = stand_in(&served, move |_, _| (200, answer.clone().into_bytes()));
    let listed = |fields: &str| served.done(&["audit", "list", "-o", "csv", "--fields", fields, "--api-url", &url]);
    assert_eq!(listed("message,author"), format!("message,author\n\"{message}\",iku\n"));
    assert_eq!(listed("data.a"), "data.a\n\"b\nc\"\n");
    // A table stays in its lines.
    let table = served.done(&["audit", "list", "--fields", "message", "--api-url", &url]);
    assert_eq!(table.lines().count(), 2, "{table}");
}

#[test]
fn an_answer_without_entries_makes_no_log_new_again() {
    let served = Served::new();
    let entry = |database: &str, second: u8| {
        json!({"code": "db-create", "message": "", "origin": "cli", "author": "iku", "data": {"database": database},
            "created_at": format!("2026-05-04T10:11:1{second}Z")})
    };
    let (old, new) = (entry("old", 1), entry("new", 2));
    let answers = [vec![&old], vec![], vec![&old], vec![], vec![], vec![&new, &old]].map(|entries| {
        let pages = json!({"page": 1, "page_size": 100, "total_pages": 1, "total_rows": entries.len()});
        json!({"audit_logs": entries, "pagination": pages}).to_string().into_bytes()
    });
    let asked = AtomicUsize::new(0);
    let url = stand_in(&served, move |_, _| {
        let asked = asked.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        (200, answers[asked].clone())
    });
    let arguments = ["audit", "tail", "-f", "--interval", "1ms", "-o", "jsonl", "--fields", "data", "--api-url", &url];
    let mut child = served.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let shown: Vec<_> = lines.take(2).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(shown, [r#"{"data":{"database":"old"}}"#, r#"{"data":{"database":"new"}}"#]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let served = Served::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = Ended::of(served.command(&["group", "list"]).stdout(full).output().unwrap());
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("No space left on device"), "{}", ended.stderr);
}

#[test]
fn the_environment_can_stand_for_flags() {
    let served = Served::new();
    served.done(&["db", "create", "orders"]);
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        Ended::of(served.command(arguments).envs(variables.iter().copied()).output().unwrap())
    };
    let rehearsed = run(&["db", "delete", "orders", "-o", "jsonl"], &[("TURSOCTL_DRY_RUN", "true")]);
    assert!(rehearsed.code == Some(0) && rehearsed.stdout.contains("\"DELETE\""), "{}", rehearsed.stderr);
    let fields = run(&["db", "list", "-o", "jsonl"], &[("TURSOCTL_FIELDS", "Name,group")]);
    assert_eq!(fields.stdout, "{\"Name\":\"orders\",\"group\":\"default\"}\n");
    let traced = run(&["db", "list"], &[("TURSOCTL_TRACE_HTTP", "1")]);
    assert!(traced.stderr.contains("> GET "), "{}", traced.stderr);
    let refused = run(&["db", "list"], &[("TURSOCTL_QUIET", "perhaps")]);
    assert!(refused.code == Some(2) && refused.stderr.contains("TURSOCTL_QUIET: \"perhaps\" is not valid"));
    assert_eq!(run(&["version"], &[("TURSOCTL_QUIET", "perhaps")]).code, Some(0));
    let file = served.write("token", &served.token());
    let status = served
        .command(&["auth", "status", "-o", "json"])
        .env_remove("TURSO_API_TOKEN")
        .env("TURSOCTL_TOKEN_FILE", file)
        .output()
        .unwrap();
    assert_eq!(Ended::of(status).json()["token_from"], "environment variable TURSOCTL_TOKEN_FILE");
    let deleted = run(&["db", "delete", "orders"], &[("TURSOCTL_YES", "on"), ("TURSOCTL_QUIET", "on")]);
    assert_eq!((deleted.code, deleted.stderr.as_str()), (Some(0), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_whatever_is_written() {
    let served = Served::new();
    served.done(&["db", "create", "orders"]);
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["db", "create", "--help"],
        &["docs"],
        &["completion", "bash"],
        &["db", "list"],
        &["db", "url", "orders"],
        &["sql", "orders", "SELECT 1"],
        &["api", "GET", "/v1/user"],
        &["export", "orders", "--out", "-", "--format", "dump"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ended = Ended::of(served.command(arguments).stdout(full).output().unwrap());
        let said = "cannot write to standard output: No space left on device";
        assert!(
            ended.code == Some(1) && ended.stderr.contains(said),
            "{arguments:?} {:?}: {}",
            ended.code,
            ended.stderr
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_no_text_is_a_path_or_an_error() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

    let served = Served::new();
    served.done(&["db", "create", "orders"]);
    let bytes = OsStr::from_bytes(b"rows\xff.csv");
    let file = served.folder.path().join(bytes);
    std::fs::write(&file, "a\n1\n").unwrap();
    let run = |command: &mut std::process::Command| Ended::of(command.output().unwrap());
    let import = run(served.command(&["import", "csv", "--to", "orders", "--table", "t"]).arg(&file));
    assert_eq!(import.code, Some(0), "{}", import.stderr);
    let out = served.folder.path().join(OsStr::from_bytes(b"out\xff.csv"));
    let export = run(served.command(&["export", "orders", "--format", "csv", "--table", "t", "--out"]).arg(&out));
    assert_eq!(export.code, Some(0), "{}", export.stderr);
    assert_eq!(std::fs::read(out).unwrap(), b"a\n1\n");
    for arguments in [&["db", "get"][..], &["sql", "orders"], &["db", "list", "--fields"]] {
        let refused = run(served.command(arguments).arg(bytes));
        assert!(refused.code == Some(2) && refused.stderr.contains("UTF-8"), "{arguments:?} {}", refused.stderr);
    }
    for variable in ["TURSO_ORG", "TURSO_API_TOKEN", "TURSOCTL_QUIET", "TURSOCTL_OUTPUT"] {
        let refused = run(served.command(&["db", "list"]).env(variable, bytes));
        let said = format!("environment variable {variable}: it is not UTF-8");
        assert!(refused.code == Some(2) && refused.stderr.contains(&said), "{variable} {}", refused.stderr);
    }
}
