use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use turso_cloud::{Cipher, GroupName};

use super::{
    key::KeyArgs,
    values::{delimiter, known},
};

#[derive(Clone, Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum ImportCommand {
    /// Make a database of the file of a SQLite database, or add it to one that is there
    #[command(after_help = "\
Examples:
  tursoctl import sqlite shop.db --to shop --create
  tursoctl import sqlite shop.db --to shop
  tursoctl import sqlite more.db --to shop --mode append

With --create the file is uploaded as it is: it has to be in WAL mode, with
pages of 4096 bytes and at most 20 GiB. Into a database that is there, it is
copied row by row. Tables, indexes, triggers and views that are not there are
made, and those that are there stay as they are; with --mode append, the rows
of a table come after those of the one that is there, and with --mode replace
they take their place at once, when all of them have arrived.
Related commands: export, db create")]
    Sqlite(ImportSqlite),

    /// Run a dump in SQL, as `sqlite3 FILE .dump` and `tursoctl export --format dump` write it
    #[command(after_help = "\
Examples:
  tursoctl import dump shop.sql --to shop --create --group eu
  tursoctl import dump more.sql --to shop
  sqlite3 shop.db .dump | tursoctl import dump - --to shop --create

All of the file is looked at before any of it is run; with - as the file, all
of standard input. No table that it makes may be there, not even where it says
IF NOT EXISTS, as sqlite3 does of names within quotes. Nor may it remove or
alter anything that is there, and nothing in it may be rolled back.
Related commands: export, sql --file")]
    Dump(ImportDump),

    /// Insert the rows of a CSV file with a header into a table
    #[command(after_help = "\
Examples:
  tursoctl import csv goods.csv --to shop
  tursoctl import csv goods.csv --to shop --create --table products --types id=integer,code=text
  tursoctl import csv goods.csv --to shop --mode replace
  zcat goods.csv.gz | tursoctl import csv - --to shop --table goods
  tursoctl import csv goods.tsv --to shop --delimiter '\\t'

The file, or with - what comes from standard input, is in UTF-8, and its first
line names the columns. Columns that the table generates are left out, for it
computes them anew. An empty line is passed over, unless there is one column
only: then it is a row with an empty field.
In a table that is created, a column holds numbers only where each of them is
written as it stands in the file: 007, +1 and 1.10 are kept as text, unless
--types says otherwise. Where some are whole and others are not, the column has
no type. In a table that is there, its columns decide: one of type INTEGER, REAL
or NUMERIC makes 1.1 of 1.10.
A field such as X'00ff', as export writes blobs, is a blob in a table that is
there, unless its column is one of text. In a table that is created, it is one
only where every field of the column is; otherwise the column is one of text.
--types decides for both.
Rows that are appended are held to the foreign keys of the table. With --mode
replace nobody looks at foreign keys: no row of another table goes with the one
it refers to, and one may be left that refers to nothing.
Related commands: export --format csv, sql")]
    Csv(ImportCsv),
}

// A file and where it goes, whatever kind of file it is.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Import {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) destination: Destination,

    /// Commit so many rows or statements at once
    #[arg(long, value_name = "NUMBER", default_value = "500", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) batch: u32,

    /// If it stops, keep what it has done, for --resume. Without it, a database or a table that an import created is removed
    /// again when it fails
    #[arg(long)]
    pub(crate) keep: bool,

    /// Go on where the same import stopped, and if this one stops, keep what it has done
    #[arg(long, conflicts_with = "create")]
    pub(crate) resume: bool,
}

// Where to.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Destination {
    /// The database, by name or URL
    #[arg(long, value_name = "DATABASE")]
    pub(crate) to: String,

    /// Create the database; it must not exist
    #[arg(long)]
    pub(crate) create: bool,

    /// The group of a database that is created; may be left out where there is only one
    #[arg(long, value_name = "GROUP", requires = "create")]
    pub(crate) group: Option<GroupName>,

    /// With --create, encrypt the database with this cipher and the key
    #[arg(long, value_name = "CIPHER", requires = "create", value_parser = known(Cipher::KNOWN))]
    pub(crate) encryption_cipher: Option<Cipher>,

    #[command(flatten)]
    pub(crate) key: KeyArgs,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ImportSqlite {
    #[command(flatten)]
    pub(crate) import: Import,

    /// What to do in a database that has tables. Without it, only an empty one is imported into
    #[arg(long, value_name = "MODE", conflicts_with = "create")]
    pub(crate) mode: Option<ImportMode>,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ImportDump {
    #[command(flatten)]
    pub(crate) import: Import,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ImportCsv {
    #[command(flatten)]
    pub(crate) import: Import,

    /// The table; without it, the name of the file. One that does not exist is created
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<String>,

    /// What to do with the rows of a table that exists
    #[arg(long, value_name = "MODE", default_value = "append")]
    pub(crate) mode: ImportMode,

    /// The types of columns, such as id=integer,note=text; the others are what all of their fields look like
    #[arg(long, value_name = "COLUMN=TYPE", value_delimiter = ',')]
    pub(crate) types: Vec<String>,

    /// The field that stands for NULL, within quotes or not; without it, an empty one that is not within quotes
    #[arg(long, value_name = "TEXT")]
    pub(crate) null: Option<String>,

    /// What separates fields: a character, or \t for a tab
    #[arg(long, value_name = "CHARACTER", default_value = ",", value_parser = delimiter)]
    pub(crate) delimiter: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportMode {
    /// Keep them
    Append,
    /// Replace all of them at once, when everything has arrived
    Replace,
}
