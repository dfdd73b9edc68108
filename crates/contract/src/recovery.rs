//! Bringing deleted databases and groups back, within five days.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    DatabaseId, DatabaseName, GroupId, GroupName, InvalidInput, OrganizationId, Presence, RequestPart,
    answer::answer,
    databases::{DatabaseV3, MOST_ON_A_PAGE, Pagination},
    endpoint::endpoint,
    groups::Group,
    lenient::null_as_default,
    whole_number,
};

endpoint!(
    /// Brings a deleted database back, and its group where that was deleted with it.
    RestoreDatabase: POST "/v3/organizations/" {organization: OrganizationId}
        "/databases/" {database: DatabaseId} "/restore", Once, body RestoredName => RestoredDatabaseAnswer
);

endpoint!(
    /// Lists the groups that can be brought back.
    ListDeletedGroups: GET "/v3/organizations/" {organization: OrganizationId} "/deleted-groups",
        Safe, query DeletedGroupPage => DeletedGroupsAnswer
);

endpoint!(
    /// Brings a deleted group back with its databases.
    RestoreGroup: POST "/v3/organizations/" {organization: OrganizationId} "/groups/" {group: GroupId} "/restore",
        Once => RestoredGroup
);

/// The name a database comes back under.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RestoredName {
    /// Another name than it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl RestoredName {
    /// Another name than it had.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()) }
    }
}

impl RequestPart for RestoredName {
    const PRESENCE: Presence = Presence::Optional;

    fn is_empty(&self) -> bool {
        self.name.is_none()
    }

    fn check(&self) -> Result<(), InvalidInput> {
        self.name.as_deref().map_or(Ok(()), DatabaseName::check)
    }
}

/// Which deleted groups to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeletedGroupPage {
    /// How many at the most, from 1 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl DeletedGroupPage {
    /// The page behind a cursor, or the first.
    #[must_use]
    pub fn new(limit: u64, cursor: Option<String>) -> Self {
        Self { limit: Some(limit), cursor }
    }
}

impl RequestPart for DeletedGroupPage {
    const PRESENCE: Presence = Presence::Optional;
    const LARGEST_NUMBER: u64 = MOST_ON_A_PAGE;

    fn check(&self) -> Result<(), InvalidInput> {
        whole_number::check::<Self>("limit", self.limit)
    }
}

/// A group that can be brought back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeletedGroup {
    /// Its id.
    pub uuid: GroupId,
    /// Its name.
    pub name: GroupName,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// How many databases its deletion took along.
    #[serde(default, deserialize_with = "null_as_default")]
    pub cascade_databases: u64,
}

impl DeletedGroup {
    /// A deleted group, for tests and local clouds.
    #[must_use]
    pub fn new(uuid: GroupId, name: GroupName, deleted_at: Timestamp, cascade_databases: u64) -> Self {
        Self { uuid, name, deleted_at, cascade_databases }
    }
}

answer!(
    /// The answer of [`RestoreDatabase`].
    RestoredDatabaseAnswer {
        /// The database as it was when it was deleted.
        database: DatabaseV3,
    }
);

answer!(
    /// The answer of [`ListDeletedGroups`].
    #[derive(Default)]
    DeletedGroupsAnswer {
        /// The groups.
        #[serde(deserialize_with = "null_as_default")]
        groups: Vec<DeletedGroup>,
        /// Where the page ends.
        #[serde(default, deserialize_with = "null_as_default")]
        pagination: Pagination,
    }
);

answer!(
    /// The answer of [`RestoreGroup`]. The group is back even where some of its databases are not.
    RestoredGroup {
        /// The group.
        group: Group,
        /// The databases that came back with it.
        #[serde(default, deserialize_with = "null_as_default")]
        databases: Vec<DatabaseV3>,
        /// Why the others did not, by their ids.
        #[serde(default, deserialize_with = "null_as_default")]
        failures: BTreeMap<String, String>,
    }
);
