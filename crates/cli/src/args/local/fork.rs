use clap::Subcommand;

use super::LocalName;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum LocalFork {
    /// Copy the cloud as it is now; the copy takes the same tokens and ends with the cloud
    #[command(after_help = "Examples:
  tursoctl local fork create
  tursoctl local fork create -o json --fields url")]
    Create(LocalName),
    /// List the copies
    #[command(visible_alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl local fork list")]
    List(LocalName),
    /// End a copy
    #[command(visible_alias = "rm")]
    #[command(after_help = "Examples:
  tursoctl local fork delete 3")]
    Delete {
        /// The number of the copy
        id: u64,
        #[command(flatten)]
        instance: LocalName,
    },
}
