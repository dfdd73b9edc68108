use std::path::PathBuf;

use clap::Subcommand;
use jiff::Timestamp;
use turso_cloud::AuditCode;

use super::values::{Open, count, time};

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum AuditCommand {
    /// List entries, newest first
    #[command(alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl audit list --since 24h --code db-delete
  tursoctl audit list --limit 1000 -o csv")]
    List {
        #[command(flatten)]
        filter: AuditFilter,
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = count::<usize>)]
        limit: usize,
    },
    /// Show the newest entries, oldest first, and with -f new ones as they come
    #[command(after_help = "Examples:
  tursoctl audit tail -n 50
  tursoctl audit tail --follow -o jsonl")]
    Tail {
        #[command(flatten)]
        filter: AuditFilter,
        /// How many of the newest
        #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 10, value_parser = count::<usize>)]
        lines: usize,
        /// Go on with new entries until Ctrl-C
        #[arg(short, long)]
        follow: bool,
        /// Look for new ones so often
        #[arg(long, value_name = "TIME", default_value = "5s", value_parser = crate::config::parse_duration)]
        interval: std::time::Duration,
    },
    /// Write all entries to a file as JSON lines, newest first
    #[command(after_help = "Examples:
  tursoctl audit export --since 30d --out audit.jsonl
  tursoctl audit export --out - | gzip > audit.jsonl.gz")]
    Export {
        #[command(flatten)]
        filter: AuditFilter,
        /// Where to write: a file, which appears when it is complete, or with - standard output
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Replace a file that exists
        #[arg(long)]
        overwrite: bool,
    },
}

#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct AuditFilter {
    /// Only entries from this time on: 2026-05-04T10:11:12Z, or how long ago, such as 24h
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) since: Option<Timestamp>,
    /// Only entries before this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) until: Option<Timestamp>,
    /// Only entries with this code; may be given more than once
    #[arg(long = "code", value_name = "CODE", value_delimiter = ',', hide_possible_values = true, value_parser = Open(AuditCode::KNOWN))]
    pub(crate) codes: Vec<AuditCode>,
    /// Only entries of this user
    #[arg(long, value_name = "USERNAME")]
    pub(crate) author: Option<String>,
}
