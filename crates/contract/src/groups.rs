//! Groups: databases that share their locations.

mod status;

use serde::{Deserialize, Serialize, de::Error as _};
use serde_json::{Map, Value};

pub use status::{GroupStatus, LocationStatus};

use crate::{
    GroupId, GroupName, InvalidInput, LocationCode, Nothing, OrganizationId, OrganizationSlug, RequestPart,
    answer::answer,
    endpoint::endpoint,
    lenient::{none_unless_as_seen, null_as_default},
    open_enum::open_enum,
};

endpoint!(
    /// Lists the groups of an organization.
    ListGroups: GET "/v1/organizations/" {organization: OrganizationSlug} "/groups", Safe => GroupsAnswer
);

endpoint!(
    /// Creates a group.
    CreateGroup: POST "/v1/organizations/" {organization: OrganizationSlug} "/groups",
        Once, body NewGroup => GroupAnswer
);

endpoint!(
    /// Gets one group.
    GetGroup: GET "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName},
        Safe => GroupAnswer
);

endpoint!(
    /// Deletes a group **with all its databases**.
    DeleteGroup: DELETE "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName},
        Idempotent => GroupAnswer
);

endpoint!(
    /// Gets the configuration of a group.
    GetGroupConfiguration: GET "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName}
        "/configuration", Safe => GroupConfiguration
);

endpoint!(
    /// Changes the configuration of a group.
    UpdateGroupConfiguration: PATCH "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName}
        "/configuration", Idempotent, body GroupPatch => GroupConfiguration
);

endpoint!(
    /// Moves a group with its databases to another organization.
    TransferGroup: POST "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName}
        "/transfer", Once, body GroupTransfer => TransferredGroup
);

endpoint!(
    /// Wakes an archived group up.
    UnarchiveGroup: POST "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName}
        "/unarchive", Idempotent => GroupAnswer
);

endpoint!(
    /// Adds a location to a group.
    AddGroupLocation: POST "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName}
        "/locations/" {location: LocationCode}, Idempotent => GroupAnswer
);

endpoint!(
    /// Removes a location from a group; not the primary one.
    RemoveGroupLocation: DELETE "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName}
        "/locations/" {location: LocationCode}, Idempotent => GroupAnswer
);

endpoint!(
    /// Waits until a location of a group is ready. The service does not document it.
    WaitForGroupLocation: GET "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName}
        "/locations/" {location: LocationCode} "/wait", Safe => Nothing
);

endpoint!(
    /// Moves the databases of a group to the newest version of the server.
    UpdateGroup: POST "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName} "/update",
        Idempotent => Nothing
);

endpoint!(
    /// Gives a group another name. The service does not document it.
    RenameGroup: POST "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName} "/rename",
        Once, body NewGroupName => Nothing
);

endpoint!(
    /// Lists the groups of an organization, by its id. The service does not document it.
    ListGroupsV3: GET "/v3/organizations/" {organization: OrganizationId} "/groups", Safe => GroupsAnswer
);

endpoint!(
    /// Gets one group by its id. The service does not document it.
    GetGroupV3: GET "/v3/organizations/" {organization: OrganizationId} "/groups/" {group: GroupId},
        Safe => GroupAnswer
);

/// The configuration of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupConfiguration {
    /// Whether it and its databases are safe from deletion.
    #[serde(default, deserialize_with = "null_as_default")]
    pub delete_protection: bool,
}

impl GroupConfiguration {
    /// A configuration, for tests and local clouds.
    #[must_use]
    pub fn new(delete_protection: bool) -> Self {
        Self { delete_protection }
    }
}

/// What to change about a group. What is not set stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GroupPatch {
    /// Whether it and its databases are safe from deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_protection: Option<bool>,
}

impl GroupPatch {
    /// Makes it and its databases safe from deletion, or no longer.
    #[must_use]
    pub fn delete_protection(mut self, protect: bool) -> Self {
        self.delete_protection = Some(protect);
        self
    }
}

impl RequestPart for GroupPatch {}

/// Where to move a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupTransfer {
    /// The slug of the organization it is to belong to.
    pub organization: String,
}

impl GroupTransfer {
    /// To the organization with this slug.
    #[must_use]
    pub fn to(organization: impl Into<String>) -> Self {
        Self { organization: organization.into() }
    }
}

impl RequestPart for GroupTransfer {
    fn check(&self) -> Result<(), InvalidInput> {
        OrganizationSlug::check(&self.organization)
    }
}

/// The name a group is to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewGroupName {
    /// The name.
    pub name: String,
}

impl NewGroupName {
    /// This name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl RequestPart for NewGroupName {
    fn check(&self) -> Result<(), InvalidInput> {
        GroupName::check(&self.name)
    }
}

/// A group to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewGroup {
    /// Its name, unique in the organization.
    pub name: String,
    /// The code of its primary location; the service picks none by itself.
    pub location: String,
    /// SQLite extensions for its databases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Extensions>,
}

impl NewGroup {
    /// A group called `name` whose primary location is `location`.
    #[must_use]
    pub fn new(name: impl Into<String>, location: impl Into<String>) -> Self {
        Self { name: name.into(), location: location.into(), extensions: None }
    }

    /// Gives its databases extensions of SQLite: [all of them](Extensions::All), or a list.
    ///
    /// ```
    /// use turso_cloud_contract::groups::{Extension, NewGroup};
    ///
    /// let group = NewGroup::new("eu", "aws-eu-west-1").extensions([Extension::Vector, Extension::Uuid]);
    /// # assert!(group.extensions.is_some());
    /// ```
    #[must_use]
    pub fn extensions(mut self, extensions: impl Into<Extensions>) -> Self {
        self.extensions = Some(extensions.into());
        self
    }
}

open_enum!(
    /// An extension of SQLite.
    Extension {
        /// Vector search.
        Vector = "vector",
        /// Hashes and encodings.
        Crypto = "crypto",
        /// Fuzzy string matching.
        Fuzzy = "fuzzy",
        /// Mathematical functions.
        Math = "math",
        /// Statistical functions.
        Stats = "stats",
        /// String functions.
        Text = "text",
        /// Unicode-aware string functions.
        Unicode = "unicode",
        /// UUIDs.
        Uuid = "uuid",
        /// Regular expressions.
        Regexp = "regexp",
        /// The vector search `sqlite-vec`.
        Vec = "vec",
    }
);

/// The extensions of a group: all of them, or some.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extensions {
    /// All of them.
    All,
    /// These.
    Only(Vec<Extension>),
}

impl<const N: usize> From<[Extension; N]> for Extensions {
    fn from(extensions: [Extension; N]) -> Self {
        Self::Only(extensions.into())
    }
}

impl From<Vec<Extension>> for Extensions {
    fn from(extensions: Vec<Extension>) -> Self {
        Self::Only(extensions)
    }
}

impl FromIterator<Extension> for Extensions {
    fn from_iter<I: IntoIterator<Item = Extension>>(extensions: I) -> Self {
        Self::Only(extensions.into_iter().collect())
    }
}

impl Serialize for Extensions {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Only(extensions) => serializer.collect_seq(extensions),
        }
    }
}

impl<'de> Deserialize<'de> for Extensions {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected \"all\" or a list of extensions")]
        enum Wire {
            Text(String),
            List(Vec<Extension>),
        }
        match Wire::deserialize(deserializer)? {
            Wire::Text(text) if text == "all" => Ok(Self::All),
            Wire::Text(text) => Ok(Self::Only(vec![Extension::from(text.as_str())])),
            Wire::List(extensions) => Ok(Self::Only(extensions)),
        }
    }
}

impl RequestPart for NewGroup {
    fn check(&self) -> Result<(), InvalidInput> {
        GroupName::check(&self.name)?;
        LocationCode::check(&self.location)?;
        let Some(Extensions::Only(extensions)) = &self.extensions else { return Ok(()) };
        match extensions.iter().find(|extension| matches!(extension, Extension::Unknown(_))) {
            Some(unknown) => Err(InvalidInput::new("extension", unknown.as_str(), "is not one the service knows")),
            None => Ok(()),
        }
    }
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Group {
    /// Its name.
    pub name: GroupName,
    /// The version of its servers; `tech-preview` on AWS.
    #[serde(default, deserialize_with = "null_as_default")]
    pub version: String,
    /// Its id, which survives a rename.
    pub uuid: GroupId,
    /// Its locations, the primary one included.
    #[serde(default, deserialize_with = "null_as_default")]
    pub locations: Vec<LocationCode>,
    /// The code of the primary location.
    pub primary: LocationCode,
    /// Whether it sleeps and has to be unarchived before use.
    #[serde(default, deserialize_with = "null_as_default")]
    pub archived: bool,
    /// Whether it and its databases are safe from deletion.
    #[serde(default, deserialize_with = "null_as_default")]
    pub delete_protection: bool,
    /// How its locations are, where the service tells it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "none_unless_as_seen")]
    pub status: Option<GroupStatus>,
}

impl Group {
    /// A group in one location, for tests and local clouds.
    #[must_use]
    pub fn new(name: GroupName, uuid: GroupId, primary: LocationCode) -> Self {
        Self {
            name,
            version: "tech-preview".to_owned(),
            uuid,
            locations: vec![primary.clone()],
            primary,
            archived: false,
            delete_protection: false,
            status: None,
        }
    }
}

answer!(
    /// The answer of every operation that yields one group, but for [`TransferGroup`].
    GroupAnswer {
        /// The group.
        group: Group,
    }
);

/// The answer of [`TransferGroup`]: the group without an envelope, as documented and in contrast to every other
/// operation. One in an envelope is read too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct TransferredGroup {
    /// The group in its new organization.
    pub group: Group,
}

impl TransferredGroup {
    /// The answer with this group, for tests and local clouds.
    #[must_use]
    pub fn new(group: Group) -> Self {
        Self { group }
    }
}

impl<'de> Deserialize<'de> for TransferredGroup {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut object = Map::deserialize(deserializer)?;
        // No field of a group is called so.
        let group = object.remove("group").unwrap_or(Value::Object(object));
        // Read by hand rather than `untagged`, which would forget which field was wrong.
        match serde_path_to_error::deserialize(group) {
            Ok(group) => Ok(Self { group }),
            Err(error) if error.path().iter().next().is_none() => Err(D::Error::custom(error.inner())),
            Err(error) => Err(D::Error::custom(format!("{}: {}", error.path(), error.inner()))),
        }
    }
}

answer!(
    /// The answer of [`ListGroups`] and [`ListGroupsV3`].
    #[derive(Default)]
    GroupsAnswer {
        /// The groups.
        #[serde(deserialize_with = "null_as_default")]
        groups: Vec<Group>,
    }
);
