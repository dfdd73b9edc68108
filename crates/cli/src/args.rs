//! What can be typed: one file per noun.

mod api;
mod audit;
mod auth;
mod db;
mod environment;
mod export;
mod global;
mod group;
mod import;
mod local;
mod location;
mod org;
mod profile;
mod shell;
mod sql;
mod tokens;
mod values;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use api::ApiArgs;
pub(crate) use audit::{AuditCommand, AuditFilter};
pub(crate) use auth::{ApiTokensCommand, ApiTokensCreate, ApiTokensRevoke, AuthCommand, AuthStatus, ImportSource};
pub(crate) use db::{
    AllowRulesArgs, AllowRulesCommand, DbBranch, DbCommand, DbConfigChange, DbConfigCommand, DbCreate, DbDelete, DbEnv,
    DbInstances, DbList, DbTokensCommand, EnvForm, Scheme,
};
pub(crate) use export::{ExportArgs, ExportFormat};
pub(crate) use global::{Format, GlobalArgs};
pub(crate) use group::{GroupCommand, GroupCreate, GroupLocationsCommand, GroupTokensCommand};
pub(crate) use import::{Destination, Import, ImportCommand, ImportCsv, ImportDump, ImportMode, ImportSqlite};
pub(crate) use local::{
    DEFAULT_NAME, EnvironmentFormat, LocalClock, LocalCloud, LocalCommand, LocalEnv, LocalExec, LocalFault,
    LocalFaultAdd, LocalLogs, LocalName, LocalRequests, LocalSnapshot, LocalStart, LocalStop,
};
pub(crate) use location::LocationCommand;
pub(crate) use org::{
    BillingCommand, InvitesCommand, InvoicesCommand, JwksCommand, JwksTemplateArgs, MembersCommand, OrgCommand,
    OrgUpdate,
};
pub(crate) use profile::ProfileCommand;
pub(crate) use shell::ShellArgs;
pub(crate) use sql::{OnError, Parameters, SqlArgs};
pub(crate) use values::Switch;

/// An unofficial command line for Turso Cloud and the local cloud.
#[derive(Debug, Parser)]
#[command(name = "tursoctl", version, long_version = LONG_VERSION, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,

    #[command(subcommand)]
    pub(crate) command: Command,
}

const LONG_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (unofficial: not made by Turso)");

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or nothing to do
  1  failed, not otherwise classified
  2  usage: an unknown option, a bad value
  4  the token is missing, expired or rejected
  5  not found
  6  refused: conflict, protection, permission, plan
  7  some of many failed
  8  declined, or nobody there to confirm
  9  network, timeout, rate limit or server error: safe to run again
  130, 143  stopped by Ctrl-C or SIGTERM";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A Turso Cloud on this machine
    #[command(subcommand)]
    Local(LocalCommand),
    /// Run SQL on a database as it is typed
    Shell(ShellArgs),
    /// Run SQL on databases, without a person
    Sql(SqlArgs),
    /// Make databases and tables of files
    #[command(subcommand)]
    Import(ImportCommand),
    /// Write databases to files
    Export(ExportArgs),
    /// Who you are: logging in and API tokens
    #[command(subcommand)]
    Auth(AuthCommand),
    /// Sets of settings, each with a token of its own
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Organizations, their members, plans and invoices
    #[command(subcommand)]
    Org(OrgCommand),
    /// Groups, which databases live in
    #[command(subcommand)]
    Group(GroupCommand),
    /// Databases
    #[command(subcommand)]
    Db(DbCommand),
    /// Locations groups can be in
    #[command(subcommand)]
    Location(LocationCommand),
    /// The audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Send any request to the Platform API
    Api(ApiArgs),
    /// Print the completions of a shell
    Completion {
        /// The shell
        shell: Shell,
    },
    /// Print the documentation of every command
    Docs {
        /// In which form
        #[arg(long, default_value = "md")]
        form: DocsForm,
    },
    /// Print the version
    Version,
    /// Check settings, network and token
    Doctor,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DocsForm {
    /// Markdown
    Md,
    /// The tree of commands as JSON
    Json,
}

impl Command {
    /// Whether it decides itself what Ctrl-C means.
    pub(crate) fn handles_signals(&self) -> bool {
        match self {
            Self::Local(LocalCommand::Start(_) | LocalCommand::Exec(_)) | Self::Import(_) => true,
            Self::Shell(args) => args.is_interactive(),
            _ => false,
        }
    }

    /// Whether it can make the profile that `--profile` names.
    pub(crate) fn makes_profiles(&self) -> bool {
        matches!(
            self,
            Self::Auth(AuthCommand::Login | AuthCommand::Import(_)) | Self::Profile(ProfileCommand::Set { .. })
        )
    }
}
