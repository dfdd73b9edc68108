//! Tokens of the Platform API.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::endpoint::endpoint;

endpoint!(
    /// Checks the token that the request itself carries.
    ValidateApiToken: GET "/v1/auth/validate", Safe => TokenValidity
);

/// The answer of [`ValidateApiToken`]: `exp` in Unix seconds, `-1` for a token without an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenValidity {
    /// When the token ends; nothing for one that never does, as API tokens do not.
    #[serde(rename = "exp", serialize_with = "to_unix_seconds", deserialize_with = "from_unix_seconds")]
    pub expires_at: Option<Timestamp>,
}

const NEVER: i64 = -1;

#[expect(clippy::ref_option, reason = "the signature serde asks for")]
fn to_unix_seconds<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(at.map_or(NEVER, Timestamp::as_second))
}

fn from_unix_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    match i64::deserialize(deserializer)? {
        NEVER => Ok(None),
        seconds => Timestamp::from_second(seconds).map(Some).map_err(serde::de::Error::custom),
    }
}
