//! What keeps a start short: telling the parser of a hundred commands, none of which was typed, took most of it.
//!
//! What is flattened into a command says what it is for in a plain comment. A doc comment would be the help of the command,
//! whose own has been told of by then.

use std::{cell::RefCell, ffi::OsString, mem, ops::Deref};

use clap::{ArgMatches, Command, Error, FromArgMatches, Subcommand};

/// As the parser's own, but for the place of the examples.
const EXAMPLES_FIRST: &str = "{about-with-newline}\n{usage-heading} {usage}{after-help}\n\n{all-args}";

thread_local! {
    /// The only words that may name a command. They are kept here because the parser puts off nothing but functions.
    static WORDS: RefCell<Option<Vec<OsString>>> = const { RefCell::new(None) };
}

/// Commands that the parser is told of when it comes to them.
#[derive(Debug)]
pub(crate) struct Deferred<C>(C);

/// Has the parser told only of commands that are among `words` while it parses. What it parses is what it would have
/// parsed; what it refuses it may refuse for not knowing a command.
pub(super) fn with_only<T>(words: Vec<OsString>, parse: impl FnOnce() -> T) -> T {
    WORDS.set(Some(words));
    let parsed = parse();
    WORDS.set(None);
    parsed
}

impl<C> Deref for Deferred<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C: Subcommand> Subcommand for Deferred<C> {
    fn augment_subcommands(command: Command) -> Command {
        command.defer(|command| {
            WORDS.with_borrow(|words| match words {
                Some(words) => command.subcommands(named::<C>(words)),
                None => C::augment_subcommands(command).mut_subcommands(examples_first),
            })
        })
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        command.defer(C::augment_subcommands_for_update)
    }

    fn has_subcommand(name: &str) -> bool {
        C::has_subcommand(name)
    }
}

impl<C: FromArgMatches> FromArgMatches for Deferred<C> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        C::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// Those of the commands that a word may mean. The parser copies all global options to each command it knows.
fn named<C: Subcommand>(words: &[OsString]) -> Vec<Command> {
    let mut all = C::augment_subcommands(Command::default());
    let is_named = |command: &&mut Command| {
        let mut names = command.get_all_aliases().chain([command.get_name()]);
        names.any(|name| words.iter().any(|word| word == name))
    };
    all.get_subcommands_mut().filter(is_named).map(mem::take).collect()
}

/// Lets the help of a command, and of those below it, show how it is used before it says what everything means.
fn examples_first(command: Command) -> Command {
    command.mut_subcommands(examples_first).help_template(EXAMPLES_FIRST)
}
