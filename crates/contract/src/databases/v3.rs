//! Databases by id. Only the recovery of deleted ones is documented by the service; the rest is what the official command
//! line sends with its hidden `--v3-api`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Encryption, Pagination, Parent, Seed};
use crate::{
    DatabaseId, DatabaseName, GroupId, GroupName, InvalidInput, LocationCode, Nothing, OrganizationId, Presence,
    RequestPart, answer::answer, decode::empty_as_none, endpoint::endpoint, lenient::null_as_default, whole_number,
};

/// The largest `limit` of every listing of version 3.
pub(crate) const MOST_ON_A_PAGE: u64 = 1000;

endpoint!(
    /// Lists the databases of an organization, or those that were deleted and can be brought back.
    ListDatabasesV3: GET "/v3/organizations/" {organization: OrganizationId} "/databases",
        Safe, query DatabaseV3Filter => DatabasesV3Answer
);

endpoint!(
    /// Creates a database.
    CreateDatabaseV3: POST "/v3/organizations/" {organization: OrganizationId} "/databases",
        Once, body NewDatabaseV3 => CreatedDatabaseV3Answer
);

endpoint!(
    /// Gets one database.
    GetDatabaseV3: GET "/v3/organizations/" {organization: OrganizationId} "/databases/" {database: DatabaseId},
        Safe => DatabaseV3Answer
);

endpoint!(
    /// Deletes a database.
    DeleteDatabaseV3: DELETE "/v3/organizations/" {organization: OrganizationId} "/databases/" {database: DatabaseId},
        Idempotent => Nothing
);

/// Which databases [`ListDatabasesV3`] answers with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DatabaseV3Filter {
    /// Those that were deleted and can be brought back, and no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
    /// Only those with this text in their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only those of the group with this id.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "empty_as_none")]
    pub group_id: Option<String>,
    /// Only the branches of the database with this id.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "empty_as_none")]
    pub parent_db_id: Option<String>,
    /// How many at the most, from 1 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl DatabaseV3Filter {
    /// Those that were deleted and can be brought back.
    #[must_use]
    pub fn deleted() -> Self {
        Self { deleted: Some(true), ..Self::default() }
    }

    /// Only those with this text in their names.
    #[must_use]
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    /// At most `limit` of them, from where the page before ended.
    #[must_use]
    pub fn page(mut self, limit: u64, cursor: Option<String>) -> Self {
        self.limit = Some(limit);
        self.cursor = cursor;
        self
    }
}

impl RequestPart for DatabaseV3Filter {
    const PRESENCE: Presence = Presence::Optional;
    const LARGEST_NUMBER: u64 = MOST_ON_A_PAGE;

    fn check(&self) -> Result<(), InvalidInput> {
        self.group_id.as_deref().map_or(Ok(()), GroupId::check)?;
        self.parent_db_id.as_deref().map_or(Ok(()), DatabaseId::check)?;
        whole_number::check::<Self>("limit", self.limit)
    }
}

/// A database to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewDatabaseV3 {
    /// Its name, unique in the organization.
    pub name: String,
    /// The id of its group; not given for a copy, which stays in the group of the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// What it starts with; nothing where it starts empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// The key it is encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_encryption: Option<Encryption>,
    /// Whether it runs on the new engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_tursodb: Option<bool>,
}

impl NewDatabaseV3 {
    /// An empty database called `name` in the group with this id.
    #[must_use]
    pub fn new(name: impl Into<String>, group_id: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            group_id: Some(group_id.into()),
            seed: None,
            remote_encryption: None,
            use_tursodb: None,
        }
    }

    /// Starts it with something; a copy of a database stays in the group of the original.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        if matches!(seed, Seed::Database { .. }) {
            self.group_id = None;
        }
        self.seed = Some(seed);
        self
    }

    /// Encrypts it with a key of one's own.
    #[must_use]
    pub fn encryption(mut self, encryption: Encryption) -> Self {
        self.remote_encryption = Some(encryption);
        self
    }

    /// Runs it on the new engine.
    #[must_use]
    pub fn tursodb(mut self) -> Self {
        self.use_tursodb = Some(true);
        self
    }
}

impl RequestPart for NewDatabaseV3 {
    fn check(&self) -> Result<(), InvalidInput> {
        DatabaseName::check(&self.name)?;
        self.group_id.as_deref().map_or(Ok(()), GroupId::check)?;
        self.seed.as_ref().map_or(Ok(()), Seed::check)?;
        self.remote_encryption.as_ref().map_or(Ok(()), Encryption::check)
    }
}

/// A database as version 3 tells of it, deleted or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DatabaseV3 {
    /// Its name.
    #[serde(rename = "Name")]
    pub name: DatabaseName,
    /// Its id.
    #[serde(rename = "DbId")]
    pub id: DatabaseId,
    /// Where its SQL endpoint is, or was.
    #[serde(rename = "Hostname")]
    pub hostname: String,
    /// The name of its group.
    pub group: GroupName,
    /// The id of its group.
    pub group_id: GroupId,
    /// The id of its organization.
    pub organization_id: OrganizationId,
    /// The locations that serve it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub regions: Vec<LocationCode>,
    /// The location that takes its writes.
    #[serde(rename = "primaryRegion")]
    pub primary_region: LocationCode,
    /// Whether it is safe from deletion.
    #[serde(default, deserialize_with = "null_as_default")]
    pub delete_protection: bool,
    /// Whether reads are refused; not told of a deleted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_reads: Option<bool>,
    /// Whether writes are refused; not told of a deleted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_writes: Option<bool>,
    /// The engine it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// What it was branched from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// Where it may be reached from; told only of a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_rules_config: Option<AllowRules>,
    /// When it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// When its group was deleted, where it went down with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_deleted_at: Option<Timestamp>,
}

impl DatabaseV3 {
    /// A database in one location, for tests and local clouds.
    #[must_use]
    pub fn new(
        name: DatabaseName,
        id: DatabaseId,
        hostname: impl Into<String>,
        group: (GroupName, GroupId),
        organization_id: OrganizationId,
        primary: LocationCode,
    ) -> Self {
        Self {
            name,
            id,
            hostname: hostname.into(),
            group: group.0,
            group_id: group.1,
            organization_id,
            regions: vec![primary.clone()],
            primary_region: primary,
            delete_protection: false,
            block_reads: None,
            block_writes: None,
            engine: None,
            parent: None,
            allow_rules_config: None,
            deleted_at: None,
            group_deleted_at: None,
        }
    }
}

/// Where a database may be reached from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AllowRules {
    /// Addresses and networks; all where there are none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub allowed_ips: Vec<String>,
    /// Private endpoints; all where there are none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub allowed_aws_vpc_ids: Vec<String>,
}

answer!(
    /// The answer of [`ListDatabasesV3`].
    #[derive(Default)]
    DatabasesV3Answer {
        /// The databases.
        #[serde(deserialize_with = "null_as_default")]
        databases: Vec<DatabaseV3>,
        /// Where the page ends.
        #[serde(default, deserialize_with = "null_as_default")]
        pagination: Pagination,
    }
);

answer!(
    /// The answer of [`GetDatabaseV3`].
    DatabaseV3Answer {
        /// The database.
        database: DatabaseV3,
    }
);

answer!(
    /// The answer of [`CreateDatabaseV3`].
    CreatedDatabaseV3Answer {
        /// What is told of the new database.
        database: super::CreatedDatabase,
    }
);
