//! Locations: the one nearest to this machine, and all of them by continent.

use turso_cloud::{
    Client, Continent, Location,
    contract::locations::{ClosestRegion, GetClosestRegion, ListLocations, LocationsAnswer},
    mock::Mock,
};

/// A client whose service lists these locations and whose region service names this one.
#[expect(clippy::unwrap_used, reason = "the codes are good")]
fn client(listed: &[&str], named: &str) -> Client {
    let mock = Mock::new();
    let locations = listed.iter().map(|code| (code.parse().unwrap(), format!("Description of {code}"))).collect();
    let region = ClosestRegion::new("iad".parse().unwrap(), named.parse().unwrap());
    mock.on::<ListLocations>(move |_| Ok(LocationsAnswer::new(Clone::clone(&locations))));
    mock.on::<GetClosestRegion>(move |_| Ok(region.clone()));
    mock.client().build().unwrap()
}

const TODAY: [&str; 6] =
    ["aws-ap-northeast-1", "aws-ap-south-1", "aws-eu-west-1", "aws-us-east-1", "aws-us-east-2", "aws-us-west-2"];

#[tokio::test]
async fn the_closest_is_the_one_the_region_service_names_where_it_is_listed() {
    assert_eq!(client(&TODAY, "aws-ap-south-1").locations().closest().await.unwrap().code, "aws-ap-south-1");
    assert_eq!(client(&["lhr", "zrh"], "zrh").locations().closest().await.unwrap().description, "Description of zrh");
}

#[tokio::test]
async fn a_location_can_be_stored_and_read_again() {
    let locations = client(&["lhr", "zrh"], "zrh").locations().list().await.unwrap();
    let stored = serde_json::to_value(&locations).unwrap();
    assert_eq!(stored[1], serde_json::json!({"code": "zrh", "description": "Description of zrh"}));
    assert_eq!(serde_json::from_value::<Vec<Location>>(stored).unwrap(), locations);
}

#[tokio::test]
async fn a_location_of_the_old_platform_leads_to_the_nearest_one_that_is_listed() {
    for (named, closest) in [
        ("lax", "aws-us-west-2"),
        ("ord", "aws-us-east-2"),
        ("bos", "aws-us-east-1"),
        ("gru", "aws-us-east-1"),
        ("fra", "aws-eu-west-1"),
        ("jnb", "aws-ap-south-1"),
        ("syd", "aws-ap-northeast-1"),
    ] {
        assert_eq!(client(&TODAY, named).locations().closest().await.unwrap().code, closest, "{named}");
    }
}

#[tokio::test]
async fn a_location_nobody_knows_is_reported_and_not_guessed() {
    for (listed, named) in [(&TODAY[..], "xyz"), (&["local"], "xyz"), (&["local"], "lax"), (&[], "lax")] {
        let error = client(listed, named).locations().closest().await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert!(error.to_string().contains(&format!("the region service names {named}")), "{error}");
    }
}

#[tokio::test]
async fn locations_are_sorted_by_continent_and_unknown_ones_by_their_beginning() {
    let listed = ["aws-af-south-9", "aws-eu-north-9", "aws-sa-east-9", "lhr", "syd", "moon-1"];
    let sorted = client(&listed, "lhr").locations().by_continent().await.unwrap();
    let codes = |continent| sorted[&continent].iter().map(|location| location.code.as_str()).collect::<Vec<_>>();
    assert_eq!(codes(Continent::Europe), ["aws-eu-north-9", "lhr"]);
    assert_eq!(codes(Continent::Africa), ["aws-af-south-9"]);
    assert_eq!(codes(Continent::SouthAmerica), ["aws-sa-east-9"]);
    assert_eq!(codes(Continent::AsiaPacific), ["syd"]);
    assert_eq!(codes(Continent::Other), ["moon-1"]);
    assert_eq!(sorted.values().map(Vec::len).sum::<usize>(), listed.len());
}
