//! `docs/cli.md` is what the parser knows.

use std::{fs, process::Stdio};

use serde_json::Value;

use crate::support::{Ended, Served, bare};

#[test]
fn the_page_of_the_command_line_is_up_to_date() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md")).unwrap();
    let printed = Ended::of(bare(&["docs"]).output().unwrap()).stdout;
    assert!(page == printed, "docs/cli.md is stale: `just cli-docs` writes it anew");
}

#[test]
fn every_command_and_option_says_what_it_is_for() {
    fn check(command: &Value) {
        assert_ne!(command["about"], "", "{}", command["command"]);
        for list in ["arguments", "options"] {
            for argument in command[list].as_array().unwrap() {
                assert_ne!(argument["about"], "", "{}: {}", command["command"], argument["name"]);
            }
        }
        command["commands"].as_array().unwrap().iter().for_each(check);
    }
    check(&Ended::of(bare(&["docs", "--form", "json"]).output().unwrap()).json());
}

/// The parser takes more than what is sent: rules of values are those of the client.
#[test]
fn no_example_has_a_value_that_is_refused() {
    fn collect(command: &Value, examples: &mut Vec<Vec<String>>) {
        let more = command["more"].as_str().unwrap_or_default();
        let lines = more.lines().filter_map(|line| line.strip_prefix("  tursoctl ")).filter_map(shlex::split);
        examples.extend(
            lines.map(|words| words.into_iter().take_while(|word| !["|", "<", ">", ">>"].contains(&&**word)).collect()),
        );
        command["commands"].as_array().unwrap().iter().for_each(|command| collect(command, examples));
    }

    let served = Served::new();
    served.done(&["db", "create", "orders", "--quiet"]);
    let mut examples = Vec::new();
    collect(&Ended::of(bare(&["docs", "--form", "json"]).output().unwrap()).json(), &mut examples);
    examples.retain(|words| ["db", "group", "org", "location", "usage"].contains(&&*words[0]));
    assert!(examples.len() > 80, "{}", examples.len());
    for words in examples {
        let words: Vec<_> = words.iter().map(String::as_str).chain(["--dry-run"]).collect();
        let ended = served.run(&words);
        assert!(!matches!(ended.code, Some(2) | None), "{words:?}: {}", ended.stderr);
    }
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = Ended::of(bare(&["completion", shell]).stdin(Stdio::null()).output().unwrap()).stdout;
        assert!(script.contains("tursoctl") && script.contains("allow-rules"), "{shell}");
    }
}

#[test]
fn every_command_has_a_page_for_man() {
    fn check(command: &Value, folder: &std::path::Path) {
        let name = command["command"].as_str().unwrap().replace(' ', "-");
        let page = fs::read_to_string(folder.join(format!("{name}.1"))).unwrap();
        let about = command["about"].as_str().unwrap().split([',', '-', '`']).next().unwrap();
        assert!(page.starts_with(".ie") && page.contains(about), "{name}: {page}");
        command["commands"].as_array().unwrap().iter().for_each(|command| check(command, folder));
    }

    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man/man1");
    let ended = Ended::of(bare(&["docs", "--form", "man", "--out", out.to_str().unwrap()]).output().unwrap());
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""), "{}", ended.stderr);
    check(&Ended::of(bare(&["docs", "--form", "json"]).output().unwrap()).json(), &out);
    assert_eq!(Ended::of(bare(&["docs", "--form", "man"]).output().unwrap()).code, Some(2));
    assert_eq!(Ended::of(bare(&["docs", "--form", "man", "--out", "-"]).output().unwrap()).code, Some(2));
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let ended = Ended::of(bare(&["docs", "--form", "man", "--out", file.to_str().unwrap()]).output().unwrap());
    assert!(ended.code == Some(1) && ended.stderr.contains(file.to_str().unwrap()), "{}", ended.stderr);
}

#[test]
fn help_fits_on_the_terminal() {
    let commands = [
        &[][..],
        &["sql"],
        &["shell"],
        &["export"],
        &["import", "sqlite"],
        &["import", "csv"],
        &["db"],
        &["db", "create"],
        &["db", "env"],
        &["group", "create"],
        &["auth", "login"],
        &["local", "start"],
        &["local", "logs"],
        &["api"],
        &["audit", "tail"],
    ];
    for width in [40, 80] {
        for command in commands {
            let mut run = bare(&[command, &["--help"][..]].concat());
            let help = Ended::of(run.env("COLUMNS", width.to_string()).output().unwrap()).stdout;
            // A single word may be longer, and the line of the usage is for those who copy it.
            let is_long = |line: &&str| line.chars().count() > width && line.trim().contains(' ');
            let long: Vec<_> = help.lines().filter(is_long).filter(|line| !line.starts_with("Usage: ")).collect();
            assert!(!help.is_empty() && long.is_empty(), "{command:?} in {width} columns: {long:#?}");
        }
    }
}
