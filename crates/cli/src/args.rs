//! What can be typed: one file per noun.

mod export;
mod global;
mod import;
mod local;
mod shell;
mod sql;

use clap::{Parser, Subcommand};

pub(crate) use export::{ExportArgs, ExportFormat};
pub(crate) use global::{ColorChoice, Format, GlobalArgs};
pub(crate) use import::{Destination, ImportCommand, ImportCsv, ImportDump, ImportMode, ImportSqlite};
pub(crate) use local::{EnvironmentFormat, LocalCommand, LocalEnv, LocalStart};
pub(crate) use shell::ShellArgs;
pub(crate) use sql::{OnError, Parameters, SqlArgs};

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
    /// Run SQL on a database as it is typed
    Shell(ShellArgs),
    /// Run SQL on databases, without a person
    Sql(SqlArgs),
    /// Make databases and tables of files
    #[command(subcommand)]
    Import(ImportCommand),
    /// Write databases to files
    Export(ExportArgs),
    /// Print the version
    Version,
}

impl Command {
    /// Whether it decides itself what Ctrl-C means.
    pub(crate) fn handles_signals(&self) -> bool {
        match self {
            Self::Local(LocalCommand::Start(_)) => true,
            Self::Import(_) => true,
            Self::Shell(args) => crate::commands::shell::is_interactive(args),
            _ => false,
        }
    }
}
