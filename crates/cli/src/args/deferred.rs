use std::ops::Deref;

use clap::{ArgMatches, Command, Error, FromArgMatches, Subcommand};

/// As the parser's own, but for the place of the examples.
pub(super) const EXAMPLES_FIRST: &str = "{about-with-newline}\n{usage-heading} {usage}{after-help}\n\n{all-args}";

/// Commands that the parser is told of when they are asked for: telling it of all there are took most of a start.
#[derive(Debug)]
pub(crate) struct Deferred<C>(C);

impl<C> Deref for Deferred<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C: Subcommand> Subcommand for Deferred<C> {
    fn augment_subcommands(command: Command) -> Command {
        command.defer(|command| C::augment_subcommands(command).mut_subcommands(examples_first))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        command.defer(C::augment_subcommands_for_update)
    }

    fn has_subcommand(name: &str) -> bool {
        C::has_subcommand(name)
    }
}

impl<C: Subcommand> FromArgMatches for Deferred<C> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        C::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// Lets the help of a command, and of those below it, show how it is used before it says what everything means.
fn examples_first(command: Command) -> Command {
    command.mut_subcommands(examples_first).help_template(EXAMPLES_FIRST)
}
