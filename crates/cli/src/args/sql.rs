use std::path::PathBuf;

use clap::ValueEnum;

use super::key::KeyArgs;

// What runs SQL takes, whether it is interactive or not.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Parameters {
    /// A value for :NAME, @NAME or $NAME. NULL, X'00' and numbers are taken as such, and everything else as text, as is
    /// what stands in '...'. As in `import csv`, a number has to be written as it is written again: 007, +1, 1.10, 1e3 and
    /// 9223372036854775808 are text
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub(crate) named: Vec<String>,

    /// A value for the next ? of the statement, read as that of --param is
    #[arg(long = "arg", value_name = "VALUE", conflicts_with = "named", allow_hyphen_values = true)]
    pub(crate) positional: Vec<String>,

    /// What to do after a statement that failed
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    pub(crate) on_error: OnError,

    /// Commit all statements together, or none; a service may end a transaction of more than 5 seconds
    #[arg(long)]
    pub(crate) single_transaction: bool,

    /// Use a token that cannot change anything
    #[arg(long)]
    pub(crate) read_only: bool,

    #[command(flatten)]
    pub(crate) key: KeyArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnError {
    /// Run no further one
    #[default]
    Stop,
    /// Tell of it, run the others, and end with exit code 7
    Continue,
}

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tursoctl sql orders 'SELECT count(*) FROM goods'
  tursoctl sql orders 'SELECT * FROM goods WHERE id = :id' --param id=7 -o json
  tursoctl sql eu us asia 'SELECT count(*) AS goods FROM goods' -o csv
  tursoctl sql orders --file migration.sql --single-transaction

With several databases, the first column says which one a row is of, and rows
of the same columns are written as one set. With --on-error continue, a
database that cannot be used does not keep the others from being asked.
Related commands: shell, import, export")]
pub(crate) struct SqlArgs {
    /// The databases, by name or URL, and behind them the statements unless they are in a file
    #[arg(required = true, value_name = "DATABASE... SQL")]
    pub(crate) words: Vec<String>,

    /// Read the statements from this file, or with - from standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) parameters: Parameters,
}
