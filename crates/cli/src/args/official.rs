//! Words and options of the official `turso` that go by another name here.

mod names;
#[cfg(test)]
mod tests;

use std::ffi::OsString;

use clap::{
    Arg, Command, CommandFactory as _, Error,
    builder::StyledStr,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::Args;
use names::{ELSEWHERE, OPTIONS};

/// Tells whoever has typed one of them what it is called.
pub(super) fn point_out(words: &[OsString], refused: &mut Error) {
    if !matches!(refused.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand) {
        return;
    }
    let mut program = Args::command();
    program.build();
    let typed = Typed::read(&program, words);
    let tip = match refused.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => typed.argument_elsewhere(argument),
        _ => typed.command_elsewhere(),
    };
    let Some(tip) = tip else { return forgo_dashes(refused) };
    refused.remove(ContextKind::SuggestedSubcommand);
    refused.remove(ContextKind::Suggested);
    if refused.remove(ContextKind::SuggestedArg).is_some() {
        // It shows what was suggested.
        let usage = typed.command.clone().render_usage();
        refused.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
    }
    refused.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
}

/// What looks like an option is meant as one: that it could be passed as a value helps nobody.
fn forgo_dashes(refused: &mut Error) {
    let is_letter = |letter: char| letter == '-' || letter.is_ascii_alphanumeric();
    let (Some(ContextValue::String(argument)), Some(ContextValue::StyledStrs(tips))) =
        (refused.get(ContextKind::InvalidArg), refused.get(ContextKind::Suggested))
    else {
        return;
    };
    if argument.chars().all(is_letter) {
        let others: Vec<_> = tips.iter().filter(|tip| !tip.to_string().starts_with("to pass ")).cloned().collect();
        refused.remove(ContextKind::Suggested);
        if !others.is_empty() {
            refused.insert(ContextKind::Suggested, ContextValue::StyledStrs(others));
        }
    }
}

/// A command line as far as it is understood.
struct Typed<'a> {
    /// The command it comes to.
    command: &'a Command,
    /// The name of that, from the first word on.
    path: Vec<&'a str>,
    /// The words behind it that are neither options nor their values.
    rest: Vec<&'a str>,
}

impl<'a> Typed<'a> {
    /// Until a word is unknown, each that is neither an option nor its value is a command of the one before it, and all
    /// options are global.
    fn read(program: &'a Command, words: &'a [OsString]) -> Self {
        let mut command = program;
        let mut words = words.iter().skip(1).map(|word| word.to_str().unwrap_or_default());
        let (mut path, mut rest) = (Vec::new(), Vec::new());
        while let Some(word) = words.next() {
            if let Some(option) = word.strip_prefix('-') {
                if has_value_behind(command, option) {
                    words.next();
                }
            } else if let Some(next) = command.find_subcommand(word).filter(|_| rest.is_empty()) {
                path.push(next.get_name());
                command = next;
            } else {
                rest.push(word);
            }
        }
        Self { command, path, rest }
    }

    /// What is said of a word that is no command.
    fn command_elsewhere(&self) -> Option<String> {
        let typed: Vec<_> = self.path.iter().chain(&self.rest).copied().collect();
        elsewhere(|entry| entry.len() > self.path.len() && fit(entry, &typed))
    }

    /// What is said of an option, or of a word too many.
    fn argument_elsewhere(&self, argument: &str) -> Option<String> {
        let is_it = |last: &str| fits(last, argument) || (last == "*" && !argument.starts_with('-'));
        let special = elsewhere(|entry| match entry.split_last() {
            Some((last, before)) => is_it(last) && fit(before, &self.path),
            None => false,
        });
        special.or_else(|| {
            let has = |ours: &str| self.command.get_arguments().any(|known| known.get_long() == long(ours));
            let (_, ours) = OPTIONS.iter().find(|(official, ours)| fits(official, argument) && has(ours))?;
            Some(format!("it is `{ours}`"))
        })
    }
}

/// What the longest entry says of which the words are these.
fn elsewhere(is_it: impl Fn(&[&str]) -> bool) -> Option<String> {
    let entries = ELSEWHERE.iter().map(|(entry, said)| (entry.split(' ').collect::<Vec<_>>(), said));
    let longest = entries.filter(|(entry, _)| is_it(entry)).max_by_key(|(entry, _)| entry.len());
    longest.map(|(_, said)| (*said).to_owned())
}

/// Whether a command line begins with the words of an entry.
fn fit(entry: &[&str], typed: &[&str]) -> bool {
    entry.len() <= typed.len() && entry.iter().zip(typed).all(|(official, typed)| fits(official, typed))
}

fn fits(official: &str, typed: &str) -> bool {
    official.split('|').any(|official| official == typed)
}

/// The name of an option without its dashes, and without the value that may be with it.
fn long(option: &str) -> Option<&str> {
    option.strip_prefix("--")?.split(' ').next()
}

/// Whether the next word is the value of an option, of which this is what stands behind the first dash.
fn has_value_behind(command: &Command, option: &str) -> bool {
    let takes_value = |is_it: &dyn Fn(&Arg) -> bool| {
        command.get_arguments().any(|argument| is_it(argument) && argument.get_action().takes_values())
    };
    if let Some(name) = option.strip_prefix('-') {
        return takes_value(&|argument| argument.get_long() == Some(name));
    }
    // Letters without a value may come before it, and what is behind it in the same word is its value.
    let at = option.find(|letter| takes_value(&|argument| argument.get_short() == Some(letter)));
    at.is_some_and(|at| at + 1 == option.len())
}
