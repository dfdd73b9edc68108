use clap::Subcommand;

use super::LocalName;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum LocalSnapshot {
    /// Keep the state of the cloud as a snapshot
    #[command(after_help = "Examples:
  tursoctl local snapshot save clean")]
    #[command(alias = "create")]
    Save(NamedSnapshot),
    /// List the snapshots
    #[command(visible_alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl local snapshot list")]
    List(LocalName),
    /// Put the cloud back to a snapshot
    #[command(after_help = "Examples:
  tursoctl local snapshot restore clean --yes")]
    Restore(NamedSnapshot),
    /// Delete a snapshot
    #[command(visible_alias = "rm")]
    #[command(after_help = "Examples:
  tursoctl local snapshot delete clean --yes")]
    Delete(NamedSnapshot),
}

#[derive(Debug, clap::Args)]
pub(crate) struct NamedSnapshot {
    /// The name of the snapshot
    pub(crate) snapshot: String,

    #[command(flatten)]
    pub(crate) instance: LocalName,
}
