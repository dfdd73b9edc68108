use clap::Subcommand;
use turso_cloud::{GroupId, GroupName, LocationCode, OrganizationSlug};

use super::{tokens::TokenArgs, values::Switch};

#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// List groups
    #[command(alias = "ls")]
    List,
    /// Show a group
    #[command(alias = "show")]
    Get {
        /// Its name
        name: GroupName,
    },
    /// Create a group
    #[command(after_help = "Example:
  tursoctl group create eu --location aws-eu-west-1 --if-not-exists")]
    Create(GroupCreate),
    /// Delete a group and all its databases
    #[command(alias = "destroy", alias = "rm")]
    Delete {
        /// Its name
        name: GroupName,
        /// Confirm by its name
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
        /// Succeed if there is no such group
        #[arg(long)]
        if_exists: bool,
    },
    /// Give a group another name
    Rename {
        /// Its name
        name: GroupName,
        /// Its new name
        to: GroupName,
    },
    /// Hand a group and its databases over to another organization
    Transfer {
        /// Its name
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
    Unarchive {
        /// Its name
        name: GroupName,
    },
    /// Keep a group and its databases from being deleted, or no longer; without a switch, show it
    Protect {
        /// Its name
        name: GroupName,
        /// on or off
        switch: Option<Switch>,
    },
    /// Bring the servers of a group to the newest version
    UpdateVersion {
        /// Its name
        name: GroupName,
    },
    /// Locations of a group
    #[command(subcommand)]
    Locations(GroupLocationsCommand),
    /// Tokens that open every database of a group
    #[command(subcommand)]
    Tokens(GroupTokensCommand),
    /// List deleted groups that can be brought back
    Deleted,
    /// Bring a deleted group back
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
pub(crate) enum GroupLocationsCommand {
    /// Add a location
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
    Remove {
        /// The group
        group: GroupName,
        /// The location
        location: LocationCode,
    },
    /// Wait until a location is ready
    Wait {
        /// The group
        group: GroupName,
        /// The location
        location: LocationCode,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum GroupTokensCommand {
    /// Create a token and print it
    #[command(alias = "mint")]
    Create {
        /// The group
        group: GroupName,
        #[command(flatten)]
        token: TokenArgs,
    },
    /// Make every token of a group worthless
    #[command(alias = "rotate")]
    Invalidate {
        /// The group
        group: GroupName,
    },
}
