use clap::Subcommand;
use turso_cloud::{ByteSize, DatabaseName};

use crate::args::values::Switch;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum DbConfigCommand {
    /// Show limits and blocks
    #[command(alias = "show")]
    #[command(after_help = "Examples:
  tursoctl db config get orders")]
    Get {
        /// The database
        name: DatabaseName,
    },
    /// Change limits and blocks
    #[command(after_help = "Examples:
  tursoctl db config set orders --size-limit 500mb
  tursoctl db config set orders --block-writes on")]
    Set(DbConfigSet),
}

#[derive(Debug, clap::Args)]
pub(crate) struct DbConfigSet {
    /// The database
    pub(crate) name: DatabaseName,
    #[command(flatten)]
    pub(crate) change: DbConfigChange,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(crate) struct DbConfigChange {
    /// How large it may become: 500mb, 1gib
    #[arg(long, value_name = "SIZE")]
    pub(crate) size_limit: Option<ByteSize>,
    /// Whether other databases may attach it
    #[arg(long, value_name = "ON|OFF")]
    pub(crate) allow_attach: Option<Switch>,
    /// Whether reads are refused
    #[arg(long, value_name = "ON|OFF")]
    pub(crate) block_reads: Option<Switch>,
    /// Whether writes are refused
    #[arg(long, value_name = "ON|OFF")]
    pub(crate) block_writes: Option<Switch>,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum AllowRulesCommand {
    /// Show the rules
    #[command(alias = "show")]
    #[command(after_help = "Examples:
  tursoctl db allow-rules get orders")]
    Get {
        /// The database
        name: DatabaseName,
    },
    /// Replace the rules
    #[command(after_help = "Examples:
  tursoctl db allow-rules set orders --ip 203.0.113.0/24")]
    Set {
        /// The database
        name: DatabaseName,
        #[command(flatten)]
        rules: AllowRulesArgs,
    },
    /// Add to the rules
    #[command(after_help = "Examples:
  tursoctl db allow-rules add orders --ip 198.51.100.7 --vpc vpce-0123456789abcdef0")]
    Add {
        /// The database
        name: DatabaseName,
        #[command(flatten)]
        rules: AllowRulesArgs,
    },
    /// Take from the rules
    #[command(alias = "rm")]
    #[command(after_help = "Examples:
  tursoctl db allow-rules remove orders --ip 198.51.100.7")]
    Remove {
        /// The database
        name: DatabaseName,
        #[command(flatten)]
        rules: AllowRulesArgs,
    },
    /// Remove all rules: the database may be reached from everywhere
    #[command(after_help = "Examples:
  tursoctl db allow-rules clear orders --yes")]
    Clear {
        /// The database
        name: DatabaseName,
    },
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(crate) struct AllowRulesArgs {
    /// An address or a range, such as 203.0.113.0/24; may be given more than once
    #[arg(long = "ip", value_name = "ADDRESS", value_delimiter = ',')]
    pub(crate) ips: Vec<String>,
    /// The id of a VPC endpoint of AWS, which begins with vpce-; may be given more than once
    #[arg(long = "vpc", value_name = "ID", value_delimiter = ',')]
    pub(crate) vpcs: Vec<String>,
}
