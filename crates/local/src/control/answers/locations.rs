//! Three kinds of locations: those of the service today, those of its old platform, and this machine.

use std::collections::BTreeMap;

use turso_cloud_contract::{
    LocationCode,
    locations::{
        ClosestRegion, GetClosestRegion, GetLocation, ListLocations, ListOrganizationLocations, Location,
        LocationAnswer, LocationsAnswer, OrganizationLocationsAnswer, Place,
    },
};

use super::Answers;
use crate::control::{Context, Handles, Refusal};

/// The location this cloud is really in. Drivers and the official command line speak plain HTTP to it.
const LOCAL: &str = "local";

const LOCAL_DESCRIPTION: &str = "Local";

/// How many neighbours a location tells of.
const NEIGHBOURS: usize = 3;

impl Handles<ListLocations> for Answers {
    fn handle(&self, _: ListLocations, _: &mut Context<'_>) -> Result<LocationsAnswer, Refusal> {
        let mut locations = described(Place::aws())?;
        locations.insert(LOCAL.try_into()?, LOCAL_DESCRIPTION.to_owned());
        Ok(LocationsAnswer::new(locations))
    }
}

impl Handles<ListOrganizationLocations> for Answers {
    /// The old platform is told of only to an organization that has a group there.
    fn handle(
        &self,
        request: ListOrganizationLocations,
        cx: &mut Context<'_>,
    ) -> Result<OrganizationLocationsAnswer, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let local = BTreeMap::from([(LOCAL.try_into()?, LOCAL_DESCRIPTION.to_owned())]);
        let mut locations = BTreeMap::from([("aws".to_owned(), described(Place::aws())?), ("local".to_owned(), local)]);
        let groups = cx.store().groups_of(organization.id)?;
        if groups.iter().any(|group| cx.opens_group(&group.uuid) && is_old(&group.location)) {
            locations.insert("fly".to_owned(), described(Place::fly())?);
        }
        Ok(OrganizationLocationsAnswer::new(locations))
    }
}

impl Handles<GetLocation> for Answers {
    fn handle(&self, request: GetLocation, _: &mut Context<'_>) -> Result<LocationAnswer, Refusal> {
        let code = request.location;
        if code == LOCAL {
            return Ok(LocationAnswer::new(Location::new(code, LOCAL_DESCRIPTION)));
        }
        let place = Place::find(&code).ok_or_else(|| Refusal::not_found(format!("location {code} not found")))?;
        let places = if is_old(&code) { Place::fly() } else { Place::aws() };
        let mut location = Location::new(code, place.description);
        for neighbour in place.closest(places, NEIGHBOURS) {
            location.closest.push(Location::new(neighbour.code.try_into()?, neighbour.description));
        }
        Ok(LocationAnswer::new(location))
    }
}

impl Handles<GetClosestRegion> for Answers {
    fn handle(&self, _: GetClosestRegion, _: &mut Context<'_>) -> Result<ClosestRegion, Refusal> {
        Ok(ClosestRegion::new(LOCAL.try_into()?, LOCAL.try_into()?))
    }
}

/// Whether a group can be there. The old platform is no longer listed, and still taken from whoever asks for it.
pub(crate) fn is_known(code: &LocationCode) -> bool {
    code == LOCAL || Place::find(code).is_some()
}

/// A number for each location that stays the same when the service opens another one: the old platform gets no more.
pub(crate) fn number(code: &LocationCode) -> Option<u32> {
    let known = Place::fly().iter().chain(Place::aws()).map(|place| place.code);
    let number = std::iter::once(LOCAL).chain(known).position(|known| code == known)?;
    u32::try_from(number).ok()
}

fn is_old(code: &LocationCode) -> bool {
    Place::fly().iter().any(|place| code == place.code)
}

fn described(places: &[Place]) -> Result<BTreeMap<LocationCode, String>, Refusal> {
    let described = |place: &Place| Ok((place.code.try_into()?, place.description.to_owned()));
    places.iter().map(described).collect()
}
