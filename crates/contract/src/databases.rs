//! Databases.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    ByteSize, DatabaseId, DatabaseName, GroupName, InvalidInput, LocationCode, OrganizationSlug, Presence, RequestPart,
    endpoint::endpoint, lenient::null_as_default,
};

endpoint!(
    /// Lists the databases of an organization, in no promised order.
    ListDatabases: GET "/v1/organizations/" {organization: OrganizationSlug} "/databases",
        Safe, query DatabaseFilter => DatabasesAnswer
);

endpoint!(
    /// Creates a database in a group that exists.
    CreateDatabase: POST "/v1/organizations/" {organization: OrganizationSlug} "/databases",
        Once, body NewDatabase => CreatedDatabaseAnswer
);

endpoint!(
    /// Gets one database.
    GetDatabase: GET "/v1/organizations/" {organization: OrganizationSlug} "/databases/" {database: DatabaseName},
        Safe => DatabaseAnswer
);

endpoint!(
    /// Deletes a database.
    DeleteDatabase: DELETE "/v1/organizations/" {organization: OrganizationSlug} "/databases/" {database: DatabaseName},
        Idempotent => DeletedDatabaseAnswer
);

/// Which databases [`ListDatabases`] answers with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DatabaseFilter {
    /// Only those of this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Only the branches of the database with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

impl DatabaseFilter {
    /// Only those of the group called `name`.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.group = Some(name.into());
        self
    }

    /// Only the branches of the database with this id.
    #[must_use]
    pub fn parent(mut self, id: impl Into<String>) -> Self {
        self.parent = Some(id.into());
        self
    }
}

impl RequestPart for DatabaseFilter {
    const PRESENCE: Presence = Presence::Optional;

    fn check(&self) -> Result<(), InvalidInput> {
        self.group.as_deref().map_or(Ok(()), GroupName::check)?;
        self.parent.as_deref().map_or(Ok(()), DatabaseId::check)
    }
}

/// A database to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewDatabase {
    /// Its name, unique in the organization.
    pub name: String,
    /// The name of its group.
    pub group: String,
    /// How large it may become.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_limit: Option<ByteSize>,
}

impl NewDatabase {
    /// An empty database called `name` in the group called `group`.
    #[must_use]
    pub fn new(name: impl Into<String>, group: impl Into<String>) -> Self {
        Self { name: name.into(), group: group.into(), size_limit: None }
    }

    /// Bounds its size: a write beyond it fails.
    #[must_use]
    pub fn size_limit(mut self, limit: ByteSize) -> Self {
        self.size_limit = Some(limit);
        self
    }
}

impl RequestPart for NewDatabase {
    fn check(&self) -> Result<(), InvalidInput> {
        DatabaseName::check(&self.name)?;
        GroupName::check(&self.group)?;
        match self.size_limit {
            Some(limit) if limit.bytes() == 0 => Err(InvalidInput::new("size limit", "0", "must be at least one byte")),
            _ => Ok(()),
        }
    }
}

/// A database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Database {
    /// Its name.
    #[serde(rename = "Name")]
    pub name: DatabaseName,
    /// Its id, which survives a transfer.
    #[serde(rename = "DbId")]
    pub id: DatabaseId,
    /// Where its SQL endpoint is: the part of the URL behind `https://`.
    #[serde(rename = "Hostname")]
    pub hostname: String,
    /// Whether reads are refused.
    pub block_reads: bool,
    /// Whether writes are refused.
    pub block_writes: bool,
    /// The locations that serve it.
    pub regions: Vec<LocationCode>,
    /// The location that takes its writes.
    #[serde(rename = "primaryRegion")]
    pub primary_region: LocationCode,
    /// The name of its group.
    pub group: GroupName,
    /// Whether it is safe from deletion.
    pub delete_protection: bool,
    /// What it was branched from.
    pub parent: Option<Parent>,
}

impl Database {
    /// A database in one location, for tests and local clouds.
    #[must_use]
    pub fn new(
        name: DatabaseName,
        id: DatabaseId,
        hostname: impl Into<String>,
        group: GroupName,
        primary: LocationCode,
    ) -> Self {
        Self {
            name,
            id,
            hostname: hostname.into(),
            block_reads: false,
            block_writes: false,
            regions: vec![primary.clone()],
            primary_region: primary,
            group,
            delete_protection: false,
            parent: None,
        }
    }

    /// The URL of its SQL endpoint, for any libSQL driver.
    ///
    /// It is an `https` URL, but for a database in the location `local`, which a development server speaks plain
    /// HTTP for: the rule of the official command line.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.primary_region == "local" { "http" } else { "https" };
        format!("{scheme}://{}", self.hostname)
    }
}

/// The database a branch was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Parent {
    /// The id of the database.
    pub id: DatabaseId,
    /// Its name when the branch was made.
    pub name: DatabaseName,
    /// When the branch was made.
    pub branched_at: jiff::Timestamp,
}

impl Parent {
    /// The origin of a branch, for tests and local clouds.
    #[must_use]
    pub fn new(id: DatabaseId, name: DatabaseName, branched_at: jiff::Timestamp) -> Self {
        Self { id, name, branched_at }
    }
}

/// What [`CreateDatabase`] tells of the new database; the rest has to be asked for with [`GetDatabase`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CreatedDatabase {
    /// Its id.
    #[serde(rename = "DbId")]
    pub id: DatabaseId,
    /// Where its SQL endpoint is: the part of the URL behind `https://`.
    #[serde(rename = "Hostname")]
    pub hostname: String,
    /// Its name.
    #[serde(rename = "Name")]
    pub name: DatabaseName,
}

impl CreatedDatabase {
    /// The created database, for tests and local clouds.
    #[must_use]
    pub fn new(id: DatabaseId, hostname: impl Into<String>, name: DatabaseName) -> Self {
        Self { id, hostname: hostname.into(), name }
    }
}

/// The answer of [`GetDatabase`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseAnswer {
    /// The database.
    pub database: Database,
}

/// The answer of [`ListDatabases`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabasesAnswer {
    /// The databases.
    #[serde(deserialize_with = "null_as_default")]
    pub databases: Vec<Database>,
}

/// The answer of [`CreateDatabase`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedDatabaseAnswer {
    /// What is told of the new database.
    pub database: CreatedDatabase,
}

/// The answer of [`DeleteDatabase`]: under the key that holds an object everywhere else, only the name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedDatabaseAnswer {
    /// The name of the deleted database.
    pub database: DatabaseName,
}

/// A live answer holds `Hostname` beside a duplicate `hostname` (observed in 2026), and newer routes only the
/// latter: two fields and a choice, where a serde alias would refuse the pair as a duplicate.
fn choose_hostname<E: serde::de::Error>(documented: Option<String>, duplicate: Option<String>) -> Result<String, E> {
    documented.or(duplicate).ok_or_else(|| E::missing_field("Hostname"))
}

impl<'de> Deserialize<'de> for Database {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(rename = "Name")]
            name: DatabaseName,
            #[serde(rename = "DbId")]
            id: DatabaseId,
            #[serde(rename = "Hostname")]
            documented: Option<String>,
            hostname: Option<String>,
            #[serde(default, deserialize_with = "null_as_default")]
            block_reads: bool,
            #[serde(default, deserialize_with = "null_as_default")]
            block_writes: bool,
            #[serde(default, deserialize_with = "null_as_default")]
            regions: Vec<LocationCode>,
            #[serde(rename = "primaryRegion")]
            primary_region: LocationCode,
            group: GroupName,
            #[serde(default, deserialize_with = "null_as_default")]
            delete_protection: bool,
            #[serde(default)]
            parent: Option<Parent>,
        }
        let wire = Wire::deserialize(deserializer)?;
        Ok(Self {
            name: wire.name,
            id: wire.id,
            hostname: choose_hostname(wire.documented, wire.hostname)?,
            block_reads: wire.block_reads,
            block_writes: wire.block_writes,
            regions: wire.regions,
            primary_region: wire.primary_region,
            group: wire.group,
            delete_protection: wire.delete_protection,
            parent: wire.parent,
        })
    }
}

impl<'de> Deserialize<'de> for CreatedDatabase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(rename = "DbId")]
            id: DatabaseId,
            #[serde(rename = "Hostname")]
            documented: Option<String>,
            hostname: Option<String>,
            #[serde(rename = "Name")]
            name: DatabaseName,
        }
        let wire = Wire::deserialize(deserializer)?;
        Ok(Self { id: wire.id, hostname: choose_hostname(wire.documented, wire.hostname)?, name: wire.name })
    }
}
