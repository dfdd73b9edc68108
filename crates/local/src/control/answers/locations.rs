use turso_cloud_contract::{
    LocationCode,
    locations::{ClosestRegion, GetClosestRegion, ListLocations, LocationsAnswer},
};

use super::Answers;
use crate::control::{Context, Handles, Refusal};

/// The location this cloud is really in. Drivers and the official command line speak plain HTTP to it.
const LOCAL: &str = "local";

const LOCATIONS: [(&str, &str); 7] = [
    ("aws-ap-northeast-1", "AWS AP NorthEast (Tokyo)"),
    ("aws-ap-south-1", "AWS AP South (Mumbai)"),
    ("aws-eu-west-1", "AWS EU West (Ireland)"),
    ("aws-us-east-1", "AWS US East (Virginia)"),
    ("aws-us-east-2", "AWS US East (Ohio)"),
    ("aws-us-west-2", "AWS US West (Oregon)"),
    (LOCAL, "Local"),
];

impl Handles<ListLocations> for Answers {
    fn handle(&self, _: ListLocations, _: &mut Context<'_>) -> Result<LocationsAnswer, Refusal> {
        let described = |(code, description): (&str, &str)| Ok((LocationCode::try_from(code)?, description.to_owned()));
        Ok(LocationsAnswer { locations: LOCATIONS.into_iter().map(described).collect::<Result<_, Refusal>>()? })
    }
}

impl Handles<GetClosestRegion> for Answers {
    fn handle(&self, _: GetClosestRegion, _: &mut Context<'_>) -> Result<ClosestRegion, Refusal> {
        Ok(ClosestRegion::new(LOCAL.try_into()?, LOCAL.try_into()?))
    }
}

pub(crate) fn is_known(code: &LocationCode) -> bool {
    LOCATIONS.iter().any(|(known, _)| code == known)
}
