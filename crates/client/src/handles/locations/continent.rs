use std::fmt;

use turso_cloud_contract::LocationCode;

/// A part of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Continent {
    /// Africa.
    Africa,
    /// Asia, Australia and Oceania.
    AsiaPacific,
    /// Europe.
    Europe,
    /// The Middle East.
    MiddleEast,
    /// North and Central America.
    NorthAmerica,
    /// South America.
    SouthAmerica,
    /// Not known, or none, as for a local cloud.
    Other,
}

/// What the codes of AWS begin with.
const AWS: [(&str, Continent); 9] = [
    ("aws-af-", Continent::Africa),
    ("aws-ap-", Continent::AsiaPacific),
    ("aws-ca-", Continent::NorthAmerica),
    ("aws-eu-", Continent::Europe),
    ("aws-il-", Continent::MiddleEast),
    ("aws-me-", Continent::MiddleEast),
    ("aws-mx-", Continent::NorthAmerica),
    ("aws-sa-", Continent::SouthAmerica),
    ("aws-us-", Continent::NorthAmerica),
];

impl Continent {
    /// Where a location is.
    #[must_use]
    pub fn of(location: &LocationCode) -> Self {
        let code = location.as_str();
        match code {
            "ams" | "arn" | "cdg" | "fra" | "lhr" | "mad" | "otp" | "waw" => Self::Europe,
            "atl" | "bos" | "den" | "dfw" | "ewr" | "gdl" | "iad" | "lax" | "mia" | "ord" | "phx" | "qro" | "sea"
            | "sjc" | "yul" | "yyz" => Self::NorthAmerica,
            "bog" | "eze" | "gig" | "gru" | "scl" => Self::SouthAmerica,
            "bom" | "hkg" | "nrt" | "sin" | "syd" => Self::AsiaPacific,
            "jnb" => Self::Africa,
            _ => AWS.iter().find(|(start, _)| code.starts_with(start)).map_or(Self::Other, |(_, continent)| *continent),
        }
    }
}

impl fmt::Display for Continent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Africa => "Africa",
            Self::AsiaPacific => "Asia-Pacific",
            Self::Europe => "Europe",
            Self::MiddleEast => "Middle East",
            Self::NorthAmerica => "North America",
            Self::SouthAmerica => "South America",
            Self::Other => "Other",
        })
    }
}
