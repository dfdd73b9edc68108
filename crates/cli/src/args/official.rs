//! Commands of the official `turso` that go by another name here.

use std::ffi::OsString;

use clap::{
    Error,
    builder::StyledStr,
    error::{ContextKind, ContextValue},
};

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
    let typed: Vec<_> = words.iter().filter_map(|word| word.to_str()).collect();
    let meant = |official: &[&str]| official.last() == Some(&unknown.as_str()) && contains(&typed, official);
    if let Some((_, here)) = ELSEWHERE.iter().find(|(official, _)| meant(official)) {
        let tip = StyledStr::from(format!("it is `tursoctl {here}`"));
        refused.remove(ContextKind::SuggestedSubcommand);
        refused.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
}

fn contains(typed: &[&str], official: &[&str]) -> bool {
    typed.windows(official.len()).any(|words| words == official)
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;
    use crate::args::Args;

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
}
