use clap::Subcommand;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum ProfileCommand {
    /// List the profiles
    #[command(alias = "ls")]
    #[command(after_help = "Examples:
  tursoctl profile list")]
    List,
    /// Show the settings of a profile
    #[command(after_help = "Examples:
  tursoctl profile show
  tursoctl profile show work -o json")]
    Show {
        /// The profile; the one in use without it
        name: Option<String>,
    },
    /// Change settings of the profile in use, which is made if it is not there
    #[command(after_help = "Examples:
  tursoctl profile set organization=acme output=json
  tursoctl profile set --profile work timeout=1m")]
    Set {
        /// A setting and its value; an empty value removes it
        #[arg(required = true, value_name = "KEY=VALUE", value_parser = assignment)]
        settings: Vec<(String, String)>,
    },
    /// Make a profile the one in use
    #[command(alias = "switch")]
    #[command(after_help = "Examples:
  tursoctl profile use work")]
    Use {
        /// The profile
        name: String,
    },
    /// Delete a profile and its token
    #[command(alias = "rm", alias = "destroy")]
    #[command(after_help = "Examples:
  tursoctl profile delete work --yes")]
    Delete {
        /// The profile
        name: String,
    },
    /// Say which value of a setting wins, and where it comes from
    #[command(after_help = "Examples:
  tursoctl profile explain
  tursoctl profile explain organization")]
    Explain {
        /// The setting; all of them without it
        key: Option<String>,
    },
}

pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}
