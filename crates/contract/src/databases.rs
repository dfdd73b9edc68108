//! Databases.

mod configuration;
mod instances;
mod new;
mod usage;
mod v3;

pub use configuration::{
    AllowListChange, DatabaseConfiguration, DatabasePatch, GetDatabaseConfiguration, UpdateDatabaseConfiguration,
};
pub use instances::{
    GetInstance, Instance, InstanceAnswer, InstanceKind, InstancesAnswer, ListInstances, WaitForInstance,
};
pub use new::{Cipher, Encryption, NewDatabase, Seed};
use serde::{Deserialize, Deserializer, Serialize};
pub use usage::{
    DatabaseStatsAnswer, DatabaseUsageAnswer, GetDatabaseStats, GetDatabaseUsage, ListDatabaseQueries, QueriesSince,
    QueryStat, UsagePeriod,
};
pub(crate) use v3::MOST_ON_A_PAGE;
pub use v3::{
    AllowRules, CreateDatabaseV3, CreatedDatabaseV3Answer, DatabaseV3, DatabaseV3Answer, DatabaseV3Filter,
    DatabasesV3Answer, DeleteDatabaseV3, GetDatabaseV3, ListDatabasesV3, NewDatabaseV3,
};

use crate::{
    DatabaseId, DatabaseName, GroupName, InvalidInput, LocationCode, Nothing, OrganizationSlug, Presence, RequestPart,
    answer::answer,
    decode::empty_as_none,
    endpoint::endpoint,
    is_this_machine,
    lenient::{Text, null_as_default},
    whole_number,
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

endpoint!(
    /// Moves a database to another organization. The service does not document it.
    TransferDatabase: POST "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/transfer", Once, body DatabaseTransfer => Nothing
);

endpoint!(
    /// Wakes an archived database up. The service does not document it.
    WakeUpDatabase: POST "/v1/organizations/" {organization: OrganizationSlug}
        "/databases/" {database: DatabaseName} "/wakeup", Idempotent => Nothing
);

/// Which databases [`ListDatabases`] answers with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DatabaseFilter {
    /// Only those of this group.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "empty_as_none")]
    pub group: Option<String>,
    /// Only the branches of the database with this id.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "empty_as_none")]
    pub parent: Option<String>,
    /// Only those that follow the schema of this one. The service deprecates that, and there is no setter.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "empty_as_none")]
    pub schema: Option<String>,
    /// Only schema databases, where it is `schema`. The service deprecates those, does not document this, and there is no
    /// setter.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none", deserialize_with = "empty_as_none")]
    pub kind: Option<String>,
    /// How many at the most. The service does not document it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Where the page before ended. The service does not document it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
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

    /// At most `limit` of them, from where the page before ended.
    #[must_use]
    pub fn page(mut self, limit: u64, cursor: Option<String>) -> Self {
        self.limit = Some(limit);
        self.cursor = cursor;
        self
    }
}

impl RequestPart for DatabaseFilter {
    const PRESENCE: Presence = Presence::Optional;

    fn check(&self) -> Result<(), InvalidInput> {
        self.group.as_deref().map_or(Ok(()), GroupName::check)?;
        self.parent.as_deref().map_or(Ok(()), DatabaseId::check)?;
        whole_number::check::<Self>("limit", self.limit)
    }
}

/// Where to move a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DatabaseTransfer {
    /// The slug of the organization it is to belong to.
    #[serde(rename = "org")]
    pub organization: String,
}

impl DatabaseTransfer {
    /// To the organization with this slug.
    #[must_use]
    pub fn to(organization: impl Into<String>) -> Self {
        Self { organization: organization.into() }
    }
}

impl RequestPart for DatabaseTransfer {
    fn check(&self) -> Result<(), InvalidInput> {
        OrganizationSlug::check(&self.organization)
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
    /// How it is encrypted, if with a key of its owner's. The service does not document it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_cipher: Option<Cipher>,
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
            encryption_cipher: None,
        }
    }

    /// The URL of its SQL endpoint, for any libSQL driver.
    ///
    /// It is an `https` URL, but for a development server, which speaks plain HTTP: a database in the location `local`,
    /// by the rule of the official command line, or on a host that is this machine.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.primary_region == "local" || is_this_machine(&self.hostname) { "http" } else { "https" };
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

answer!(
    /// The answer of [`GetDatabase`].
    DatabaseAnswer {
        /// The database.
        database: Database,
    }
);

answer!(
    /// The answer of [`ListDatabases`].
    #[derive(Default)]
    DatabasesAnswer {
        /// The databases.
        #[serde(deserialize_with = "null_as_default")]
        databases: Vec<Database>,
        /// Where the page ends; not there on the last page.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "unless_last")]
        pagination: Option<Pagination>,
    }
);

/// Where a page of a listing ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pagination {
    /// The cursor of the next page; nothing, or an empty text, on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Pagination {
    /// Where a page ends, for tests and local clouds.
    #[must_use]
    pub fn new(next: Option<String>) -> Self {
        Self { next }
    }
}

/// The last page says so by `null`, by an empty text, or not at all.
fn unless_last<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Pagination>, D::Error> {
    let pagination = Option::<Pagination>::deserialize(deserializer)?;
    Ok(pagination.filter(|page| page.next.as_deref().is_some_and(|next| !next.is_empty())))
}

answer!(
    /// The answer of [`CreateDatabase`].
    CreatedDatabaseAnswer {
        /// What is told of the new database.
        database: CreatedDatabase,
    }
);

answer!(
    /// The answer of [`DeleteDatabase`]: under the key that holds an object everywhere else, only the name.
    DeletedDatabaseAnswer {
        /// The name of the deleted database.
        database: DatabaseName,
    }
);

/// A database without a cipher may say so by an empty text.
fn unless_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cipher>, D::Error> {
    Ok(Option::<Cipher>::deserialize(deserializer)?.filter(|cipher| !cipher.as_str().is_empty()))
}

/// The documented field is `Hostname`. A live answer holds a duplicate `hostname` beside it (observed in 2026), and either
/// is enough: two fields and a choice, where a serde alias would refuse the pair as a duplicate.
fn choose_hostname<E: serde::de::Error>(
    documented: Option<Text<'_>>,
    duplicate: Option<Text<'_>>,
) -> Result<String, E> {
    documented.or(duplicate).map(String::from).ok_or_else(|| E::missing_field("Hostname"))
}

impl<'de> Deserialize<'de> for Database {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            #[serde(rename = "Name")]
            name: DatabaseName,
            #[serde(rename = "DbId")]
            id: DatabaseId,
            #[serde(borrow, rename = "Hostname")]
            documented: Option<Text<'a>>,
            #[serde(borrow)]
            hostname: Option<Text<'a>>,
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
            #[serde(default, deserialize_with = "unless_empty")]
            encryption_cipher: Option<Cipher>,
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
            encryption_cipher: wire.encryption_cipher,
        })
    }
}

impl<'de> Deserialize<'de> for CreatedDatabase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            #[serde(rename = "DbId")]
            id: DatabaseId,
            #[serde(borrow, rename = "Hostname")]
            documented: Option<Text<'a>>,
            #[serde(borrow)]
            hostname: Option<Text<'a>>,
            #[serde(rename = "Name")]
            name: DatabaseName,
        }
        let wire = Wire::deserialize(deserializer)?;
        Ok(Self { id: wire.id, hostname: choose_hostname(wire.documented, wire.hostname)?, name: wire.name })
    }
}
