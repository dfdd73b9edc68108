mod configuration;

use std::path::PathBuf;

use clap::{ArgGroup, Subcommand, ValueEnum, builder::NonEmptyStringValueParser};
use jiff::Timestamp;
use turso_cloud::{ByteSize, Cipher, DatabaseName, GroupName, InstanceName, OrganizationSlug};

pub(crate) use configuration::{AllowRulesArgs, AllowRulesCommand, DbConfigChange, DbConfigCommand};

use super::{
    key::KeyArgs,
    tokens::TokenArgs,
    values::{Switch, count, known, time},
};

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum DbCommand {
    /// List databases
    #[command(alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl db list
  tursoctl db list --group eu -o json --fields name,hostname")]
    List(DbList),
    /// Show a database
    #[command(alias = "show")]
    #[command(after_help = "Examples:
  tursoctl db get orders")]
    Get {
        /// The name of the database
        name: DatabaseName,
    },
    /// Create databases: empty, or from another database, a file or a dump
    #[command(after_help = "Examples:
  tursoctl db create orders --group default --wait
  tursoctl db create orders-test --from-db orders --at 2h
  tursoctl db create orders --from-file orders.db")]
    Create(DbCreate),
    /// Delete databases
    #[command(alias = "destroy", alias = "rm")]
    #[command(after_help = "Examples:
  tursoctl db delete orders --yes
  tursoctl db delete orders-1 orders-2 --if-exists --yes
  tursoctl db delete --glob 'test-*' --yes
  tursoctl db delete --glob '*' --confirm acme")]
    Delete(DbDelete),
    /// Copy a database, as it is or as it was
    #[command(after_help = "Examples:
  tursoctl db branch orders orders-test
  tursoctl db branch orders orders-before --at 2h --wait")]
    Branch(DbBranch),
    /// Print the URL of a database
    #[command(after_help = "Examples:
  tursoctl db url orders
  tursoctl db url orders --scheme libsql")]
    Url {
        /// The name of the database
        name: DatabaseName,
        /// Write it with this scheme instead of the one clients take best
        #[arg(long)]
        scheme: Option<Scheme>,
    },
    /// Print the variables a program needs, with a new token
    #[command(after_help = "Examples:
  tursoctl db env orders --expires 7d >> .env
  tursoctl db env orders --form shell --read-only")]
    Env(DbEnv),
    /// Show the usage of a database
    #[command(alias = "inspect")]
    #[command(after_help = "Examples:
  tursoctl db usage orders
  tursoctl db usage orders --since 7d")]
    Usage {
        /// The name of the database
        name: DatabaseName,
        /// From this time on: 2026-05-04T10:11:12Z, or how long ago, such as 24h; this month without it
        #[arg(long, value_name = "TIME", value_parser = time)]
        since: Option<Timestamp>,
        /// Up to this time
        #[arg(long, value_name = "TIME", value_parser = time, requires = "since")]
        until: Option<Timestamp>,
    },
    /// List the statements that read or write the most rows
    #[command(after_help = "Examples:
  tursoctl db queries orders --since 24h --top 5")]
    Queries {
        /// The name of the database
        name: DatabaseName,
        /// From this time on; the service's own choice without it
        #[arg(long, value_name = "TIME", value_parser = time)]
        since: Option<Timestamp>,
        /// At most so many
        #[arg(long, value_name = "NUMBER", value_parser = count::<usize>)]
        top: Option<usize>,
    },
    /// Instances of a database
    #[command(after_help = "Examples:
  tursoctl db instances orders
  tursoctl db instances orders aws-eu-west-1 --wait")]
    Instances(DbInstances),
    /// Tokens that open a database
    #[command(subcommand)]
    Tokens(DbTokensCommand),
    /// Limits and blocks of a database
    #[command(subcommand)]
    Config(DbConfigCommand),
    /// From where a database may be reached
    #[command(subcommand)]
    AllowRules(AllowRulesCommand),
    /// Keep a database from being deleted, or no longer; without a switch, show it
    #[command(after_help = "Examples:
  tursoctl db protect orders on
  tursoctl db protect orders")]
    Protect {
        /// The name of the database
        name: DatabaseName,
        /// on or off
        switch: Option<Switch>,
    },
    /// Hand a database over to another organization
    #[command(after_help = "Examples:
  tursoctl db transfer orders --to other --confirm orders")]
    Transfer {
        /// The name of the database
        name: DatabaseName,
        /// The other organization
        #[arg(long, value_name = "SLUG")]
        to: OrganizationSlug,
        /// Confirm by the name of the database
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
    },
    /// Bring the archived group of a database back to work
    #[command(after_help = "Examples:
  tursoctl db unarchive orders")]
    Unarchive {
        /// The name of the database
        name: DatabaseName,
    },
    /// Wake a sleeping database up
    #[command(alias = "wake-up")]
    #[command(after_help = "Examples:
  tursoctl db wakeup orders")]
    Wakeup {
        /// The name of the database
        name: DatabaseName,
    },
    /// List deleted databases that can be brought back
    #[command(after_help = "Examples:
  tursoctl db deleted
  tursoctl db deleted --search orders")]
    Deleted {
        /// Only those with this in their name
        #[arg(long, value_name = "TEXT", default_value = "")]
        search: String,
    },
    /// Bring a deleted database back
    #[command(after_help = "Examples:
  tursoctl db restore orders
  tursoctl db restore 0eb771dd-6906-11ee-8553-eaa7715aeaf2 --name orders-again")]
    Restore {
        /// Its id, from `db deleted`, or its name where only one of those has it
        #[arg(value_name = "ID")]
        deleted: String,
        /// What to call it; its old name without it
        #[arg(long, value_name = "NAME")]
        name: Option<DatabaseName>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct DbList {
    /// Only those of this group
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Option<GroupName>,
    /// Only copies of this database
    #[arg(long, value_name = "NAME")]
    pub(crate) parent: Option<DatabaseName>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", value_parser = count::<usize>)]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DbCreate {
    /// What to call them
    #[arg(required = true, value_name = "NAME")]
    pub(crate) names: Vec<DatabaseName>,
    /// The group they are to be in; may be left out where there is only one
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Option<GroupName>,
    /// Start as a copy of this database
    #[arg(long, value_name = "NAME", group = "seed")]
    pub(crate) from_db: Option<DatabaseName>,
    /// With --from-db, as it was at this time: 2026-05-04T10:11:12Z, or how long ago, such as 2h
    #[arg(long, value_name = "TIME", requires = "from_db", value_parser = time)]
    pub(crate) at: Option<Timestamp>,
    /// Start with the content of a SQLite file
    #[arg(long, value_name = "FILE", group = "seed")]
    pub(crate) from_file: Option<PathBuf>,
    /// Start with the statements of a dump
    #[arg(long, value_name = "FILE", group = "seed")]
    pub(crate) from_dump: Option<PathBuf>,
    /// Start with the statements of a dump at a public URL
    #[arg(long, value_name = "URL", group = "seed")]
    pub(crate) from_dump_url: Option<String>,
    /// How large it may become: 500mb, 1gib
    #[arg(long, value_name = "SIZE")]
    pub(crate) size_limit: Option<ByteSize>,
    /// Encrypt it with this cipher, which needs --encryption-key-file
    #[arg(long, value_name = "CIPHER", requires = "encryption_key_file", value_parser = known(Cipher::KNOWN))]
    pub(crate) encryption_cipher: Option<Cipher>,
    /// The file of the key to encrypt it with, in base64; - is the standard input
    #[arg(long, value_name = "FILE", requires = "encryption_cipher")]
    pub(crate) encryption_key_file: Option<PathBuf>,
    /// Run it on the new engine
    #[arg(long)]
    pub(crate) tursodb: bool,
    /// Succeed if there is such a database already, in the same group
    #[arg(long, conflicts_with_all = ["from_file", "from_dump"])]
    pub(crate) if_not_exists: bool,
    /// Wait until it answers
    #[arg(long)]
    pub(crate) wait: bool,
    /// Create so many at once
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = count::<usize>)]
    pub(crate) concurrency: usize,
}

#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("databases").required(true).args(["names", "glob"]))]
pub(crate) struct DbDelete {
    /// Their names
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<DatabaseName>,
    /// Delete the databases whose names match: * stands for any text and ? for one character
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) glob: Option<String>,
    /// For a pattern that any name matches, such as *: confirm by the slug of the organization that it is all of them
    #[arg(long, value_name = "SLUG", requires = "glob")]
    pub(crate) confirm: Option<String>,
    /// Succeed if there is no such database
    #[arg(long)]
    pub(crate) if_exists: bool,
    /// Delete so many at once
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = count::<usize>)]
    pub(crate) concurrency: usize,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DbBranch {
    /// The database to copy
    pub(crate) from: DatabaseName,
    /// What to call the copy
    pub(crate) name: DatabaseName,
    /// Copy it as it was at this time: 2026-05-04T10:11:12Z, or how long ago, such as 2h
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<Timestamp>,
    /// Put the copy into this group
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Option<GroupName>,
    /// Wait until it answers
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Scheme {
    Libsql,
    Https,
    Http,
    Wss,
    Ws,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DbEnv {
    /// The name of the database
    pub(crate) name: DatabaseName,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// How to write them
    #[arg(long, value_name = "FORM", default_value = "dotenv")]
    pub(crate) form: EnvForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvForm {
    /// NAME="value", one in a line
    Dotenv,
    /// Lines for `eval` in a shell
    Shell,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DbInstances {
    /// The database
    pub(crate) name: DatabaseName,
    /// Only this instance
    pub(crate) instance: Option<InstanceName>,
    /// Wait until it is ready
    #[arg(long, requires = "instance")]
    pub(crate) wait: bool,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum DbTokensCommand {
    /// Create a token and print it
    #[command(alias = "mint")]
    #[command(after_help = "Examples:
  tursoctl db tokens create orders --read-only --expires 1h
  tursoctl db tokens create orders --perm goods:data_read,data_add")]
    Create {
        /// The database
        name: DatabaseName,
        #[command(flatten)]
        token: TokenArgs,
    },
    /// Make every token of a database worthless
    #[command(alias = "rotate")]
    #[command(after_help = "Examples:
  tursoctl db tokens invalidate orders --yes")]
    Invalidate {
        /// The database
        name: DatabaseName,
    },
}
