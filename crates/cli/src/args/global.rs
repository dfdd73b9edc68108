#![expect(clippy::doc_markdown, reason = "the comments are help texts, which are shown as they are")]

use std::{fmt, path::PathBuf};

use clap::{ArgAction, ValueEnum};

/// What every command takes. Each setting comes from its flag, else from the environment, else from the profile.
#[derive(Clone, Debug, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Use the settings and the token of this profile [env: TURSOCTL_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// Work on this organization [env: TURSOCTL_ORG, TURSO_ORG]
    #[arg(long, global = true, value_name = "SLUG")]
    pub(crate) org: Option<String>,

    /// Send requests to this origin [env: TURSOCTL_API_URL, TURSO_API_BASEURL]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) api_url: Option<String>,

    /// Read the API token from this file [env: TURSOCTL_TOKEN_FILE]
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "token_stdin")]
    pub(crate) token_file: Option<PathBuf>,

    /// Read the API token from the first line of the standard input
    #[arg(long, global = true)]
    pub(crate) token_stdin: bool,

    /// Write data in this format [env: TURSOCTL_OUTPUT]
    #[arg(short, long, global = true, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,

    /// The same as --output json
    #[arg(long, global = true, conflicts_with = "output")]
    pub(crate) json: bool,

    /// Write only these fields, in this order [env: TURSOCTL_FIELDS]
    #[arg(long, global = true, value_name = "A,B", value_delimiter = ',')]
    pub(crate) fields: Vec<String>,

    /// Say nothing but data and errors [env: TURSOCTL_QUIET]
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Tell more about errors [env: TURSOCTL_VERBOSE]
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,

    /// Whether to use colors, by default where a terminal shows them [env: TURSOCTL_COLOR, NO_COLOR, CLICOLOR, CLICOLOR_FORCE]
    #[arg(long, global = true, value_name = "WHEN")]
    pub(crate) color: Option<ColorChoice>,

    /// Do what would otherwise be asked about [env: TURSOCTL_YES]
    #[arg(short, long, global = true)]
    pub(crate) yes: bool,

    /// Never ask; fail with exit code 8 instead [env: TURSOCTL_NO_INPUT]
    #[arg(long, global = true)]
    pub(crate) no_input: bool,

    /// Print the requests that would change something instead of sending them [env: TURSOCTL_DRY_RUN]
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,

    /// Bound each request, for instance by 30s [env: TURSOCTL_TIMEOUT]
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) timeout: Option<String>,

    /// Repeat a failed request, or batch of an import, at most this often [env: TURSOCTL_RETRIES]
    #[arg(long, global = true, value_name = "NUMBER")]
    pub(crate) retries: Option<String>,

    /// Trust the certificates of this PEM file too [env: TURSOCTL_CACERT]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) cacert: Option<String>,

    /// Show each request and its answer on standard error, without secrets [env: TURSOCTL_TRACE_HTTP]
    #[arg(long, global = true)]
    pub(crate) trace_http: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns for people; may change with any version
    Table,
    /// The table with more columns
    Wide,
    /// The value as the API has it
    Json,
    /// One JSON value a line, written as it arrives
    Jsonl,
    /// The value in YAML
    Yaml,
    /// The columns of `wide`, separated by commas
    Csv,
    /// The name of each thing, such as db/orders
    Name,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal
    #[default]
    Auto,
    Always,
    Never,
}

impl GlobalArgs {
    /// The format asked for on the command line.
    pub(crate) fn format(&self) -> Option<Format> {
        if self.json { Some(Format::Json) } else { self.output }
    }
}

impl ColorChoice {
    /// Makes it the choice of everything this process writes.
    pub(crate) fn apply(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.pad(value.get_name()))
    }
}
