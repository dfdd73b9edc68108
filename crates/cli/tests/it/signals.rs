//! Ctrl-C and SIGTERM.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a program that cannot be stopped fails its test")]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use turso_cloud_local::Fault;

use crate::{
    import_sqlite::file,
    support::{Served, bare, make_pipe},
    terminal::Terminal,
};

pub(crate) fn send(child: &Child, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Waits until a fault hits a request.
pub(crate) fn wait_for(fault: &Fault) {
    let latest = Instant::now() + Duration::from_secs(30);
    while fault.count() == 0 {
        assert!(Instant::now() < latest, "no request came to {fault:?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_signal_ends_what_would_go_on_for_ever() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let served = Served::new();
        served.done(&["db", "create", "orders"]);
        let mut child =
            served.command(&["audit", "tail", "-f", "-n", "1", "-o", "jsonl"]).stdout(Stdio::piped()).spawn().unwrap();
        // The line is written after the signals are listened for.
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("db-create"), "{line}");
        send(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{name}");
    }
}

#[test]
fn a_signal_ends_what_waits_for_its_input() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let served = Served::new();
        let mut child = served
            .command(&["api", "POST", "/v1/organizations", "--input", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        // More than any pipe holds: when it is written, somebody is reading, and waits for the end.
        let mut input = child.stdin.take().unwrap();
        input.write_all(&vec![b' '; 1 << 21]).unwrap();
        send(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{name}");
    }
}

#[test]
fn a_local_cloud_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["INT", "TERM"] {
        let mut child = bare(&["local", "start", "--addr", "127.0.0.1:0"])
            .env("TURSOCTL_CONFIG_DIR", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("local Turso Cloud ready at http://127.0.0.1:"), "{line}");
        send(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{name}");
    }
}

#[test]
fn a_person_is_told_how_to_use_the_local_cloud_that_was_started() {
    let folder = tempfile::tempdir().unwrap();
    for (name, expected) in [("default", "env --form shell"), ("two", "env --name two --form shell")] {
        let mut command = bare(&["local", "start", "--addr", "127.0.0.1:0", "--name", name]);
        let mut terminal = Terminal::new(command.env("TURSOCTL_CONFIG_DIR", folder.path()));
        terminal.expect(&format!(r#"eval "$(tursoctl local {expected})""#));
        terminal.control('c');
        assert_eq!(terminal.end().0, 0);
    }
}

#[test]
fn an_export_that_is_stopped_leaves_no_file() {
    let served = Served::new();
    // It takes the request and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let out = served.folder.path().join("audit.jsonl");
    let mut child =
        served.command(&["audit", "export", "--out", out.to_str().unwrap(), "--api-url", &url]).spawn().unwrap();
    let _request = silent.accept().unwrap();
    assert!(drafts(&served) > 0, "the export has begun");
    send(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(drafts(&served), 0);
}

#[test]
fn an_upload_that_is_stopped_leaves_no_database() {
    let served = Served::new();
    let file = served.folder.path().join("large.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    let content = "PRAGMA journal_mode = WAL; CREATE TABLE t (b); INSERT INTO t VALUES (zeroblob(67108864));
        PRAGMA wal_checkpoint(TRUNCATE);";
    connection.execute_batch(content).unwrap();
    drop(connection);
    let mut child = served
        .command(&["db", "create", "large", "--from-file", file.to_str().unwrap(), "--trace-http"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = child.stderr.take().unwrap();
    let mut lines = BufReader::new(stderr).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("> PUT")), "the upload has begun");
    send(&child, "INT");
    // Whoever writes to a pipe that nobody reads would wait.
    let rest: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert_eq!(served.done(&["db", "list", "-o", "json"]), "[]\n");
}

/// Of a database whose owner has the dump of it go on for ever.
#[test]
fn a_signal_ends_what_is_verified_and_leaves_no_file() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let served = Served::new();
        let (file, handle) = file(&served, "shop.db", "PRAGMA journal_mode = WAL; PRAGMA writable_schema = ON");
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        let schema = "INSERT INTO sqlite_schema VALUES ('view', 'v', 'v', 0, ?1)";
        handle.execute(schema, [format!("CREATE VIEW v AS SELECT 1; COMMIT; {endless}; BEGIN")]).unwrap();
        drop(handle);
        served.done(&["db", "create", "shop", "--from-file", &file]);
        let folder = served.folder.path().join("exported");
        let out = folder.join("shop.sql");
        let arguments = ["export", "shop", "--out", out.to_str().unwrap(), "--format", "dump", "--verify"];
        let mut child = served.command(&arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(said.any(|line| line == "verifying shop"));
        send(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{name}");
        assert!(!folder.exists(), "nothing is left in {folder:?}");
    }
}

#[test]
fn a_signal_ends_what_waits_for_another_process_to_leave_the_configuration() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let served = Served::new();
        let token = served.write("token", &served.token());
        std::fs::create_dir_all(served.config_folder()).unwrap();
        let lock = std::fs::File::create(served.config_folder().join("lock")).unwrap();
        lock.lock().unwrap();
        let mut child = served
            .command(&["auth", "login", "--token-file", &token, "--trace-http"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // What comes behind the second answer is kept.
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(said.by_ref().filter(|line| line.starts_with("< 200")).nth(1).is_some());
        send(&child, name);
        assert!(said.count() > 0);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{name}");
        assert!(!served.config_folder().join("credentials.toml").exists());
    }
}

fn drafts(served: &Served) -> usize {
    let files = std::fs::read_dir(served.folder.path()).unwrap();
    files.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().starts_with("audit")).count()
}

/// As a shell names it: `--file <(...)`.
#[test]
fn a_signal_ends_what_waits_for_a_pipe_that_is_named_as_a_file_is() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let served = Served::new();
        served.done(&["db", "create", "orders"]);
        let pipe = served.folder.path().join("pipe");
        make_pipe(&pipe);
        let path = pipe.to_str().unwrap();
        for arguments in [&["sql", "orders", "--file", path][..], &["db", "list", "--token-file", path]] {
            let mut child = served.command(arguments).spawn().unwrap();
            // It can be written to once somebody has it open, who waits for its end.
            let input = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
            send(&child, name);
            assert_eq!(child.wait().unwrap().code(), Some(code), "{arguments:?} {name}");
            drop(input);
        }
    }
}
