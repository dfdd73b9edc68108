//! The commands of the shell.

use clap::ValueEnum as _;

use crate::{args::choices, rows::Mode};

pub(super) const HELP: &str = "\
.dump                 Write the whole database as SQL
.headers on|off       Whether to write the names of columns (csv, table)
.help                 Show this
.mode MODE            How to write rows: table, line, quote, json, jsonl, yaml, csv, name
.quit                 End the shell; so does Ctrl-D
.read FILE            Run the statements of a file
.schema [TABLE]       Show how tables, or those like TABLE, are made
.tables [PATTERN]     List tables and views, or those like PATTERN
.timer on|off         Whether to tell how long statements take
Ctrl-C drops what is typed, or stops the statement that runs.
";

/// All of them, as they are typed.
pub(super) const COMMANDS: [&str; 9] =
    [".dump", ".headers", ".help", ".mode", ".quit", ".read", ".schema", ".tables", ".timer"];

/// A command with what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dot {
    Dump,
    Headers(bool),
    Help,
    Mode(Mode),
    Quit,
    Read(String),
    Schema(Option<String>),
    Tables(Option<String>),
    Timer(bool),
}

impl Dot {
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let line = line.trim().trim_end_matches(';');
        let (command, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let argument = unquoted(argument.trim());
        let optional = || (!argument.is_empty()).then(|| argument.to_owned());
        let needed = |what: &str| optional().ok_or_else(|| format!("{command} needs {what}"));
        let switch = || match argument {
            "on" => Ok(true),
            "off" => Ok(false),
            other => Err(format!("{command} {other}: it has to be on or off")),
        };
        match command {
            ".dump" => Ok(Self::Dump),
            ".headers" | ".header" => switch().map(Self::Headers),
            ".help" => Ok(Self::Help),
            ".mode" => Mode::from_str(&needed("a mode")?, true)
                .map(Self::Mode)
                .map_err(|_| format!(".mode {argument}: there is no such mode; there are {}", choices::<Mode>())),
            ".quit" | ".exit" | ".q" => Ok(Self::Quit),
            ".read" => needed("a file").map(Self::Read),
            ".schema" => Ok(Self::Schema(optional())),
            ".tables" => Ok(Self::Tables(optional())),
            ".timer" => switch().map(Self::Timer),
            other => Err(format!("{other}: there is no such command")),
        }
    }
}

fn unquoted(argument: &str) -> &str {
    let within = |quote: char| argument.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    within('"').or_else(|| within('\'')).unwrap_or(argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_apart() {
        let expected = [
            (".mode JSON", Ok(Dot::Mode(Mode::Json))),
            (".read 'a b.sql'", Ok(Dot::Read("a b.sql".into()))),
            (".schema", Ok(Dot::Schema(None))),
            (".tables  g% ;", Ok(Dot::Tables(Some("g%".into())))),
            (".timer on", Ok(Dot::Timer(true))),
            (".timer", Err(".timer : it has to be on or off".into())),
            (".read", Err(".read needs a file".into())),
            (".tabels", Err(".tabels: there is no such command".into())),
        ];
        for (line, dot) in expected {
            assert_eq!(Dot::parse(line), dot, "{line}");
        }
        assert!(Dot::parse(".mode x").unwrap_err().ends_with("table, line, quote, json, jsonl, yaml, csv, name"));
    }

    #[test]
    fn every_command_is_in_the_help() {
        for command in COMMANDS {
            assert!(HELP.lines().any(|line| line.starts_with(command)), "{command}");
        }
    }
}
