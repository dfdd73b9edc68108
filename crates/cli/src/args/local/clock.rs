use clap::Subcommand;
use jiff::Timestamp;

use super::LocalName;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum LocalClock {
    /// Print the time of the clock
    #[command(after_help = "Examples:
  tursoctl local clock show")]
    Show(LocalName),
    /// Move the clock forward
    #[command(after_help = "Examples:
  tursoctl local clock advance 31d")]
    Advance {
        /// How far, such as 31d or 1h30m
        #[arg(allow_hyphen_values = true)]
        by: String,
        #[command(flatten)]
        instance: LocalName,
    },
    /// Set the clock
    #[command(after_help = "Examples:
  tursoctl local clock set 2026-01-31T12:00:00Z")]
    Set {
        /// The time, such as 2026-01-31T12:00:00Z
        to: Timestamp,
        #[command(flatten)]
        instance: LocalName,
    },
    /// Stop the clock
    #[command(after_help = "Examples:
  tursoctl local clock freeze")]
    Freeze(LocalName),
    /// Let the clock go on
    #[command(after_help = "Examples:
  tursoctl local clock resume")]
    Resume(LocalName),
}
