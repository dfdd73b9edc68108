use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Make a new database of the file of a SQLite database
    #[command(after_help = "\
Examples:
  tursoctl import sqlite shop.db --to shop --create
Related commands: export, db create")]
    Sqlite(ImportSqlite),

    /// Run a dump in SQL, as `sqlite3 FILE .dump` and `tursoctl export --format dump` write it
    #[command(after_help = "\
Examples:
  tursoctl import dump shop.sql --to shop --create --group eu
  tursoctl import dump more.sql --to shop
Related commands: export, sql --file")]
    Dump(ImportDump),

    /// Insert the rows of a CSV file with a header into a table
    #[command(after_help = "\
Examples:
  tursoctl import csv goods.csv --to shop
  tursoctl import csv goods.csv --to shop --create --table products --types id=integer,code=text
  tursoctl import csv goods.csv --to shop --mode replace
Related commands: export --format csv, sql")]
    Csv(ImportCsv),
}

/// Where to.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Destination {
    /// The database, by name or URL
    #[arg(long, value_name = "DATABASE")]
    pub(crate) to: String,

    /// Create the database; it must not exist
    #[arg(long)]
    pub(crate) create: bool,

    /// The group of a database that is created
    #[arg(long, value_name = "GROUP", default_value = "default", requires = "create")]
    pub(crate) group: String,
}

/// What is sent at once, and what happens after a failure.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Batches {
    /// Commit so many rows or statements at once
    #[arg(long, value_name = "NUMBER", default_value = "500", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) batch: u32,

    /// Go on where the same import stopped, and if this one stops, keep what it has done. Without it, a database or a
    /// table that an import created is removed again when it fails
    #[arg(long)]
    pub(crate) resume: bool,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ImportSqlite {
    /// The file: in WAL mode, with pages of 4096 bytes, at most 20 GiB
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) destination: Destination,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ImportDump {
    /// The dump
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) destination: Destination,

    #[command(flatten)]
    pub(crate) batches: Batches,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ImportCsv {
    /// The file, in UTF-8, whose first line names the columns
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) destination: Destination,

    #[command(flatten)]
    pub(crate) batches: Batches,

    /// The table; without it, the name of the file. One that does not exist is created
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<String>,

    /// What to do with the rows of a table that exists
    #[arg(long, value_name = "MODE", default_value = "append")]
    pub(crate) mode: ImportMode,

    /// The types of columns, such as id=integer,note=text; the others are what all of their fields look like
    #[arg(long, value_name = "COLUMN=TYPE", value_delimiter = ',')]
    pub(crate) types: Vec<String>,

    /// The field that stands for NULL; by default an empty one
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) null: String,

    /// What separates fields
    #[arg(long, value_name = "CHARACTER", default_value = ",")]
    pub(crate) delimiter: char,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportMode {
    /// Keep them
    Append,
    /// Replace all of them at once, when everything has arrived
    Replace,
}
