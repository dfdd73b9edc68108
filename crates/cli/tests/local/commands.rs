//! What a running local cloud is told.

use std::fs;

use serde_json::json;

use crate::support::Home;

#[test]
fn the_clock_is_shown_and_moved() {
    let home = Home::with_cloud(&["--seed", "7"]);
    assert_eq!(home.json(&["local", "clock", "show"]), json!({"now": "2026-01-01T00:00:00Z", "frozen": true}));
    assert_eq!(home.json(&["local", "clock", "advance", "31d"])["now"], "2026-02-01T00:00:00Z");
    assert_eq!(home.json(&["local", "clock", "set", "2030-01-01T00:00:00Z"])["now"], "2030-01-01T00:00:00Z");
    assert_eq!(home.json(&["local", "clock", "resume"])["frozen"], false);
    assert_eq!(home.json(&["local", "clock", "freeze"])["frozen"], true);
    let (code, said) = home.failure(&["local", "clock", "advance", "1y"]);
    assert!(code == 2 && said.contains("advance \"1y\" is not valid: must be a duration"), "{said}");
    for by in ["3000000d", "-1h"] {
        let (code, said) = home.failure(&["local", "clock", "advance", by]);
        let rule = "must be a duration such as 31d or 1h30m, from one second to 292 years";
        assert!(code == 2 && said.contains(&format!("advance {by:?} is not valid: {rule}")), "{said}");
    }
    assert_eq!(home.failure(&["local", "clock", "set", "tomorrow"]).0, 2);
}

#[test]
fn faults_are_added_listed_loaded_and_cleared() {
    let home = Home::with_cloud(&[]);
    let added = home.json(&[
        "local",
        "fault",
        "add",
        "--operation",
        "ListGroups",
        "--status",
        "503",
        "--retry-after",
        "0",
        "--nth",
        "2",
    ]);
    assert_eq!((&added["id"], &added["effect"]["reply"]["status"]), (&json!(1), &json!(503)));
    let reply = ["--times", "1", "--status", "409", "--message", "too late", "--code", "conflict"];
    let said = home.json(&[&["local", "fault", "add", "--path", "/never"], &reply[..]].concat());
    assert_eq!(said["effect"]["reply"], json!({"status": 409, "error": "too late", "code": "conflict"}));
    home.text(&["local", "fault", "clear", "2"]);
    let scenario = home.path().join("scenario.toml");
    fs::write(&scenario, "[[fault]]\nsql = true\neffect = \"hang\"\n").unwrap();
    home.text(&["local", "fault", "load", scenario.to_str().unwrap()]);
    let list = || home.json(&["local", "fault", "list"]);
    assert_eq!(list().as_array().unwrap().len(), 2);
    for _ in 0..2 {
        assert!(home.as_client(&["group", "list", "--retries", "1"]).status.success());
    }
    assert_eq!(list()[0]["count"], 1);
    home.text(&["local", "fault", "clear", "3"]);
    assert_eq!(list().as_array().unwrap().len(), 1);
    home.text(&["local", "fault", "clear"]);
    assert_eq!(list(), json!([]));
    assert_eq!(home.failure(&["local", "fault", "clear", "9"]).0, 5);
    assert_eq!(home.failure(&["local", "fault", "add", "--operation", "ListGroups"]).0, 2);
    assert_eq!(home.failure(&["local", "fault", "add", "--status", "99"]).0, 2);
    fs::write(&scenario, "[[fault]]\neffect = \"explode\"\n").unwrap();
    let (code, said) = home.failure(&["local", "fault", "load", scenario.to_str().unwrap()]);
    assert!(code == 2 && said.contains("explode"), "{said}");
}

#[test]
fn a_cloud_is_put_back_to_a_snapshot() {
    let home = Home::with_cloud(&[]);
    home.create_database("orders");
    assert_eq!(home.json(&["local", "snapshot", "save", "clean"])["name"], "clean");
    home.create_database("events");
    let databases = || home.json(&["local", "status"])["databases"].clone();
    assert_eq!(databases(), 2);
    assert_eq!(home.failure(&["local", "snapshot", "restore", "clean"]).0, 8);
    home.text(&["local", "snapshot", "restore", "clean", "--yes"]);
    assert_eq!(databases(), 1);
    assert_eq!(home.text(&["local", "snapshot", "list", "-o", "name"]), "snapshot/clean\n");
    assert_eq!(home.failure(&["local", "snapshot", "save", "clean"]).0, 6);
    assert_eq!(home.failure(&["local", "snapshot", "save", "../evil"]).0, 2);
    assert_eq!(home.failure(&["local", "snapshot", "restore", "none", "--yes"]).0, 5);
    home.text(&["local", "snapshot", "delete", "clean", "--yes"]);
    assert_eq!(home.json(&["local", "snapshot", "list"]), json!([]));
    home.text(&["local", "reset", "--yes"]);
    assert_eq!(databases(), 0);
}

#[test]
fn a_fork_goes_its_own_way() {
    let home = Home::with_cloud(&[]);
    home.create_database("orders");
    let fork = home.json(&["local", "fork", "create"]);
    assert_eq!(home.json(&["local", "fork", "list"]), json!([fork]));
    let url = fork["url"].as_str().unwrap();
    let of_fork = |args: &[&str]| home.as_client(&[args, &["--api-url", url, "--yes"]].concat());
    assert!(of_fork(&["db", "delete", "orders"]).status.success());
    assert!(!of_fork(&["db", "get", "orders"]).status.success());
    assert!(home.as_client(&["db", "get", "orders"]).status.success());
    assert_eq!(home.failure(&["local", "fork", "delete", "1"]).0, 8);
    home.text(&["local", "fork", "delete", "1", "--yes"]);
    assert!(!of_fork(&["db", "list", "--retries", "0"]).status.success());
    assert_eq!(home.json(&["local", "fork", "list"]), json!([]));
    assert_eq!(home.failure(&["local", "fork", "delete", "1", "--yes"]).0, 5);
}

#[test]
fn a_dry_run_changes_nothing() {
    let home = Home::with_cloud(&["--seed", "7"]);
    home.create_database("orders");
    // By the word for everything else that is made.
    home.text(&["local", "snapshot", "create", "kept"]);
    for change in [
        &["local", "reset", "--yes"][..],
        &["local", "snapshot", "restore", "kept", "--yes"],
        &["local", "snapshot", "delete", "kept", "--yes"],
        &["local", "fault", "clear"],
        &["local", "fork", "create"],
        &["local", "requests", "--keep-sql", "on"],
        &["local", "clock", "advance", "1d"],
        &["local", "fault", "add", "--hang"],
        &["local", "snapshot", "save", "clean"],
        &["local", "stop"],
    ] {
        let ended = home.run(&[change, &["--dry-run", "--json"]].concat());
        let planned: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
        assert!(planned[0]["url"].as_str().unwrap().contains("/_local/"), "{planned}");
        assert_eq!(String::from_utf8(ended.stderr).unwrap(), "", "{change:?} says that it was done");
    }
    assert_eq!(home.json(&["local", "status", "--dry-run"])["databases"], 1);
    let status = home.json(&["local", "status"]);
    assert_eq!(
        (&status["databases"], &status["faults"], &status["clock"]),
        (&json!(1), &json!(0), &json!("2026-01-01T00:00:00Z"))
    );
    assert_eq!(home.json(&["local", "snapshot", "list"])[0]["name"], "kept");
}

#[test]
fn requests_are_printed_without_their_secrets() {
    let home = Home::with_cloud(&[]);
    home.create_database("orders");
    let requests = home.json(&["local", "requests"]);
    let created = requests.as_array().unwrap().iter().find(|request| request["operation"] == "CreateDatabase").unwrap();
    assert_eq!((&created["status"], &created["method"]), (&json!(200), &json!("POST")));
    assert_eq!(home.json(&["local", "requests", "--operation", "DeleteGroup"]), json!([]));
    let (code, said) = home.failure(&["local", "requests", "--operation", "Nope"]);
    assert!(code == 2 && said.contains("operation \"Nope\" is not valid"), "{said}");
    let archive = home.path().join("requests.har");
    home.text(&["local", "requests", "--har", archive.to_str().unwrap()]);
    assert_eq!(home.failure(&["local", "requests", "--har", archive.to_str().unwrap()]).0, 6);
    let archive = fs::read_to_string(archive).unwrap();
    assert!(archive.contains("CreateDatabase"));
    assert!(home.text(&["local", "requests", "--har", "-"]).contains("CreateDatabase"));
    let variables = home.text(&["local", "env", "--for", "sdk"]);
    let token = variables.lines().find_map(|line| line.strip_prefix("TURSO_API_TOKEN=")).unwrap();
    assert!(!archive.contains(token) && !requests.to_string().contains(token));
}

#[test]
fn followed_requests_are_printed_as_they_come() {
    use std::io::{BufRead as _, BufReader};

    let home = Home::with_cloud(&[]);
    let mut follower = home.command(&["local", "requests", "--follow", "-o", "jsonl"]);
    let mut follower = follower.stdout(std::process::Stdio::piped()).spawn().unwrap();
    home.create_database("orders");
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("\"CreateDatabase\"")));
    follower.kill().unwrap();
    follower.wait().unwrap();
}

#[test]
fn each_client_gets_the_variables_it_knows() {
    let home = Home::with_cloud(&[]);
    home.create_database("orders");
    let names = |arguments: &[&str]| {
        let text = home.text(&[&["local", "env"], arguments].concat());
        text.lines().map(|line| line.split_once('=').unwrap().0.to_owned()).collect::<Vec<_>>()
    };
    let sdk = ["TURSO_API_BASEURL", "TURSO_API_TOKEN", "TURSO_ORG"];
    assert_eq!(names(&["--for", "sdk"]), sdk);
    // The official SDK joins its paths to the base URL as it is.
    let url = home.json(&["local", "status"])["url"].as_str().unwrap().to_owned();
    let base = format!("TURSO_API_BASEURL={url}/v1/\n");
    assert!(home.text(&["local", "env", "--for", "sdk"]).starts_with(&base));
    assert!(home.text(&["local", "env"]).starts_with(&format!("TURSO_API_BASEURL={url}\n")));
    assert_eq!(names(&[]), [&sdk[..], &["NODE_EXTRA_CA_CERTS"]].concat());
    let drizzle = ["TURSO_DATABASE_NAME", "TURSO_DATABASE_URL", "TURSO_DATABASE_AUTH_TOKEN", "TURSO_AUTH_TOKEN"];
    assert_eq!(names(&["--for", "drizzle", "--database", "orders"]), drizzle);
    assert_eq!(home.failure(&["local", "env", "--for", "drizzle"]).0, 2);
    assert_eq!(home.failure(&["local", "env", "--for", "drizzle", "--database", "none"]).0, 5);
    assert!(home.text(&["local", "ca"]).starts_with("-----BEGIN CERTIFICATE-----"));
}

#[cfg(unix)]
#[test]
fn a_shell_takes_the_variables_as_they_are_printed() {
    let home = Home::with_cloud(&[]);
    home.create_database("orders");
    for client in [&["--for", "sdk"][..], &["--database", "orders"]] {
        let arguments = [&["local", "env", "--form", "shell"], client].concat();
        let script = r#"eval "$1" && exec "$2" db list -o name"#;
        let mut shell = std::process::Command::new("sh");
        let shell = shell.env_clear().env("TURSOCTL_CONFIG_DIR", home.path().join("empty"));
        let shell = shell.args(["-c", script, "sh", &home.text(&arguments), env!("CARGO_BIN_EXE_tursoctl")]);
        let output = shell.output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "db/orders\n", "{:?}", String::from_utf8(output.stderr));
    }
    assert_eq!(home.failure(&["local", "env", "--form", "shell", "--data-dir", "."]).0, 2);
}

#[test]
fn the_official_command_line_gets_a_folder_of_its_own() {
    let home = Home::with_cloud(&[]);
    let planned = home.run(&["local", "env", "--for", "turso", "--dry-run"]);
    let planned = String::from_utf8(planned.stderr).unwrap();
    let (_, planned) = planned.trim_end().split_once("this would write ").unwrap();
    assert!(!std::path::Path::new(planned).parent().unwrap().exists(), "{planned}");
    let text = home.text(&["local", "env", "--for", "turso"]);
    let folder = text.lines().find_map(|line| line.strip_prefix("TURSO_CONFIG_FOLDER=")).unwrap().trim_matches('"');
    assert!(std::path::Path::new(folder).starts_with(home.path()), "{folder}");
    let file = std::path::Path::new(folder).join("settings.json");
    assert_eq!(file.to_str(), Some(planned));
    let settings: serde_json::Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!((&settings["username"], &settings["config"]["autoupdate"]), (&json!("dev"), &json!("off")));
    assert_eq!(settings["baseurl"], home.json(&["local", "status"])["url"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[test]
fn programs_are_answered_in_json_or_refused() {
    let home = Home::with_cloud(&[]);
    home.as_client(&["db", "create", "shop", "--quiet"]);
    let lines = |arguments: &[&str]| home.text(&[&["local", "env"], arguments].concat());
    for arguments in [&[][..], &["--database", "shop"], &["--for", "sdk"], &["--for", "turso"]] {
        let variables = home.json(&[&["local", "env"], arguments].concat());
        for (name, value) in variables.as_object().unwrap() {
            let is_secret = name.ends_with("AUTH_TOKEN");
            let line = format!("{name}={}", if is_secret { "" } else { value.as_str().unwrap() });
            assert!(lines(arguments).replace('"', "").contains(&line), "{name}");
        }
        assert_eq!(variables.as_object().unwrap().len(), lines(arguments).lines().count());
    }
    assert_eq!(home.failure(&["local", "env", "--data-dir", ".", "-o", "json"]).0, 2);
    assert!(home.json(&["local", "open"])["url"].as_str().unwrap().ends_with("/_local/status"));
    assert!(home.json(&["local", "ca"])["pem"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE"));
}
