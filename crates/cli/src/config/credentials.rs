//! `credentials.toml`: the token of each profile, for its owner's eyes only.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use turso_cloud::{ApiToken, InvalidInput};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    #[serde(default)]
    pub(crate) tokens: BTreeMap<String, Kept>,
}

/// What is kept as the token of a profile. One that breaks a rule is in the way of nobody but whoever uses its profile, and
/// stays as it is until it is replaced or removed.
#[derive(Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Kept {
    Token(ApiToken),
    Broken(toml::Value),
}

impl Kept {
    /// The token, or the rule that is broken.
    pub(crate) fn token(self) -> Result<ApiToken, InvalidInput> {
        match self {
            Self::Token(token) => Ok(token),
            Self::Broken(toml::Value::String(text)) => ApiToken::new(text),
            Self::Broken(_) => Err(InvalidInput::without_value("API token", "it is no text")),
        }
    }
}

/// What is no token may have been meant as one.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(token) => token.fmt(f),
            Self::Broken(_) => f.write_str("Broken([redacted])"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_token_is_kept_as_it_is_and_not_shown() {
        let text = "[tokens]\na = [\"planted\"]\nb = \"planted secret\"\nc = \"eyJ.good\"\nd = { x = \"planted\" }\n";
        let credentials: Credentials = toml::from_str(text).unwrap();
        let written = toml::to_string(&credentials).unwrap();
        let (before, after): (toml::Table, toml::Table) =
            (toml::from_str(text).unwrap(), toml::from_str(&written).unwrap());
        assert_eq!(before, after);
        let shown = format!("{credentials:?}");
        assert!(!shown.contains("planted") && !shown.contains("eyJ"), "{shown}");
    }
}
