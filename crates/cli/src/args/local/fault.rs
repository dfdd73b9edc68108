use std::path::PathBuf;

use clap::Subcommand;

use super::{
    super::values::{chance, count},
    LocalName,
};

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum LocalFault {
    /// List the faults in effect
    #[command(visible_alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl local fault list")]
    List(LocalName),
    /// Put a fault into effect
    #[command(after_help = "Examples:
  tursoctl local fault add --operation CreateDatabase --nth 3 --status 503 --retry-after 2
  tursoctl local fault add --sql --database orders --hang
  tursoctl local fault add --path '/v1/*' --only-latency --latency 250")]
    Add(Box<LocalFaultAdd>),
    /// Put the faults of a scenario into effect
    #[command(after_help = "Examples:
  tursoctl local fault load bad-day.toml")]
    Load {
        /// The file, TOML with the keys of "Faults" in crates/local/README.md
        file: PathBuf,
        #[command(flatten)]
        instance: LocalName,
    },
    /// End a fault, or all of them
    #[command(after_help = "Examples:
  tursoctl local fault clear
  tursoctl local fault clear 3")]
    Clear {
        /// The number of the fault; all of them without it
        id: Option<u64>,
        #[command(flatten)]
        instance: LocalName,
    },
}

#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("effect").required(true).multiple(false)))]
pub(crate) struct LocalFaultAdd {
    #[command(flatten)]
    pub(crate) instance: LocalName,

    /// Only requests for this operation, as `local requests` calls it
    #[arg(long, value_name = "NAME", help_heading = "Which requests")]
    pub(crate) operation: Option<String>,

    /// Only requests with this path, in which * stands for any text
    #[arg(long, value_name = "PATTERN", help_heading = "Which requests")]
    pub(crate) path: Option<String>,

    /// Only requests for this database
    #[arg(long, value_name = "NAME", help_heading = "Which requests")]
    pub(crate) database: Option<String>,

    /// Only requests to SQL endpoints
    #[arg(long, help_heading = "Which requests")]
    pub(crate) sql: bool,

    /// Only the nth of them
    #[arg(long, value_name = "NUMBER", help_heading = "Which requests", value_parser = count::<u64>)]
    pub(crate) nth: Option<u64>,

    /// Only so many of them
    #[arg(long, value_name = "NUMBER", help_heading = "Which requests", value_parser = count::<u64>)]
    pub(crate) times: Option<u64>,

    /// Only by this chance, from 0 to 1
    #[arg(long, value_name = "CHANCE", value_parser = chance, help_heading = "Which requests")]
    pub(crate) probability: Option<f64>,

    /// What chance follows from
    #[arg(long, value_name = "NUMBER", requires = "probability", help_heading = "Which requests", value_parser = count::<u64>)]
    pub(crate) chance_seed: Option<u64>,

    /// Answer with this status
    #[arg(long, value_name = "CODE", group = "effect", help_heading = "What happens")]
    pub(crate) status: Option<u16>,

    /// With --status, the seconds of Retry-After
    #[arg(long, value_name = "SECONDS", requires = "status", help_heading = "What happens", value_parser = count::<u64>)]
    pub(crate) retry_after: Option<u64>,

    /// With --status, the sentence of the error
    #[arg(long, value_name = "TEXT", requires = "status", help_heading = "What happens")]
    pub(crate) message: Option<String>,

    /// With --status, the code of the error
    #[arg(long, value_name = "TEXT", requires = "status", help_heading = "What happens")]
    pub(crate) code: Option<String>,

    /// Answer as usual after the --latency
    #[arg(long, group = "effect", requires = "latency", help_heading = "What happens")]
    pub(crate) only_latency: bool,

    /// Never answer
    #[arg(long, group = "effect", help_heading = "What happens")]
    pub(crate) hang: bool,

    /// Reset the connection
    #[arg(long, group = "effect", help_heading = "What happens")]
    pub(crate) reset: bool,

    /// Break the answer off after so many bytes
    #[arg(long, value_name = "BYTES", group = "effect", help_heading = "What happens", value_parser = count::<usize>)]
    pub(crate) cut_body: Option<usize>,

    /// Answer with a body that is no JSON
    #[arg(long, group = "effect", help_heading = "What happens")]
    pub(crate) wrong_json: bool,

    /// Send the body in pieces of so many bytes, a tenth of a second apart
    #[arg(long, value_name = "BYTES", group = "effect", help_heading = "What happens", value_parser = count::<usize>)]
    pub(crate) slow_body: Option<usize>,

    /// Let so many milliseconds pass first
    #[arg(long, value_name = "MILLISECONDS", help_heading = "What happens", value_parser = count::<u64>)]
    pub(crate) latency: Option<u64>,

    /// Carry the request out, and only then lose its answer
    #[arg(long, help_heading = "What happens")]
    pub(crate) carried_out: bool,
}
