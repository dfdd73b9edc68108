mod clock;
mod fault;
mod fork;
mod snapshot;

use std::{env, net::SocketAddr, num::NonZeroU32, path::PathBuf};

use clap::{
    Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use turso_cloud_local::{Hostnames, Quirk};

use super::{EnvForm, Switch, values::count};

pub(crate) use clock::LocalClock;
pub(crate) use fault::{LocalFault, LocalFaultAdd};
pub(crate) use fork::LocalFork;
pub(crate) use snapshot::LocalSnapshot;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum LocalCommand {
    /// Start a local cloud and serve it until Ctrl-C
    #[command(after_help = "Examples:
  tursoctl local start --detach
  tursoctl local start --detach -o json
  tursoctl local start --addr 127.0.0.1:0 --ready-file .env.turso
  tursoctl local start --data-dir cloud --seed-file seed.toml")]
    Start(LocalStart),
    /// Stop a running local cloud
    #[command(after_help = "Examples:
  tursoctl local stop
  tursoctl local stop --all")]
    Stop(LocalStop),
    /// Tell about a running local cloud
    #[command(after_help = "Examples:
  tursoctl local status
  tursoctl local status --name two -o json")]
    Status(LocalName),
    /// List the local clouds that are running
    #[command(visible_alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl local list")]
    List,
    /// Print the variables that clients of a running local cloud need
    #[command(after_help = "Examples:
  tursoctl local env --for sdk
  tursoctl local env --for drizzle --database orders >> .env
  tursoctl local env --for sdk --user vera")]
    Env(LocalEnv),
    /// Run a command with a local cloud of its own, which ends with it
    ///
    /// The command has the variables that clients need, and `tursoctl local ..` in it means this cloud.
    #[command(after_help = "\
Examples:
  tursoctl local exec -- cargo test
  tursoctl local exec --seed-file seed.toml --database orders -- npm test")]
    Exec(LocalExec),
    /// Make a running local cloud what it was when it was new
    #[command(after_help = "Examples:
  tursoctl local reset --yes")]
    Reset(LocalName),
    /// The state of a whole local cloud, kept under a name
    #[command(subcommand)]
    Snapshot(LocalSnapshot),
    /// Copies of a running local cloud, each on a port of its own
    #[command(subcommand)]
    Fork(LocalFork),
    /// Print what a detached local cloud has written
    #[command(after_help = "\
Examples:
  tursoctl local logs
  tursoctl local logs --follow --name two
  tursoctl local logs -o jsonl --fields level,message")]
    Logs(LocalLogs),
    /// Print the requests to a running local cloud
    #[command(after_help = "Examples:
  tursoctl local requests --follow
  tursoctl local requests --operation CreateDatabase -o json
  tursoctl local requests --har requests.har")]
    Requests(LocalRequests),
    /// The clock of a running local cloud
    #[command(subcommand)]
    Clock(LocalClock),
    /// Faults on purpose
    #[command(subcommand)]
    Fault(LocalFault),
    /// Print the certificate that TLS clients of a running local cloud have to trust
    #[command(after_help = "Examples:
  tursoctl local ca > ca.pem")]
    Ca(LocalName),
    /// Open the status of a running local cloud in a browser
    #[command(after_help = "Examples:
  tursoctl local open")]
    Open(LocalName),
    /// Check what a local cloud needs of this machine, and what is left of those that ended
    #[command(after_help = "Examples:
  tursoctl local doctor")]
    Doctor,
}

/// The name of a local cloud that was given none.
pub(crate) const DEFAULT_NAME: &str = "default";

/// Says which local cloud is meant where no name is given: `local exec` sets it for its command.
pub(crate) const NAME_VARIABLE: &str = "TURSOCTL_LOCAL_NAME";

// Which of the running local clouds is meant.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::doc_markdown, reason = "the comment is a help text, which is shown as it is")]
pub(crate) struct LocalName {
    /// The name of the local cloud [env: TURSOCTL_LOCAL_NAME]
    #[arg(long, value_name = "NAME", default_value_t = usual_name())]
    pub(crate) name: String,
}

fn usual_name() -> String {
    env::var(NAME_VARIABLE).ok().filter(|name| !name.is_empty()).unwrap_or_else(|| DEFAULT_NAME.to_owned())
}

#[derive(Debug, clap::Args)]
pub(crate) struct LocalStart {
    /// What other commands find it by. Without it that is "default", if no running cloud is called so
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) addr: SocketAddr,

    /// Keep everything in this folder; without it the cloud is gone when it stops
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Keep nothing, which is what happens without --data-dir too
    #[arg(long, conflicts_with = "data_dir")]
    pub(crate) ephemeral: bool,

    /// Write the variables a client needs to this file once the cloud is ready; into a pipe when somebody reads it. What an
    /// earlier cloud has written there is replaced, and a file with anything else in it is refused
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,

    /// Return when the cloud is ready, and leave it running
    #[arg(long)]
    pub(crate) detach: bool,

    #[command(flatten)]
    pub(crate) cloud: LocalCloud,
}

// What a local cloud is to be like.
#[derive(Debug, clap::Args)]
pub(crate) struct LocalCloud {
    /// Make ids, keys and tokens repeatable, and stop the clock
    #[arg(long, value_name = "NUMBER", value_parser = count::<u64>)]
    pub(crate) seed: Option<u64>,

    /// Begin with what this file declares: users, organizations, groups, members, databases and tokens. It is TOML, with
    /// the keys of "Seed files" in crates/local/README.md
    #[arg(long, value_name = "FILE")]
    pub(crate) seed_file: Option<PathBuf>,

    /// Begin with the faults of this file. It is TOML, with the keys of "Faults" in crates/local/README.md
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,

    /// Put the team organization on this plan
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<String>,

    /// Answer in a way in which Turso Cloud has been seen to answer, such as duplicate-create-409; may be given more than
    /// once
    #[arg(long, value_name = "QUIRK")]
    pub(crate) quirk: Vec<Quirk>,

    /// Refuse requests of a token beyond so many in a second
    #[arg(long, value_name = "NUMBER")]
    pub(crate) rate_limit: Option<NonZeroU32>,

    /// What databases are called: by an address of their own each, a name below localhost, or a path. Without it by
    /// addresses where this system allows it, and by paths where it does not
    #[arg(long, value_name = "FORM", value_parser = hostnames())]
    pub(crate) hostnames: Option<Hostnames>,

    /// Answer requests that name this host too, on a loopback address; may be given more than once
    #[arg(long, value_name = "HOST")]
    pub(crate) allow_host: Vec<String>,
}

fn hostnames() -> impl TypedValueParser<Value = Hostnames> {
    PossibleValuesParser::new(Hostnames::ALL.map(Hostnames::name)).try_map(|name| name.parse::<Hostnames>())
}

#[derive(Debug, clap::Args)]
pub(crate) struct LocalStop {
    #[command(flatten)]
    pub(crate) instance: LocalName,

    /// Stop all of them
    #[arg(long, conflicts_with = "name")]
    pub(crate) all: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LocalEnv {
    #[command(flatten)]
    pub(crate) instance: LocalName,

    /// The folder a cloud is kept in: prints where its certificate is
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    pub(crate) data_dir: Option<PathBuf>,

    /// The file that `local start --ready-file` wrote: prints what is in it
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub(crate) ready_file: Option<PathBuf>,

    /// The client the variables are for
    #[arg(long = "for", value_name = "CLIENT", default_value = "dotenv")]
    pub(crate) format: EnvironmentFormat,

    /// How to write them
    #[arg(long, value_name = "FORM", default_value = "dotenv", conflicts_with_all = ["data_dir", "ready_file"])]
    pub(crate) form: EnvForm,

    /// The database, where the client needs one
    #[arg(long, value_name = "NAME", required_if_eq("format", "drizzle"))]
    pub(crate) database: Option<String>,

    /// Whose token it is to be, of those whom a seed file names, instead of that of dev
    #[arg(long, value_name = "NAME", conflicts_with_all = ["data_dir", "ready_file"])]
    pub(crate) user: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvironmentFormat {
    /// A dotenv file: all that is known of the cloud, NAME="value", one in a line
    Dotenv,
    /// Clients of the Platform API, such as the official SDK: its base URL, the token, the organization
    Sdk,
    /// The official command line: a configuration folder of its own
    Turso,
    /// Drivers and tools of one database: its URL and a token
    Drizzle,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LocalExec {
    #[command(flatten)]
    pub(crate) cloud: LocalCloud,

    /// The database whose URL and token the command is told; it is made when needed
    #[arg(long, value_name = "NAME", default_value = "app")]
    pub(crate) database: String,

    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<std::ffi::OsString>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LocalLogs {
    #[command(flatten)]
    pub(crate) instance: LocalName,

    /// Go on with what is written, until Ctrl-C; also when the cloud is started anew
    #[arg(short, long)]
    pub(crate) follow: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LocalRequests {
    #[command(flatten)]
    pub(crate) instance: LocalName,

    /// Go on with new requests as they come, until Ctrl-C
    #[arg(short, long)]
    pub(crate) follow: bool,

    /// Only those for this operation, such as `CreateDatabase`
    #[arg(long, value_name = "NAME")]
    pub(crate) operation: Option<String>,

    /// Only those to the SQL endpoint of this database, by its name or as DATABASE-ORGANIZATION
    #[arg(long, value_name = "NAME")]
    pub(crate) database: Option<String>,

    /// Only those that the local cloud has no answer to
    #[arg(long)]
    pub(crate) unknown: bool,

    /// Write an HTTP archive instead: to a file, which appears when it is complete, or with - to standard output
    #[arg(long, value_name = "FILE", conflicts_with_all = ["follow", "operation", "database", "unknown"])]
    pub(crate) har: Option<PathBuf>,

    /// Replace an archive that exists
    #[arg(long, requires = "har")]
    pub(crate) overwrite: bool,

    /// Remember headers and bodies of requests to SQL endpoints from now on, or no longer; prints nothing else
    #[arg(long, value_name = "ON|OFF", conflicts_with_all = ["follow", "operation", "database", "unknown", "har"])]
    pub(crate) keep_sql: Option<Switch>,
}
