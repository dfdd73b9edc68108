use clap::Subcommand;

use super::LocalName;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum LocalSnapshot {
    /// Keep the cloud as it is now
    #[command(after_help = "Examples:
  tursoctl local snapshot save clean")]
    Save(NamedSnapshot),
    /// List what was kept
    #[command(visible_alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl local snapshot list")]
    List(LocalName),
    /// Put the cloud back to what was kept
    #[command(after_help = "Examples:
  tursoctl local snapshot restore clean --yes")]
    Restore(NamedSnapshot),
    /// Delete what was kept
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
