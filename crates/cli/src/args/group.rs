use clap::Subcommand;
use turso_cloud::{GroupId, GroupName, LocationCode, OrganizationSlug};

use super::{tokens::TokenArgs, values::Switch};

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum GroupCommand {
    /// List groups
    #[command(alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl group list
  tursoctl group list -o name")]
    List,
    /// Show a group
    #[command(alias = "show")]
    #[command(after_help = "Examples:
  tursoctl group get eu")]
    Get {
        /// The name of the group
        name: GroupName,
    },
    /// Create a group
    #[command(after_help = "Examples:
  tursoctl group create eu --location aws-eu-west-1 --if-not-exists")]
    Create(GroupCreate),
    /// Delete a group and all its databases
    #[command(alias = "destroy", alias = "rm")]
    #[command(after_help = "Examples:
  tursoctl group delete eu --confirm eu")]
    Delete {
        /// The name of the group
        name: GroupName,
        /// Confirm by its name
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
        /// Succeed if there is no such group
        #[arg(long)]
        if_exists: bool,
    },
    /// Give a group another name
    #[command(after_help = "Examples:
  tursoctl group rename eu europe")]
    Rename {
        /// The name of the group
        name: GroupName,
        /// Its new name
        to: GroupName,
    },
    /// Hand a group and its databases over to another organization
    #[command(after_help = "Examples:
  tursoctl group transfer eu --to other --confirm eu")]
    Transfer {
        /// The name of the group
        name: GroupName,
        /// The other organization
        #[arg(long, value_name = "SLUG")]
        to: OrganizationSlug,
        /// Confirm by the name of the group
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
    },
    /// Bring an archived group back to work
    #[command(alias = "unarchive-group")]
    #[command(after_help = "Examples:
  tursoctl group unarchive eu")]
    Unarchive {
        /// The name of the group
        name: GroupName,
    },
    /// Keep a group and its databases from being deleted, or no longer; without a switch, show it
    #[command(after_help = "Examples:
  tursoctl group protect eu on
  tursoctl group protect eu")]
    Protect {
        /// The name of the group
        name: GroupName,
        /// on or off
        switch: Option<Switch>,
    },
    /// Bring the servers of a group to the newest version
    #[command(after_help = "Examples:
  tursoctl group update-version eu")]
    UpdateVersion {
        /// The name of the group
        name: GroupName,
    },
    /// Locations of a group
    #[command(subcommand)]
    Locations(GroupLocationsCommand),
    /// Tokens that open every database of a group
    #[command(subcommand)]
    Tokens(GroupTokensCommand),
    /// List deleted groups that can be brought back
    #[command(after_help = "Examples:
  tursoctl group deleted")]
    Deleted,
    /// Bring a deleted group back
    #[command(after_help = "Examples:
  tursoctl group restore 7746f4af-db59-4e9a-a136-878e4f81336b")]
    Restore {
        /// Its id, from `group deleted`
        id: GroupId,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct GroupCreate {
    /// What to call it
    pub(crate) name: GroupName,
    /// Where it is to be: `tursoctl location list`
    #[arg(long, value_name = "CODE")]
    pub(crate) location: LocationCode,
    /// Allow all extensions
    #[arg(long)]
    pub(crate) all_extensions: bool,
    /// Succeed if there is such a group already, in the same location
    #[arg(long)]
    pub(crate) if_not_exists: bool,
    /// Wait until its location is ready
    #[arg(long)]
    pub(crate) wait: bool,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum GroupLocationsCommand {
    /// Add a location
    #[command(after_help = "Examples:
  tursoctl group locations add eu aws-us-east-1 --wait")]
    Add {
        /// The group
        group: GroupName,
        /// The location
        location: LocationCode,
        /// Wait until it is ready
        #[arg(long)]
        wait: bool,
    },
    /// Remove a location
    #[command(alias = "rm")]
    #[command(after_help = "Examples:
  tursoctl group locations remove eu aws-us-east-1 --yes")]
    Remove {
        /// The group
        group: GroupName,
        /// The location
        location: LocationCode,
    },
    /// Wait until a location is ready
    #[command(after_help = "Examples:
  tursoctl group locations wait eu aws-us-east-1")]
    Wait {
        /// The group
        group: GroupName,
        /// The location
        location: LocationCode,
    },
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum GroupTokensCommand {
    /// Create a token and print it
    #[command(alias = "mint")]
    #[command(after_help = "Examples:
  tursoctl group tokens create eu --expires 1h
  tursoctl group tokens create eu --read-only --expires 7d")]
    Create {
        /// The group
        group: GroupName,
        #[command(flatten)]
        token: TokenArgs,
    },
    /// Make every token of a group worthless
    #[command(alias = "rotate")]
    #[command(after_help = "Examples:
  tursoctl group tokens invalidate eu --yes")]
    Invalidate {
        /// The group
        group: GroupName,
    },
}
