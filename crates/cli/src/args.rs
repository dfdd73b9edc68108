//! What can be typed: one file per noun.

mod api;
mod audit;
mod auth;
mod db;
mod deferred;
mod environment;
mod export;
mod global;
mod group;
mod import;
mod key;
mod local;
mod location;
mod official;
mod org;
mod profile;
mod shell;
mod sql;
mod tokens;
mod values;
mod words;

use std::{ffi::OsString, path::PathBuf};

use clap::{Error, Parser, Subcommand, ValueEnum, error::ErrorKind};
use clap_complete::Shell;

pub(crate) use api::ApiArgs;
pub(crate) use audit::{AuditCommand, AuditFilter};
pub(crate) use auth::{
    ApiTokensCommand, ApiTokensCreate, ApiTokensRevoke, AuthCommand, AuthLogin, AuthLogout, AuthStatus, ImportSource,
};
pub(crate) use db::{
    AllowRulesArgs, AllowRulesCommand, DbBranch, DbCommand, DbConfigChange, DbConfigCommand, DbCreate, DbDelete, DbEnv,
    DbInstances, DbList, DbTokensCommand, EnvForm, Scheme,
};
pub(crate) use deferred::Deferred;
pub(crate) use export::{ExportArgs, ExportFormat};
pub(crate) use global::{Format, GlobalArgs};
pub(crate) use group::{GroupCommand, GroupCreate, GroupLocationsCommand, GroupTokensCommand};
pub(crate) use import::{Destination, Import, ImportCommand, ImportCsv, ImportDump, ImportMode, ImportSqlite};
pub(crate) use key::KeyArgs;
pub(crate) use local::{
    DEFAULT_NAME, EnvironmentFormat, LocalClock, LocalCloud, LocalCommand, LocalEnv, LocalExec, LocalFault,
    LocalFaultAdd, LocalFork, LocalLogs, LocalName, LocalRequests, LocalSnapshot, LocalStart, LocalStop, NAME_VARIABLE,
};
pub(crate) use location::LocationCommand;
pub(crate) use org::{
    BillingCommand, InvitesCommand, InvoicesCommand, JwksCommand, JwksTemplateArgs, MembersCommand, OrgCommand,
    OrgUpdate,
};
pub(crate) use profile::ProfileCommand;
pub(crate) use shell::ShellArgs;
pub(crate) use sql::{OnError, Parameters, SqlArgs};
pub(crate) use values::{Switch, choices};
pub(crate) use words::words;

/// An unofficial command line for Turso Cloud and the local cloud.
#[derive(Debug, Parser)]
#[command(
    name = "tursoctl",
    bin_name = "tursoctl",
    version,
    long_version = LONG_VERSION,
    arg_required_else_help = true,
    after_help = EXIT_CODES
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,

    #[command(subcommand)]
    pub(crate) command: Deferred<Command>,
}

impl Args {
    /// Reads a command line, the name of the program first.
    pub(crate) fn read(words: &[OsString]) -> Result<Self, Error> {
        match deferred::with_only(words.to_owned(), || Self::try_parse_from(words)) {
            // Help, and what is said of a mistake, tell of other commands too.
            Err(refused) if refused.kind() != ErrorKind::DisplayVersion => Self::parse(words),
            parsed => parsed,
        }
    }

    fn parse(words: &[OsString]) -> Result<Self, Error> {
        Self::try_parse_from(words).map_err(|mut refused| {
            official::point_out(words, &mut refused);
            refused
        })
    }
}

const LONG_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (unofficial: not made by Turso)");

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or nothing to do
  1  any other failure, and a change that may have happened, as after a timeout
  2  usage: an unknown option, a bad value
  3  what was compared is not the same: export --verify
  4  the token is missing, expired or rejected
  5  not found
  6  refused: conflict, protection, permission, plan
  7  some of many failed
  8  declined, or nobody there to confirm
  9  network, timeout, limit or server error; nothing was changed: safe to rerun
  130, 143  stopped by Ctrl-C or SIGTERM";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum Command {
    /// A Turso Cloud on this machine
    #[command(subcommand)]
    Local(Deferred<LocalCommand>),
    /// Run SQL on a database, statement by statement as you type
    Shell(ShellArgs),
    /// Run SQL on one or several databases and print the rows
    Sql(SqlArgs),
    /// Make databases and tables of files
    #[command(subcommand)]
    Import(Deferred<ImportCommand>),
    /// Write databases to files
    Export(ExportArgs),
    /// Who you are: logging in and API tokens
    #[command(subcommand)]
    Auth(Deferred<AuthCommand>),
    /// Sets of settings, each with a token of its own
    #[command(subcommand)]
    Profile(Deferred<ProfileCommand>),
    /// Organizations, their members, plans and invoices
    #[command(subcommand)]
    Org(Deferred<OrgCommand>),
    /// Groups, which databases live in
    #[command(subcommand)]
    Group(Deferred<GroupCommand>),
    /// Databases
    #[command(subcommand)]
    Db(Deferred<DbCommand>),
    /// Locations groups can be in
    #[command(subcommand)]
    Location(Deferred<LocationCommand>),
    /// The audit log
    #[command(subcommand)]
    Audit(Deferred<AuditCommand>),
    /// Send any request to the Platform API
    Api(ApiArgs),
    /// Print the completions of a shell
    #[command(after_help = "Examples:
  tursoctl completion bash > ~/.local/share/bash-completion/completions/tursoctl
  tursoctl completion fish > ~/.config/fish/completions/tursoctl.fish")]
    Completion {
        /// The shell
        shell: Shell,
    },
    /// Print the documentation of every command
    #[command(after_help = "Examples:
  tursoctl docs > tursoctl.md
  tursoctl docs --form json
  tursoctl docs --form man --out ~/.local/share/man/man1")]
    Docs {
        /// In which form
        #[arg(long, default_value = "md")]
        form: DocsForm,
        /// The folder for the pages of `--form man`, one for each command
        #[arg(long, value_name = "DIR", required_if_eq("form", "man"))]
        out: Option<PathBuf>,
    },
    /// Print the version
    #[command(after_help = "Examples:
  tursoctl version
  tursoctl version -o json")]
    Version,
    /// Check settings, network and token
    #[command(after_help = "Examples:
  tursoctl doctor
  tursoctl doctor -o json")]
    Doctor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DocsForm {
    /// Markdown
    Md,
    /// The tree of commands as JSON
    Json,
    /// Pages for `man`
    Man,
}

impl Command {
    /// Whether it decides itself what Ctrl-C means.
    pub(crate) fn handles_signals(&self) -> bool {
        match self {
            Self::Import(_) => true,
            Self::Local(command) => matches!(**command, LocalCommand::Start(_) | LocalCommand::Exec(_)),
            Self::Shell(args) => args.is_interactive(),
            _ => false,
        }
    }

    /// Whether it keeps several threads busy; the others wait for one answer after the other.
    pub(crate) fn is_parallel(&self) -> bool {
        matches!(self, Self::Local(_) | Self::Shell(_) | Self::Sql(_) | Self::Import(_) | Self::Export(_))
    }

    /// Whether it can make the profile that `--profile` names.
    pub(crate) fn makes_profiles(&self) -> bool {
        match self {
            Self::Auth(command) => matches!(**command, AuthCommand::Login(_) | AuthCommand::Import(_)),
            Self::Profile(command) => matches!(**command, ProfileCommand::Set { .. }),
            _ => false,
        }
    }

    /// Whether it is there to look after profiles, so that what is wrong with the settings of one must not be in its way.
    pub(crate) fn tends_profiles(&self) -> bool {
        matches!(self, Self::Profile(command) if !matches!(**command, ProfileCommand::Explain { .. }))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Calls `see` with every command that does something, and the words it is called by.
    fn each_leaf(command: &clap::Command, path: &str, see: &mut impl FnMut(&clap::Command, &str)) {
        if !command.has_subcommands() {
            return see(command, path);
        }
        for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
            each_leaf(command, &format!("{path} {}", command.get_name()), see);
        }
    }

    /// The arguments of an example; what the shell does with it is left out.
    fn words(example: &str) -> Vec<String> {
        let words = shlex::split(example).unwrap_or_else(|| panic!("a quote of {example:?} never ends"));
        let is_ours = |word: &String| !matches!(word.as_str(), "|" | "<" | ">" | ">>");
        words.into_iter().skip_while(|word| word != "tursoctl").take_while(is_ours).collect()
    }

    /// The command lines of all examples.
    fn examples() -> Vec<Vec<String>> {
        let mut command = Args::command();
        command.build();
        let mut all = Vec::new();
        each_leaf(&command, "tursoctl", &mut |command, path| {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples =
                help.strip_prefix("Examples:\n").unwrap_or_else(|| panic!("{path} does not begin with examples"));
            let examples: Vec<_> = examples.lines().take_while(|line| line.starts_with("  ")).collect();
            assert!(examples.iter().any(|example| example.contains(path)), "{path} has no example of its own");
            all.extend(examples.into_iter().map(words));
        });
        assert!(all.len() > 150, "{}", all.len());
        all
    }

    /// What the parser makes of a command line when it knows all commands.
    fn parsed(words: &[String]) -> String {
        format!("{:?}", Args::parse(&words.iter().map(OsString::from).collect::<Vec<_>>()))
    }

    /// With times that do not depend on when they are read.
    fn at_fixed_times(mut words: Vec<String>) -> Vec<String> {
        for at in 1..words.len() {
            if ["--at", "--since", "--until"].contains(&&*words[at - 1]) {
                words[at] = "2026-01-02T03:04:05Z".to_owned();
            }
        }
        words
    }

    fn read(words: &[String]) -> String {
        format!("{:?}", Args::read(&words.iter().map(OsString::from).collect::<Vec<_>>()))
    }

    #[test]
    fn every_command_has_examples_that_can_be_typed() {
        for words in examples() {
            if let Err(refused) = Args::try_parse_from(&words) {
                panic!("{words:?}: {refused}");
            }
        }
    }

    #[test]
    fn a_command_line_is_read_as_if_all_commands_were_known() {
        let more = ["--help", "--json", "--org", "help", "db", "--unheard-of"];
        for (words, more) in examples().into_iter().map(at_fixed_times).zip(more.iter().cycle()) {
            assert_eq!(read(&words), parsed(&words), "{words:?}");
            for at in [1, 2, words.len()] {
                let mut words = words.clone();
                words.insert(at, (*more).to_owned());
                assert_eq!(read(&words), parsed(&words), "{words:?}");
            }
        }
    }

    #[test]
    fn what_no_command_can_be_made_of_is_told_as_if_all_were_known() {
        for line in [
            "",
            "--version",
            "-V",
            "--help",
            "-h",
            "help",
            "help db",
            "db",
            "db help list",
            "db ls",
            "dv list",
            "db lst",
            "--org db",
            "--org db group list",
            "db --version",
            "version --version",
        ] {
            let words: Vec<_> = ["tursoctl"].into_iter().chain(line.split_whitespace()).map(str::to_owned).collect();
            assert_eq!(read(&words), parsed(&words), "{line}");
        }
    }

    #[test]
    fn the_help_lists_every_exit_code() {
        use crate::exit::Kind;

        let listed: Vec<u8> = EXIT_CODES
            .lines()
            .filter_map(|line| line.strip_prefix("  ")?.split_once("  "))
            .flat_map(|(codes, _)| codes.split(", ").map(|code| code.parse::<u8>().unwrap()))
            .collect();
        let kinds: Vec<u8> = std::iter::once(0).chain(Kind::ALL.map(|kind| kind as u8)).collect();
        assert_eq!(listed, kinds);
    }

    #[test]
    fn the_parser_has_no_contradictions() {
        Args::command().debug_assert();
    }
}
