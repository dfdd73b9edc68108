use clap::Subcommand;
use turso_cloud::LocationCode;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum LocationCommand {
    /// List the locations groups can be in
    #[command(alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl location list
  tursoctl location list --of-org")]
    List {
        /// Only those the plan of the organization includes, by provider
        #[arg(long)]
        of_org: bool,
    },
    /// Show the location that is closest to this machine
    #[command(after_help = "Examples:
  tursoctl location closest -o name")]
    Closest,
    /// Show a location and those close to it
    #[command(alias = "show")]
    #[command(after_help = "Examples:
  tursoctl location get aws-eu-west-1")]
    Get {
        /// Its code
        code: LocationCode,
    },
}
