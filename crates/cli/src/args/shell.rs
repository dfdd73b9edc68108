use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
};

use super::sql::Parameters;
use crate::rows::Mode;

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tursoctl shell orders
  tursoctl shell orders --mode line -c 'SELECT * FROM goods LIMIT 1'
  TURSO_AUTH_TOKEN=... tursoctl shell libsql://orders-acme.turso.io
  tursoctl shell orders < script.sql

.help lists the commands of the shell. Statements are kept in a history of this
machine; those that begin with a space are not.
Related commands: sql, import, export")]
pub(crate) struct ShellArgs {
    /// The database, by name or URL; the token for a URL is in `TURSOCTL_DATABASE_TOKEN` or `TURSO_AUTH_TOKEN`
    #[arg(value_name = "DATABASE")]
    pub(crate) database: String,

    /// Run these statements and end
    #[arg(short, long, value_name = "SQL", conflicts_with = "file")]
    pub(crate) command: Option<String>,

    /// Run the statements of this file, or with - of standard input, and end
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// How to write rows; without it as --output says
    #[arg(long, value_name = "MODE")]
    pub(crate) mode: Option<Mode>,

    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

impl ShellArgs {
    /// Whether a person is going to type.
    pub(crate) fn is_interactive(&self) -> bool {
        self.command.is_none() && self.file.is_none() && io::stdin().is_terminal()
    }
}
