//! Locations: where groups can be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{LocationCode, endpoint::endpoint};

endpoint!(
    /// Lists the locations in which groups can be created.
    ListLocations: GET "/v1/locations", Safe => LocationsAnswer
);

endpoint!(
    /// Asks the region service which location is nearest to the caller. It may name a location of the old
    /// platform, in which no group can be created.
    GetClosestRegion: GET on Region "/", Safe => ClosestRegion
);

/// The answer of [`ListLocations`]: descriptions by code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationsAnswer {
    /// The descriptions, by code.
    pub locations: BTreeMap<LocationCode, String>,
}

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
