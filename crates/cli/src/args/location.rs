use clap::Subcommand;
use turso_cloud::LocationCode;

#[derive(Debug, Subcommand)]
pub(crate) enum LocationCommand {
    /// List the locations groups can be in
    #[command(alias = "ls")]
    List {
        /// Only those the plan of the organization includes, by provider
        #[arg(long)]
        of_org: bool,
    },
    /// Show the location that is closest to this machine
    Closest,
    /// Show a location and those close to it
    #[command(alias = "show")]
    Get {
        /// Its code
        code: LocationCode,
    },
}
