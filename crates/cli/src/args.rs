//! What can be typed: one file per noun.

mod global;
mod local;

use clap::{Parser, Subcommand};

pub(crate) use global::{ColorChoice, Format, GlobalArgs};
pub(crate) use local::{EnvironmentFormat, LocalCommand, LocalEnv, LocalStart};

/// An unofficial command line for Turso Cloud and the local cloud.
#[derive(Debug, Parser)]
#[command(name = "tursoctl", version, arg_required_else_help = true, infer_long_args = false)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A Turso Cloud on this machine
    #[command(subcommand)]
    Local(LocalCommand),
    /// Print the version
    Version,
}

impl Command {
    /// Whether it decides itself what Ctrl-C means.
    pub(crate) fn handles_signals(&self) -> bool {
        matches!(self, Self::Local(LocalCommand::Start(_)))
    }
}
