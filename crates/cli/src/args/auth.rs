use clap::{Subcommand, ValueEnum};
use turso_cloud::{ApiTokenName, GroupName, OrganizationSlug, Scope};

use super::values::known;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum AuthCommand {
    /// Log in by a browser or with a token, and keep the token in the profile
    #[command(after_help = "Examples:
  tursoctl auth login
  tursoctl auth login --headless
  tursoctl auth login --token-stdin < token.txt
  tursoctl auth login --profile local --api-url http://127.0.0.1:8080 --token-file token.txt

A browser on this machine hands the token over. Such a token ends after some
days; one of `auth tokens create` does not.")]
    Login(AuthLogin),
    /// Forget the token of the profile; the token itself stays good
    #[command(after_help = "Examples:
  tursoctl auth logout
  tursoctl auth logout --profile work
  tursoctl auth logout --all --yes

A session is what a login by a browser begins, here or in another program. API
tokens are none: `auth tokens revoke` ends those.")]
    Logout(AuthLogout),
    /// Say which token and organization are in use, and where they come from
    #[command(after_help = "Examples:
  tursoctl auth status
  tursoctl auth status --check -o json")]
    Status(AuthStatus),
    /// Print the API token in use
    #[command(after_help = "Examples:
  tursoctl auth token > token.txt")]
    Token,
    /// API tokens
    #[command(subcommand)]
    Tokens(ApiTokensCommand),
    /// Take over the token and the organization of another program
    #[command(after_help = "Examples:
  tursoctl auth import --from turso")]
    Import(AuthImport),
}

#[derive(Debug, clap::Args)]
pub(crate) struct AuthLogin {
    /// Print the address of the page to log in on, rather than open it in a browser
    #[arg(long, conflicts_with = "headless")]
    pub(crate) no_browser: bool,
    /// For a browser on another machine: print the address of a page that shows the token, and read that
    #[arg(long)]
    pub(crate) headless: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AuthLogout {
    /// End every session of the account first, here and elsewhere
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AuthStatus {
    /// Ask the service whether the token is good
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AuthImport {
    /// The program
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) from: ImportSource,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ImportSource {
    /// The official command line
    Turso,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum ApiTokensCommand {
    /// List API tokens
    #[command(alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl auth tokens list
  tursoctl auth tokens list --of-org acme")]
    List(ApiTokensList),
    /// Create an API token and print it; it is shown only once
    #[command(alias = "mint")]
    #[command(after_help = "Examples:
  tursoctl auth tokens create ci > token.txt
  tursoctl auth tokens create deploy --group eu --scope db:create --scope db:mint-token")]
    Create(ApiTokensCreate),
    /// Revoke API tokens
    #[command(alias = "delete", alias = "rm")]
    #[command(after_help = "Examples:
  tursoctl auth tokens revoke ci --yes")]
    Revoke(ApiTokensRevoke),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ApiTokensList {
    /// List the tokens of all members that are good for this organization only
    #[arg(long, value_name = "SLUG")]
    pub(crate) of_org: Option<OrganizationSlug>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ApiTokensCreate {
    /// What to call it
    pub(crate) name: ApiTokenName,

    /// Make it good for this organization only
    #[arg(long, value_name = "SLUG")]
    pub(crate) only_org: Option<OrganizationSlug>,

    /// Make it good for this group only, of the organization in use unless --only-org names another
    #[arg(long, value_name = "NAME", requires = "scopes")]
    pub(crate) group: Option<GroupName>,

    /// What it allows in that group; may be given more than once
    #[arg(long = "scope", value_name = "SCOPE", requires = "group", value_delimiter = ',', value_parser = known(Scope::KNOWN))]
    pub(crate) scopes: Vec<Scope>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ApiTokensRevoke {
    /// Their names, or with --of-org their ids
    #[arg(required = true, value_name = "NAME")]
    pub(crate) names: Vec<String>,

    /// Revoke tokens of any member that are good for this organization only
    #[arg(long, value_name = "SLUG")]
    pub(crate) of_org: Option<OrganizationSlug>,
}
