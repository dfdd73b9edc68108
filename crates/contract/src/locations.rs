//! Locations: where groups can be.

mod places;

use std::collections::BTreeMap;

pub use places::Place;
use serde::{Deserialize, Serialize};

use crate::{LocationCode, OrganizationSlug, answer::answer, endpoint::endpoint, lenient::null_as_default};

endpoint!(
    /// Lists the locations in which groups can be created.
    ListLocations: GET "/v1/locations", Safe => LocationsAnswer
);

endpoint!(
    /// Lists the locations an organization can use, by platform. The service does not document it.
    ListOrganizationLocations: GET "/v2/organizations/" {organization: OrganizationSlug} "/locations",
        Safe => OrganizationLocationsAnswer
);

endpoint!(
    /// Gets one location and its neighbours. The service does not document it.
    GetLocation: GET "/v1/locations/" {location: LocationCode}, Safe => LocationAnswer
);

endpoint!(
    /// Asks the region service which location is nearest to the caller. It may name a location of the old
    /// platform, in which no group can be created.
    GetClosestRegion: GET on Region "/", Safe => ClosestRegion
);

answer!(
    /// The answer of [`ListLocations`]: descriptions by code.
    #[derive(Default)]
    LocationsAnswer {
        /// The descriptions, by code.
        #[serde(deserialize_with = "null_as_default")]
        locations: BTreeMap<LocationCode, String>,
    }
);

answer!(
    /// The answer of [`ListOrganizationLocations`]: descriptions by code by platform.
    #[derive(Default)]
    OrganizationLocationsAnswer {
        /// The descriptions, by code, by platform.
        #[serde(deserialize_with = "null_as_default")]
        locations: BTreeMap<String, BTreeMap<LocationCode, String>>,
    }
);

/// A location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Location {
    /// Its code.
    pub code: LocationCode,
    /// Where it is, for people.
    pub description: String,
    /// Those nearest to it, which tell nothing of their own neighbours.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub closest: Vec<Location>,
}

impl Location {
    /// A location, for tests and local clouds.
    #[must_use]
    pub fn new(code: LocationCode, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), closest: Vec::new() }
    }
}

answer!(
    /// The answer of [`GetLocation`].
    LocationAnswer {
        /// The location.
        location: Location,
    }
);

/// The answer of [`GetClosestRegion`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClosestRegion {
    /// The location that answered.
    pub server: LocationCode,
    /// The location judged nearest to the caller.
    pub client: LocationCode,
}

impl ClosestRegion {
    /// The answer of the region service, for tests and local clouds.
    #[must_use]
    pub fn new(server: LocationCode, client: LocationCode) -> Self {
        Self { server, client }
    }
}
