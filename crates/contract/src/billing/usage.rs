use serde::{Deserialize, Serialize, Serializer};

use crate::{
    ByteSize, DatabaseId, OrganizationId, OrganizationSlug, answer::answer, endpoint::endpoint,
    lenient::null_as_default,
};

endpoint!(
    /// Gets what an organization has used in the current billing cycle.
    GetOrganizationUsage: GET "/v1/organizations/" {organization: OrganizationSlug} "/usage",
        Safe => OrganizationUsageAnswer
);

/// What was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// Rows read.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rows_read: u64,
    /// Rows written.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rows_written: u64,
    /// Bytes stored.
    #[serde(default, deserialize_with = "null_as_default")]
    pub storage_bytes: u64,
    /// Bytes synced.
    #[serde(default, deserialize_with = "null_as_default")]
    pub bytes_synced: u64,
}

impl Usage {
    /// What was used, for tests and local clouds.
    #[must_use]
    pub fn new(rows_read: u64, rows_written: u64, storage: ByteSize, synced: ByteSize) -> Self {
        Self { rows_read, rows_written, storage_bytes: storage.bytes(), bytes_synced: synced.bytes() }
    }
}

/// What an organization used, and how much it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OrganizationTotal {
    /// Rows read.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rows_read: u64,
    /// Rows written.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rows_written: u64,
    /// Databases there are.
    #[serde(default, deserialize_with = "null_as_default")]
    pub databases: u64,
    /// Locations in use.
    #[serde(default, deserialize_with = "null_as_default")]
    pub locations: u64,
    /// Bytes stored.
    #[serde(default, deserialize_with = "null_as_default")]
    pub storage_bytes: u64,
    /// Groups there are.
    #[serde(default, deserialize_with = "null_as_default")]
    pub groups: u64,
    /// Bytes synced.
    #[serde(default, deserialize_with = "null_as_default")]
    pub bytes_synced: u64,
}

/// What an organization and its databases used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OrganizationUsage {
    /// The id of the organization.
    pub uuid: OrganizationId,
    /// The whole.
    #[serde(default, deserialize_with = "null_as_default")]
    pub usage: OrganizationTotal,
    /// Each database.
    #[serde(default, deserialize_with = "null_as_default")]
    pub databases: Vec<DatabaseUsage>,
}

impl OrganizationUsage {
    /// What was used, for tests and local clouds.
    #[must_use]
    pub fn new(uuid: OrganizationId, usage: OrganizationTotal, databases: Vec<DatabaseUsage>) -> Self {
        Self { uuid, usage, databases }
    }
}

/// What one database used. The service documents its total as `total`, and its clients read it as `usage`: both are
/// read, and both are written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseUsage {
    /// The id of the database.
    pub uuid: DatabaseId,
    /// Each of its instances.
    pub instances: Vec<InstanceUsage>,
    /// The whole.
    pub usage: Usage,
}

impl DatabaseUsage {
    /// What was used, for tests and local clouds.
    #[must_use]
    pub fn new(uuid: DatabaseId, instances: Vec<InstanceUsage>, usage: Usage) -> Self {
        Self { uuid, instances, usage }
    }
}

impl Serialize for DatabaseUsage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Wire<'a> {
            uuid: &'a DatabaseId,
            instances: &'a [InstanceUsage],
            usage: Usage,
            total: Usage,
        }
        let Self { uuid, instances, usage } = self;
        Wire { uuid, instances, usage: *usage, total: *usage }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DatabaseUsage {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            uuid: DatabaseId,
            #[serde(default, deserialize_with = "null_as_default")]
            instances: Vec<InstanceUsage>,
            usage: Option<Usage>,
            total: Option<Usage>,
        }
        let wire = Wire::deserialize(deserializer)?;
        Ok(Self::new(wire.uuid, wire.instances, wire.usage.or(wire.total).unwrap_or_default()))
    }
}

/// What one instance of a database used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InstanceUsage {
    /// The id of the instance.
    #[serde(default, deserialize_with = "null_as_default")]
    pub uuid: String,
    /// What it used.
    #[serde(default, deserialize_with = "null_as_default")]
    pub usage: Usage,
}

impl InstanceUsage {
    /// What was used, for tests and local clouds.
    #[must_use]
    pub fn new(uuid: impl Into<String>, usage: Usage) -> Self {
        Self { uuid: uuid.into(), usage }
    }
}

answer!(
    /// The answer of [`GetOrganizationUsage`].
    OrganizationUsageAnswer {
        /// What was used.
        organization: OrganizationUsage,
    }
);
