//! What a detached local cloud has written, as it comes.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Lines, Write as _},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::Home;

/// Somebody who follows a log that nobody writes but the test.
struct Follower {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    log: PathBuf,
    home: Home,
}

impl Follower {
    fn of(content: &str) -> Self {
        Self::with(content, &[])
    }

    fn with(content: &str, arguments: &[&str]) -> Self {
        let home = Home::new();
        let folder = home.path().join("state/local");
        fs::create_dir_all(&folder).unwrap();
        let log = folder.join("default.log");
        fs::write(&log, content).unwrap();
        let arguments = [&["local", "logs", "-f"], arguments].concat();
        let mut child = home.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, log, home }
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    fn json(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    fn append(&self, text: &str) {
        fs::OpenOptions::new().append(true).open(&self.log).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn signal(&mut self, name: &str) -> Option<i32> {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

/// Its reader is gone, or the disk with its log is full.
#[test]
fn a_cloud_answers_whether_its_log_can_be_written_or_not() {
    let (reader, log) = std::io::pipe().unwrap();
    drop(reader);
    let mut home = Home::new();
    let data = home.path().join("data");
    let mut command = home.command(&["local", "start", "--addr", "127.0.0.1:0", "--data-dir"]);
    command.arg(&data).stderr(log);
    home.start_as(command);
    fs::write(data.join("snapshots"), "in the way of a folder").unwrap();
    let (_, refusal) = home.failure(&["local", "snapshot", "save", "before"]);
    assert!(refusal.contains("could not create"), "{refusal}");
    home.create_database("orders");
}

#[test]
fn a_log_is_followed_until_somebody_stops_it() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let mut follower = Follower::of("one\ntwo\n");
        assert_eq!((follower.line().as_str(), follower.line().as_str()), ("one", "two"));
        follower.append("three\n");
        assert_eq!(follower.line(), "three");
        assert_eq!(follower.signal(name), Some(code));
    }
}

#[test]
fn a_program_is_told_each_entry_as_an_object() {
    let warning = "2026-11-26T09:21:22.536542Z  WARN turso_cloud_local::files: it is: gone path=x\n";
    let object = json!({
        "at": "2026-11-26T09:21:22.536542Z",
        "level": "warn",
        "target": "turso_cloud_local::files",
        "message": "it is: gone path=x",
    });
    let mut follower = Follower::with(warning, &["-o", "json"]);
    assert_eq!(follower.json(), object);
    let (begin, end) = warning.split_at(40);
    follower.append(begin);
    follower.append(end);
    assert_eq!(follower.json(), object);
    follower.append("error: it ends");
    let error = json!({ "at": null, "level": null, "target": null, "message": "error: it ends" });
    assert_eq!(follower.home.json(&["local", "logs"]), json!([object, object, error]));
    assert_eq!(follower.home.text(&["local", "logs", "-o", "csv", "--fields", "level"]), "level\nwarn\nwarn\n\"\"\n");
    follower.append("\n");
    assert_eq!(follower.json(), error);
    File::create(&follower.log).unwrap();
    assert_eq!(follower.home.json(&["local", "logs"]), json!([]));
    assert_eq!(follower.signal("INT"), Some(130));
}

#[test]
fn a_log_that_nobody_reads_any_more_is_not_followed() {
    let Follower { mut child, mut lines, log, home: _home } = Follower::of("one\n");
    assert_eq!(lines.next().unwrap().unwrap(), "one");
    drop(lines);
    fs::OpenOptions::new().append(true).open(log).unwrap().write_all(b"two\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_log_that_is_emptied_or_replaced_is_followed_all_the_same() {
    let mut follower = Follower::of("the first cloud says a lot\n");
    assert_eq!(follower.line(), "the first cloud says a lot");
    // As a cloud does that is started anew.
    File::create(&follower.log).unwrap().write_all(b"the second\n").unwrap();
    assert_eq!(follower.line(), "the second");
    // As somebody does who tidies up.
    follower.append("its last words\n");
    fs::rename(&follower.log, follower.log.with_extension("old")).unwrap();
    fs::write(&follower.log, "the third cloud says a lot more than the others did\n").unwrap();
    assert_eq!(follower.line(), "its last words");
    assert_eq!(follower.line(), "the third cloud says a lot more than the others did");
    fs::remove_file(&follower.log).unwrap();
    fs::write(&follower.log, "the fourth\n").unwrap();
    assert_eq!(follower.line(), "the fourth");
    assert_eq!(follower.signal("INT"), Some(130));
}

#[test]
fn a_reader_who_has_had_enough_ends_it() {
    let mut follower = Follower::of("one\n");
    assert_eq!(follower.line(), "one");
    let Follower { mut child, lines, log, home: _home } = follower;
    drop(lines);
    fs::write(&log, "something else, which is longer\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn there_is_nothing_to_follow_where_nothing_was_detached() {
    let (code, said) = Home::new().failure(&["local", "logs", "-f"]);
    assert!(code == 5 && said.contains("started with --detach"), "{said}");
}
