use std::path::PathBuf;

use clap::Subcommand;
use turso_cloud::{EmailAddress, InvoiceKind, JwksName, OrganizationSlug, Role, Username};

use super::{
    tokens::TokenRights,
    values::{Switch, known},
};

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum OrgCommand {
    /// List your organizations
    #[command(alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl org list")]
    List,
    /// Show an organization
    #[command(alias = "show")]
    #[command(after_help = "Examples:
  tursoctl org get
  tursoctl org get acme -o json")]
    Get {
        /// The organization; the one in use without it
        slug: Option<OrganizationSlug>,
    },
    /// Create a team organization
    #[command(after_help = "Examples:
  tursoctl org create 'Acme Inc.'
  tursoctl org create 'Acme Inc.' --check")]
    Create {
        /// Its name, which its slug is made from
        name: String,
        /// Only say whether it could be created
        #[arg(long)]
        check: bool,
    },
    /// Change the organization in use
    #[command(after_help = "Examples:
  tursoctl org update --overages off
  tursoctl org update --restore on")]
    Update(OrgUpdate),
    /// Delete an organization and all that is in it
    #[command(alias = "destroy", alias = "rm")]
    #[command(after_help = "Examples:
  tursoctl org delete acme --confirm acme")]
    Delete {
        /// The organization
        slug: OrganizationSlug,
        /// Confirm by its slug
        #[arg(long, value_name = "SLUG")]
        confirm: Option<String>,
    },
    /// Show the usage of this month
    #[command(after_help = "Examples:
  tursoctl org usage
  tursoctl org usage -o json")]
    Usage,
    /// Show the plan in use and how much of it is used
    #[command(after_help = "Examples:
  tursoctl org plan")]
    Plan,
    /// List the plans there are
    #[command(after_help = "Examples:
  tursoctl org plans")]
    Plans,
    /// Show the subscription
    #[command(after_help = "Examples:
  tursoctl org subscription")]
    Subscription,
    /// Invoices
    #[command(subcommand)]
    Invoices(InvoicesCommand),
    /// Whom invoices are for
    #[command(subcommand)]
    Billing(BillingCommand),
    /// Members
    #[command(subcommand)]
    Members(MembersCommand),
    /// Open invites
    #[command(subcommand)]
    Invites(InvitesCommand),
    /// Identity providers whose tokens open databases
    #[command(subcommand)]
    Jwks(JwksCommand),
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(crate) struct OrgUpdate {
    /// Bill usage beyond the plan, or block it
    #[arg(long, value_name = "ON|OFF")]
    pub(crate) overages: Option<Switch>,
    /// Ask members for a second factor
    #[arg(long, value_name = "ON|OFF")]
    pub(crate) require_mfa: Option<Switch>,
    /// Let deleted databases be brought back; goes with no other change
    #[arg(long, value_name = "ON|OFF", conflicts_with_all = ["overages", "require_mfa"])]
    pub(crate) restore: Option<Switch>,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum InvoicesCommand {
    /// List invoices
    #[command(alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl org invoices list
  tursoctl org invoices list --kind issued -o csv")]
    List {
        /// Which ones
        #[arg(long, default_value = "all", value_parser = known(InvoiceKind::KNOWN))]
        kind: InvoiceKind,
    },
    /// Show an invoice
    #[command(after_help = "Examples:
  tursoctl org invoices get 1234-5678")]
    Get {
        /// Its number
        number: String,
    },
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum BillingCommand {
    /// Show whom invoices are for
    #[command(after_help = "Examples:
  tursoctl org billing get -o json > customer.json")]
    Get,
    /// Change whom invoices are for
    #[command(after_help = "Examples:
  tursoctl org billing update --input customer.json")]
    Update {
        /// A JSON file in the form of `get -o json`; - is the standard input
        #[arg(long, value_name = "FILE")]
        input: PathBuf,
    },
    /// Print the URL of the page where a card is left
    #[command(after_help = "Examples:
  tursoctl org billing portal")]
    Portal,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum MembersCommand {
    /// List members
    #[command(alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl org members list")]
    List,
    /// Show a member
    #[command(alias = "show")]
    #[command(after_help = "Examples:
  tursoctl org members get eve")]
    Get {
        /// Their username
        username: Username,
    },
    /// Add a user to the organization
    #[command(after_help = "Examples:
  tursoctl org members add eve --role viewer")]
    Add {
        /// Their username
        username: Username,
        /// What they may do
        #[arg(long, default_value = "member", value_parser = known(Role::KNOWN))]
        role: Role,
    },
    /// Change what a member may do
    #[command(after_help = "Examples:
  tursoctl org members set-role eve admin")]
    SetRole {
        /// Their username
        username: Username,
        /// What they may do
        #[arg(value_parser = known(Role::KNOWN))]
        role: Role,
    },
    /// Remove a member
    #[command(alias = "rm", alias = "delete")]
    #[command(after_help = "Examples:
  tursoctl org members remove eve --yes")]
    Remove {
        /// Their username
        username: Username,
    },
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum InvitesCommand {
    /// List open invites
    #[command(alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl org invites list")]
    List,
    /// Invite somebody
    #[command(after_help = "Examples:
  tursoctl org invites create eve@example.com --role member")]
    Create {
        /// Their address
        #[arg(required_unless_present = "username", conflicts_with = "username")]
        email: Option<EmailAddress>,
        /// Invite a user by their name instead
        #[arg(long, value_name = "NAME")]
        username: Option<Username>,
        /// What they may do once they accept
        #[arg(long, default_value = "member", value_parser = known(Role::KNOWN))]
        role: Role,
    },
    /// Take an invite back
    #[command(alias = "rm", alias = "remove")]
    #[command(after_help = "Examples:
  tursoctl org invites delete eve@example.com")]
    Delete {
        /// The address it went to
        email: EmailAddress,
    },
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum JwksCommand {
    /// List identity providers
    #[command(alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl org jwks list")]
    List,
    /// Save an identity provider
    #[command(after_help = "Examples:
  tursoctl org jwks save clerk https://example.com/.well-known/jwks.json")]
    Save {
        /// What to call it
        name: JwksName,
        /// Where its keys are
        url: String,
    },
    /// Remove an identity provider
    #[command(alias = "rm", alias = "remove")]
    #[command(after_help = "Examples:
  tursoctl org jwks delete clerk --yes")]
    Delete {
        /// Its name
        name: JwksName,
    },
    /// Print the claims a provider has to put into its tokens
    #[command(after_help = "Examples:
  tursoctl org jwks template --group eu --read-only
  tursoctl org jwks template --database orders --perm goods:data_read")]
    Template(JwksTemplateArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct JwksTemplateArgs {
    /// For tokens that open this database
    #[arg(long, value_name = "NAME", required_unless_present = "group", conflicts_with = "group")]
    pub(crate) database: Option<String>,
    /// For tokens that open every database of this group
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Option<String>,
    #[command(flatten)]
    pub(crate) rights: TokenRights,
}
