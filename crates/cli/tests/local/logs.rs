//! What a detached local cloud has written, as it comes.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Lines, Write as _},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::support::Home;

/// Somebody who follows a log that nobody writes but the test.
struct Follower {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    log: PathBuf,
    _home: Home,
}

impl Follower {
    fn of(content: &str) -> Self {
        let home = Home::new();
        let folder = home.path().join("state/local");
        fs::create_dir_all(&folder).unwrap();
        let log = folder.join("default.log");
        fs::write(&log, content).unwrap();
        let mut child = home.command(&["local", "logs", "-f"]).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, log, _home: home }
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
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
fn a_log_that_nobody_reads_any_more_is_not_followed() {
    let Follower { mut child, mut lines, log, _home } = Follower::of("one\n");
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
    let Follower { mut child, lines, log, _home } = follower;
    drop(lines);
    fs::write(&log, "something else, which is longer\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn there_is_nothing_to_follow_where_nothing_was_detached() {
    let (code, said) = Home::new().failure(&["local", "logs", "-f"]);
    assert!(code == 5 && said.contains("started with --detach"), "{said}");
}
