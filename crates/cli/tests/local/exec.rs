//! Commands with a local cloud of their own.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use crate::support::Home;

fn sh<'a>(script: &'a str, options: &[&'a str]) -> Vec<&'a str> {
    [&["local", "exec"], options, &["--", "sh", "-c", script]].concat()
}

#[test]
fn a_command_has_a_cloud_with_a_database_and_its_exit_code_is_ours() {
    let home = Home::new();
    let script = r#"test -n "$TURSO_API_TOKEN" && test "$TURSO_ORG" = acme && test "$TURSO_DATABASE_NAME" = app &&
        test -n "$TURSO_DATABASE_URL$TURSO_DATABASE_AUTH_TOKEN" && "$TURSOCTL" db list -o name --api-url "$TURSO_API_BASEURL""#;
    let mut command = home.command(&sh(script, &[]));
    let output = command.env("TURSOCTL", env!("CARGO_BIN_EXE_tursoctl")).output().unwrap();
    assert_eq!(
        (output.status.code(), String::from_utf8_lossy(&output.stdout).as_ref()),
        (Some(0), "db/app\n"),
        "{output:?}"
    );
    assert_eq!(home.run(&sh("exit 42", &[])).status.code(), Some(42));
    assert_eq!(home.run(&sh("kill -TERM $$", &[])).status.code(), Some(143));
    let (code, said) = home.failure(&["local", "exec", "--", "no-such-program-here"]);
    assert!(code == 1 && said.contains("no-such-program-here"), "{said}");
    // What it is found by, while it runs.
    assert!(fs::read_dir(home.path().join("state/local")).unwrap().next().is_none());
}

#[test]
fn in_a_command_the_commands_for_local_clouds_mean_its_own() {
    let home = Home::with_cloud(&[]);
    let script = r#""$TURSOCTL" local list -o name && "$TURSOCTL" local snapshot save clean &&
        "$TURSOCTL" db create extra --group default --quiet && "$TURSOCTL" local reset --yes &&
        "$TURSOCTL" local snapshot restore clean --yes && "$TURSOCTL" db list -o name --api-url "$TURSO_API_BASEURL""#;
    let mut exec = home.command(&sh(script, &[]));
    let exec = exec.env("TURSOCTL", env!("CARGO_BIN_EXE_tursoctl")).stdout(Stdio::piped()).spawn().unwrap();
    let own = format!("local/exec-{}", exec.id());
    let output = exec.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(said.starts_with("local/default\n") && said.contains(&own) && said.ends_with("db/app\n"), "{said}");
}

#[test]
fn a_cloud_that_is_told_to_stop_ends_its_command() {
    let home = Home::new();
    let script = r#"trap 'exit 7' TERM; "$TURSOCTL" local stop & wait $!; exit 3"#;
    let mut command = home.command(&sh(script, &[]));
    let output = command.env("TURSOCTL", env!("CARGO_BIN_EXE_tursoctl")).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{output:?}");
}

#[test]
fn a_command_begins_with_what_the_seed_file_declares() {
    let home = Home::new();
    let file = home.path().join("seed.toml");
    fs::write(&file, "[[organization]]\nslug = \"umbrella\"\n[[organization.database]]\nname = \"orders\"\n").unwrap();
    let options = ["--seed-file", file.to_str().unwrap(), "--database", "orders"];
    let output = home.run(&sh("echo $TURSO_ORG $TURSO_DATABASE_NAME", &options));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "umbrella orders\n", "{output:?}");
}

#[test]
fn a_cloud_answers_in_the_ways_that_were_asked_for() {
    let home = Home::new();
    let script = r#""$TURSOCTL" api GET /v1/organizations -o json --api-url "$TURSO_API_BASEURL""#;
    let mut command = home.command(&sh(script, &["--quirk", "organizations-wrapped"]));
    let output = command.env("TURSOCTL", env!("CARGO_BIN_EXE_tursoctl")).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(answer["organizations"].is_array(), "{output:?}");
    let (code, said) = home.failure(&sh("true", &["--quirk", "duplicate-create-500"]));
    assert!(code == 2 && said.contains("duplicate-create-500") && said.contains("duplicate-create-400"), "{said}");
}

#[test]
fn a_signal_is_handed_on_to_the_command() {
    let home = Home::new();
    for signal in ["TERM", "INT", "HUP"] {
        let script = format!("trap 'echo stopped; exit 7' {signal}; echo ready; while :; do sleep 1 & wait $!; done");
        let mut exec = home.command(&sh(&script, &[])).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(exec.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        assert!(Command::new("kill").args([format!("-{signal}"), exec.id().to_string()]).status().unwrap().success());
        assert_eq!(lines.next().unwrap().unwrap(), "stopped", "{signal}");
        assert_eq!(exec.wait().unwrap().code(), Some(7), "{signal}");
    }
}
