use std::{num::NonZeroU32, path::PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use turso_cloud_contract::ApiToken;

use crate::store::ApiTokenRow;

/// What there is to know of a running cloud. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// The version of the local cloud.
    pub version: String,
    /// The process it runs in.
    pub pid: u32,
    /// The team organization that clients are told of.
    pub organization: String,
    /// The directory it is kept in; nothing for one in memory.
    pub directory: Option<PathBuf>,
    /// The URLs of the Platform API, one for each server.
    pub urls: Vec<String>,
    /// Its clock.
    pub clock: ClockReading,
    /// How many databases take requests.
    pub databases: u64,
    /// How many requests there were.
    pub requests: u64,
    /// How many faults are in effect.
    pub faults: u64,
    /// What can be changed.
    pub config: Config,
}

/// What can be changed about a running cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Config {
    /// The requests of the Platform API that a token may send in a second; nothing where there is no limit.
    pub rate_limit: Option<NonZeroU32>,
    /// Whether headers and bodies of requests to SQL endpoints are in the request log.
    pub keep_sql: bool,
}

/// A change of the configuration. What is not given stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ConfigChange {
    /// The requests in a second; 0 takes the limit away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<u32>,
    /// Whether headers and bodies of requests to SQL endpoints are to be in the request log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_sql: Option<bool>,
}

impl ConfigChange {
    /// Limits the requests in a second; 0 takes the limit away.
    #[must_use]
    pub fn rate_limit(requests_per_second: u32) -> Self {
        Self { rate_limit: Some(requests_per_second), ..Self::default() }
    }

    /// Says whether headers and bodies of requests to SQL endpoints are to be in the request log.
    #[must_use]
    pub fn keep_sql(keep: bool) -> Self {
        Self { keep_sql: Some(keep), ..Self::default() }
    }
}

/// What a clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClockReading {
    /// The present moment.
    pub now: Timestamp,
    /// Whether it moves only when it is told to.
    pub frozen: bool,
}

/// A change of the clock. What is given happens in this order: set, advance, then stop or go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ClockChange {
    /// The time to move to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Timestamp>,
    /// How far to move on, as durations are written in the Platform API: `31d`, `1h30m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advance: Option<String>,
    /// Whether it is to stop, or to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<bool>,
}

impl ClockChange {
    /// Moves the clock to a time, forward or back.
    #[must_use]
    pub fn set(to: Timestamp) -> Self {
        Self { set: Some(to), ..Self::default() }
    }

    /// Moves the clock forward by a duration as it is written in the Platform API: `31d`, `1h30m`.
    #[must_use]
    pub fn advance(by: impl Into<String>) -> Self {
        Self { advance: Some(by.into()), ..Self::default() }
    }

    /// Stops the clock, or lets it go on.
    #[must_use]
    pub fn frozen(is_to_stop: bool) -> Self {
        Self { frozen: Some(is_to_stop), ..Self::default() }
    }
}

/// A snapshot to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NewSnapshot {
    /// Its name.
    pub name: String,
}

impl NewSnapshot {
    /// A snapshot of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// A copy of the cloud that is served beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServedFork {
    /// Its number, by which it is ended.
    pub id: u64,
    /// The URL of its Platform API, with paths below `/_local/` of its own, of which `/_local/stop` ends it, too.
    pub url: String,
}

/// A token of the Platform API, with whose it is and what it opens. Its text is in no `Debug` and in no log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserToken {
    /// The name of its user.
    pub user: String,
    /// Its own name, which may be [`UserToken::HANDED_OUT`].
    pub name: String,
    /// The slug of the only organization it opens; nothing for one that opens all of its user's.
    pub organization: Option<String>,
    /// The name of the only group it opens; nothing for one that opens all of the organization's.
    pub group: Option<String>,
    /// The token itself.
    pub token: ApiToken,
}

impl UserToken {
    /// The name of the token that the cloud hands out to everybody whom the builder or a seed file names.
    pub const HANDED_OUT: &'static str = "local";

    pub(crate) fn new(row: &ApiTokenRow, token: ApiToken) -> Self {
        Self {
            user: row.user.username.clone(),
            name: row.name.to_string(),
            organization: row.organization.as_ref().map(|organization| organization.slug.to_string()),
            group: row.group.as_ref().map(|group| group.name.to_string()),
            token,
        }
    }
}

/// A group to be archived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GroupToArchive {
    /// The slug of its organization.
    pub organization: String,
    /// Its name.
    pub group: String,
}

impl GroupToArchive {
    /// A group of an organization.
    #[must_use]
    pub fn new(organization: impl Into<String>, group: impl Into<String>) -> Self {
        Self { organization: organization.into(), group: group.into() }
    }
}

/// Rows to be counted as used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct UsageToAdd {
    /// The slug of the organization.
    pub organization: String,
    /// The name of the database.
    pub database: String,
    /// Rows read.
    #[serde(default)]
    pub rows_read: u64,
    /// Rows written.
    #[serde(default)]
    pub rows_written: u64,
}

impl UsageToAdd {
    /// No rows yet of a database of an organization.
    #[must_use]
    pub fn new(organization: impl Into<String>, database: impl Into<String>) -> Self {
        Self { organization: organization.into(), database: database.into(), rows_read: 0, rows_written: 0 }
    }

    /// So many rows read.
    #[must_use]
    pub fn rows_read(mut self, rows: u64) -> Self {
        self.rows_read = rows;
        self
    }

    /// So many rows written.
    #[must_use]
    pub fn rows_written(mut self, rows: u64) -> Self {
        self.rows_written = rows;
        self
    }
}
