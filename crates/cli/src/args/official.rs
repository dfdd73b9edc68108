//! Commands of the official `turso` that go by another name here.

use std::ffi::OsString;

use clap::{
    Arg, Command, CommandFactory as _, Error,
    builder::StyledStr,
    error::{ContextKind, ContextValue},
};

use super::Args;

const ELSEWHERE: [(&[&str], &str); 8] = [
    (&["auth", "signup"], "auth login"),
    (&["config"], "profile"),
    (&["db", "export"], "export"),
    (&["db", "import"], "import sqlite"),
    (&["db", "locations"], "location list"),
    (&["db", "shell"], "shell"),
    (&["dev"], "local start"),
    (&["plan"], "org plan"),
];

/// Tells whoever has typed one of them what it is called.
pub(super) fn point_out(words: &[OsString], refused: &mut Error) {
    let Some(ContextValue::String(unknown)) = refused.get(ContextKind::InvalidSubcommand) else { return };
    let typed = commands(words);
    let meant = |official: &[&str]| official.last() == Some(&unknown.as_str()) && typed.starts_with(official);
    if let Some((_, here)) = ELSEWHERE.iter().find(|(official, _)| meant(official)) {
        let tip = StyledStr::from(format!("it is `tursoctl {here}`"));
        refused.remove(ContextKind::SuggestedSubcommand);
        refused.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
}

/// The words that are neither options nor their values: until one is unknown, each is a command of the one before it, and
/// all options are global.
fn commands(words: &[OsString]) -> Vec<&str> {
    let program = Args::command();
    let mut words = words.iter().skip(1).map(|word| word.to_str().unwrap_or_default());
    let mut commands = Vec::new();
    while let Some(word) = words.next() {
        match word.strip_prefix('-') {
            None => commands.push(word),
            Some(option) => {
                if has_value_behind(&program, option) {
                    words.next();
                }
            }
        }
    }
    commands
}

/// Whether the next word is the value of an option, of which this is what stands behind the first dash.
fn has_value_behind(program: &Command, option: &str) -> bool {
    let takes_value = |is_it: &dyn Fn(&Arg) -> bool| {
        program.get_arguments().any(|argument| is_it(argument) && argument.get_action().takes_values())
    };
    if let Some(name) = option.strip_prefix('-') {
        return takes_value(&|argument| argument.get_long() == Some(name));
    }
    // Letters without a value may come before it, and what is behind it in the same word is its value.
    let at = option.find(|letter| takes_value(&|argument| argument.get_short() == Some(letter)));
    at.is_some_and(|at| at + 1 == option.len())
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;

    fn refused(words: &[&str]) -> Error {
        let words: Vec<_> = ["tursoctl"].iter().chain(words).map(OsString::from).collect();
        Args::read(&words).unwrap_err()
    }

    #[test]
    fn whoever_types_a_command_of_the_official_one_is_told_what_it_is_called() {
        for (official, here) in ELSEWHERE {
            let tip = format!("it is `tursoctl {here}`");
            assert!(refused(official).to_string().contains(&tip), "{official:?}");
            let help: Vec<_> = here.split(' ').chain(["--help"]).collect();
            assert_eq!(refused(&help).kind(), ErrorKind::DisplayHelp, "{here}");
        }
    }

    #[test]
    fn options_are_not_taken_for_commands() {
        for (line, here) in [
            ("db --org a shell x", "shell"),
            ("--org=a db -q shell", "shell"),
            ("-qo json db -v export", "export"),
            ("-ojson --yes config set", "profile"),
            ("--profile plan dev", "local start"),
        ] {
            let said = refused(&line.split(' ').collect::<Vec<_>>()).to_string();
            assert!(said.contains(&format!("tip: it is `tursoctl {here}`")), "{line}: {said}");
        }
    }

    #[test]
    fn a_word_of_another_noun_is_not_taken_for_a_command_of_the_official_one() {
        for line in
            ["org config", "group config", "location plan", "org db shell", "--org db shll", "group --org db shell"]
        {
            let said = refused(&line.split(' ').collect::<Vec<_>>()).to_string();
            assert!(!said.contains("it is `"), "{line}: {said}");
        }
    }
}
