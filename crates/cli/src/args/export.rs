use std::path::PathBuf;

use clap::{ArgGroup, ValueEnum, builder::NonEmptyStringValueParser};

use super::key::KeyArgs;

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tursoctl export orders --out orders.db --verify
  tursoctl export orders --out - --format dump | gzip > orders.sql.gz
  tursoctl export orders --out goods.csv --format csv --table goods
  tursoctl export --glob 'tenant-*' --out backup/ --verify

A file appears under its name when it is complete, and never before; behind a
link, where that leads. A pipe or a device gets its data then. A database is
written as it was at one moment with sqlite and dump; with csv and jsonl, every
table is. In csv, NULL is an empty field, an empty text is \"\", and a blob is
written as X'00ff': no field tells whether it was a number or blob, or a text
that is written alike. The columns it is imported into decide.
Related commands: import, sql, db create")]
#[command(group = ArgGroup::new("databases").required(true).args(["names", "all", "glob"]))]
pub(crate) struct ExportArgs {
    /// The database, by name or URL
    #[arg(value_name = "DATABASE")]
    pub(crate) names: Vec<String>,

    /// Export every database of the organization
    #[arg(long)]
    pub(crate) all: bool,

    /// Export the databases whose names match: * stands for any text and ? for one character
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) glob: Option<String>,

    /// Where to write: a file, or with - standard output; for several files a folder
    #[arg(long, value_name = "PATH")]
    pub(crate) out: PathBuf,

    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "sqlite")]
    pub(crate) format: ExportFormat,

    /// Write only this table (csv and jsonl)
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<String>,

    /// Look at what was written before it gets its name: whether it is sound, and has as many rows as the database
    #[arg(long)]
    pub(crate) verify: bool,

    /// Replace files that exist
    #[arg(long)]
    pub(crate) overwrite: bool,

    #[command(flatten)]
    pub(crate) key: KeyArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// The file of a SQLite database
    Sqlite,
    /// The SQL that makes the database
    Dump,
    /// A file of fields separated by commas for each table
    Csv,
    /// A file of JSON objects for each table, one in a line
    Jsonl,
}

impl ExportFormat {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Sqlite => "db",
            Self::Dump => "sql",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }

    /// Whether every table is a file of its own.
    pub(crate) fn is_by_table(self) -> bool {
        matches!(self, Self::Csv | Self::Jsonl)
    }
}
