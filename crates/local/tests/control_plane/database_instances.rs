//! The instances of databases: one for each location of the group.

use serde_json::{Value, json};
use turso_cloud_local::Cloud;

use crate::support::{create_database, get, post};

const INSTANCES: &str = "/v1/organizations/acme/databases/orders/instances";

async fn instances(cloud: &Cloud) -> Vec<Value> {
    let answer = get(cloud, INSTANCES).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["instances"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_database_in_one_location_has_one_primary_instance() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let mut found = instances(&cloud).await;
    assert_eq!(
        found[0]["uuid"].take().as_str().unwrap().split('-').map(str::len).collect::<Vec<_>>(),
        [8, 4, 4, 4, 12]
    );
    let expected = json!({
        "uuid": null, "name": "local", "type": "primary", "region": "local", "hostname": "orders-acme.localhost",
    });
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn every_further_location_is_a_replica_with_an_id_that_stays() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    create_database(&cloud, "events").await;
    let before = instances(&cloud).await;
    post(&cloud, "/v1/organizations/acme/groups/default/locations/aws-eu-west-1", "").await;
    let found = instances(&cloud).await;
    assert_eq!((found.len(), &found[0]), (2, &before[0]));
    assert_eq!(
        [&found[1]["name"], &found[1]["type"], &found[1]["region"]],
        ["aws-eu-west-1", "replica", "aws-eu-west-1"]
    );
    assert_ne!(found[0]["uuid"], found[1]["uuid"]);
    let other = get(&cloud, "/v1/organizations/acme/databases/events/instances").await.json();
    assert_ne!(other["instances"][1]["uuid"], found[1]["uuid"]);
    let one = get(&cloud, &format!("{INSTANCES}/aws-eu-west-1")).await;
    assert_eq!((one.status, one.json()), (200, json!({"instance": found[1]})));
}

#[tokio::test]
async fn an_instance_that_is_there_is_ready() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let answer = get(&cloud, &format!("{INSTANCES}/local/wait")).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    cloud.archive_group("acme", "default").unwrap();
    let refused = get(&cloud, &format!("{INSTANCES}/local/wait")).await;
    assert_eq!(refused.refusal(), (400, "database orders is archived".to_owned()));
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let cloud = Cloud::new().unwrap();
    for path in ["", "/local", "/local/wait"] {
        let refused = get(&cloud, &format!("{INSTANCES}{path}")).await;
        assert_eq!(refused.refusal(), (404, "could not find database with name orders: record not found".to_owned()));
    }
    create_database(&cloud, "orders").await;
    for path in ["aws-eu-west-1", "aws-eu-west-1/wait"] {
        let refused = get(&cloud, &format!("{INSTANCES}/{path}")).await;
        let sentence = "could not find instance aws-eu-west-1 of database orders";
        assert_eq!(refused.refusal(), (404, sentence.to_owned()));
    }
}
