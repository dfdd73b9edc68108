use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    DatabaseName, InvalidInput, OrganizationSlug, Presence, RequestPart, answer::answer, billing::DatabaseUsage,
    endpoint::endpoint, lenient::null_as_default, rfc3339,
};

endpoint!(
    /// Gets what a database used, by default in this calendar month.
    GetDatabaseUsage: GET "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/usage", Safe, query UsagePeriod => DatabaseUsageAnswer
);

endpoint!(
    /// Gets the queries that read and wrote most.
    GetDatabaseStats: GET "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/stats", Safe => DatabaseStatsAnswer
);

endpoint!(
    /// Lists the queries that read and wrote most since a time, as a bare array. The service does not document it.
    ListDatabaseQueries: GET "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/usage/queries", Safe, query QueriesSince => Vec<QueryStat>
);

/// The time to add up usage over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UsagePeriod {
    /// Its start.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "from_parameter")]
    pub from: Option<Timestamp>,
    /// Its end.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "to_parameter")]
    pub to: Option<Timestamp>,
}

impl UsagePeriod {
    /// Since a time.
    #[must_use]
    pub fn since(from: Timestamp) -> Self {
        Self { from: Some(from), to: None }
    }

    /// From one time to another.
    #[must_use]
    pub fn between(from: Timestamp, to: Timestamp) -> Self {
        Self { from: Some(from), to: Some(to) }
    }
}

impl RequestPart for UsagePeriod {
    const PRESENCE: Presence = Presence::Optional;

    fn check(&self) -> Result<(), InvalidInput> {
        rfc3339::check("from", self.from)?;
        rfc3339::check("to", self.to)?;
        match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => {
                Err(InvalidInput::new("from", &from.to_string(), format!("must not be later than to, {to}")))
            }
            _ => Ok(()),
        }
    }
}

/// The time since when to list queries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QueriesSince {
    /// The time.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "from_parameter")]
    pub from: Option<Timestamp>,
}

impl QueriesSince {
    /// Since a time.
    #[must_use]
    pub fn new(from: Timestamp) -> Self {
        Self { from: Some(from) }
    }
}

impl RequestPart for QueriesSince {
    const PRESENCE: Presence = Presence::Optional;

    fn check(&self) -> Result<(), InvalidInput> {
        rfc3339::check("from", self.from)
    }
}

/// What a query read and wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QueryStat {
    /// Its text.
    pub query: String,
    /// Rows it read.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rows_read: u64,
    /// Rows it wrote.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rows_written: u64,
}

impl QueryStat {
    /// What a query read and wrote, for tests and local clouds.
    #[must_use]
    pub fn new(query: impl Into<String>, rows_read: u64, rows_written: u64) -> Self {
        Self { query: query.into(), rows_read, rows_written }
    }
}

answer!(
    /// The answer of [`GetDatabaseUsage`].
    DatabaseUsageAnswer {
        /// What was used.
        database: DatabaseUsage,
    }
);

answer!(
    /// The answer of [`GetDatabaseStats`].
    #[derive(Default)]
    DatabaseStatsAnswer {
        /// The queries.
        #[serde(deserialize_with = "null_as_default")]
        top_queries: Vec<QueryStat>,
    }
);

fn from_parameter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    parameter("from", deserializer)
}

fn to_parameter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    parameter("to", deserializer)
}

/// An empty value counts as none at all; any other that is no time is refused in the words of the service.
fn parameter<'de, D: Deserializer<'de>>(name: &str, deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    let time = rfc3339::parse(&text).map_err(|refused| format!("invalid {name} parameter: {refused}"));
    time.map(Some).map_err(serde::de::Error::custom)
}
