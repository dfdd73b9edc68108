//! Locations and the region service.

use http::Request;
use serde_json::json;
use turso_cloud::transport::Body;
use turso_cloud_local::Cloud;

use crate::support::{get, post, send};

#[tokio::test]
async fn locations_are_descriptions_by_code() {
    let cloud = Cloud::new().unwrap();
    let answer = get(&cloud, "/v1/locations").await;
    let expected = json!({"locations": {
        "aws-ap-northeast-1": "AWS AP NorthEast (Tokyo)",
        "aws-ap-south-1": "AWS AP South (Mumbai)",
        "aws-eu-west-1": "AWS EU West (Ireland)",
        "aws-us-east-1": "AWS US East (Virginia)",
        "aws-us-east-2": "AWS US East (Ohio)",
        "aws-us-west-2": "AWS US West (Oregon)",
        "local": "Local",
    }});
    assert_eq!((answer.status, answer.json()), (200, expected));
}

#[tokio::test]
async fn the_closest_region_is_this_machine_and_needs_no_token() {
    let cloud = Cloud::new().unwrap();
    for path in ["/_region", "/_region/"] {
        let answer = send(&cloud, Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"server": "local", "client": "local"})), "{path}");
    }
}

#[tokio::test]
async fn an_organization_is_told_of_the_old_platform_once_it_has_a_group_there() {
    let cloud = Cloud::new().unwrap();
    let path = "/v2/organizations/acme/locations";
    let locations = get(&cloud, path).await.json()["locations"].clone();
    assert_eq!(locations["aws"]["aws-us-east-1"], "AWS US East (Virginia)");
    assert_eq!((&locations["local"]["local"], locations.get("fly")), (&json!("Local"), None));
    let created = post(&cloud, "/v1/organizations/acme/groups", r#"{"name":"old","location":"lhr"}"#).await;
    assert_eq!((created.status, &created.json()["group"]["primary"]), (200, &json!("lhr")));
    let locations = get(&cloud, path).await.json()["locations"].clone();
    assert_eq!(locations["fly"]["lhr"], "London, United Kingdom");
    assert_eq!(locations["fly"].as_object().unwrap().len(), 35);
    assert_eq!(get(&cloud, "/v1/locations").await.json()["locations"].get("lhr"), None);
}

#[tokio::test]
async fn a_location_tells_its_nearest_neighbours() {
    let cloud = Cloud::new().unwrap();
    let ohio = json!({"code": "aws-us-east-2", "description": "AWS US East (Ohio)"});
    let virginia = get(&cloud, "/v1/locations/aws-us-east-1").await.json()["location"].clone();
    assert_eq!((&virginia["code"], &virginia["closest"][0]), (&json!("aws-us-east-1"), &ohio));
    let closest = |answer: serde_json::Value| answer["location"]["closest"][0]["code"].clone();
    for (code, nearest) in [("ams", "fra"), ("syd", "sin"), ("iad", "ewr"), ("aws-ap-northeast-1", "aws-ap-south-1")] {
        assert_eq!(closest(get(&cloud, &format!("/v1/locations/{code}")).await.json()), nearest, "{code}");
    }
    let local = get(&cloud, "/v1/locations/local").await.json();
    assert_eq!(local, json!({"location": {"code": "local", "description": "Local"}}));
    let unknown = get(&cloud, "/v1/locations/mars").await;
    assert_eq!(unknown.refusal(), (404, "location mars not found".to_owned()));
}
