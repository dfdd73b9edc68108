//! Locations and the region service.

use axum::body::Body;
use http::Request;
use serde_json::json;
use turso_cloud_local::Cloud;

use crate::support::{get, send};

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
