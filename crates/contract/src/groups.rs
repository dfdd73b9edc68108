//! Groups: databases that share their locations.

use serde::{Deserialize, Serialize};

use crate::{
    GroupId, GroupName, InvalidInput, LocationCode, OrganizationSlug, RequestPart, endpoint::endpoint,
    lenient::null_as_default,
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

/// A group to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewGroup {
    /// Its name, unique in the organization.
    pub name: String,
    /// The code of its primary location; the service picks none by itself.
    pub location: String,
}

impl NewGroup {
    /// A group called `name` whose primary location is `location`.
    #[must_use]
    pub fn new(name: impl Into<String>, location: impl Into<String>) -> Self {
        Self { name: name.into(), location: location.into() }
    }
}

impl RequestPart for NewGroup {
    fn check(&self) -> Result<(), InvalidInput> {
        GroupName::check(&self.name)?;
        LocationCode::check(&self.location)
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
        }
    }
}

/// The answer of [`CreateGroup`], [`GetGroup`] and [`DeleteGroup`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupAnswer {
    /// The group.
    pub group: Group,
}

/// The answer of [`ListGroups`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupsAnswer {
    /// The groups.
    #[serde(deserialize_with = "null_as_default")]
    pub groups: Vec<Group>,
}
