//! The locations of groups.

use serde_json::{Value, json};
use turso_cloud_local::Cloud;

use crate::support::{Answer, audit_log, create_database, delete, get, post};

const LOCATIONS: &str = "/v1/organizations/acme/groups/default/locations";

async fn regions(cloud: &Cloud) -> Value {
    get(cloud, "/v1/organizations/acme/databases/orders").await.json()["database"]["regions"].clone()
}

fn locations(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["group"]["locations"].clone()
}

#[tokio::test]
async fn a_location_is_added_once_and_the_databases_follow() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    for _ in 0..2 {
        let added = post(&cloud, &format!("{LOCATIONS}/aws-eu-west-1"), "").await;
        assert_eq!(locations(&added), json!(["local", "aws-eu-west-1"]));
        assert_eq!(added.json()["group"]["primary"], "local");
    }
    assert_eq!(locations(&post(&cloud, &format!("{LOCATIONS}/local"), "").await), json!(["local", "aws-eu-west-1"]));
    assert_eq!(regions(&cloud).await, json!(["local", "aws-eu-west-1"]));
    let data = json!({"group": "default", "location": "aws-eu-west-1"});
    let log = audit_log(&cloud).await;
    assert_eq!((log.len(), &log[0]), (2, &("instance-create".to_owned(), data)));
}

#[tokio::test]
async fn a_location_is_removed_and_the_databases_follow() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    post(&cloud, &format!("{LOCATIONS}/aws-eu-west-1"), "").await;
    post(&cloud, &format!("{LOCATIONS}/aws-us-east-1"), "").await;
    let removed = delete(&cloud, &format!("{LOCATIONS}/aws-eu-west-1")).await;
    assert_eq!(locations(&removed), json!(["local", "aws-us-east-1"]));
    assert_eq!(regions(&cloud).await, json!(["local", "aws-us-east-1"]));
    let data = json!({"group": "default", "location": "aws-eu-west-1"});
    assert_eq!(audit_log(&cloud).await[0], ("instance-delete".to_owned(), data));
}

#[tokio::test]
async fn neither_the_primary_nor_what_is_not_there_can_be_removed() {
    let cloud = Cloud::new().unwrap();
    for code in ["local", "aws-eu-west-1", "mars"] {
        let refused = delete(&cloud, &format!("{LOCATIONS}/{code}")).await;
        assert_eq!(refused.refusal(), (400, "Invalid location code".to_owned()), "{code}");
    }
}

#[tokio::test]
async fn an_unknown_location_is_refused_by_its_code() {
    let cloud = Cloud::new().unwrap();
    let refused = post(&cloud, &format!("{LOCATIONS}/amss"), "").await;
    assert_eq!(refused.refusal(), (400, "invalid location: amss".to_owned()));
}

#[tokio::test]
async fn a_location_that_is_there_is_ready() {
    let cloud = Cloud::new().unwrap();
    let answer = get(&cloud, &format!("{LOCATIONS}/local/wait")).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    let refused = get(&cloud, &format!("{LOCATIONS}/aws-eu-west-1/wait")).await;
    assert_eq!(refused.refusal(), (400, "Invalid location code".to_owned()));
}

#[tokio::test]
async fn a_location_of_an_archived_group_is_added_and_removed_and_is_not_ready() {
    let cloud = Cloud::new().unwrap();
    cloud.archive_group("acme", "default").unwrap();
    let added = post(&cloud, &format!("{LOCATIONS}/aws-eu-west-1"), "").await;
    assert_eq!(
        (locations(&added), &added.json()["group"]["archived"]),
        (json!(["local", "aws-eu-west-1"]), &json!(true))
    );
    let refused = get(&cloud, &format!("{LOCATIONS}/aws-eu-west-1/wait")).await;
    assert_eq!(refused.refusal(), (400, "group default is archived".to_owned()));
    let unknown = get(&cloud, &format!("{LOCATIONS}/mars/wait")).await;
    assert_eq!(unknown.refusal(), (400, "Invalid location code".to_owned()));
    assert_eq!(locations(&delete(&cloud, &format!("{LOCATIONS}/aws-eu-west-1")).await), json!(["local"]));
    assert_eq!(post(&cloud, "/v1/organizations/acme/groups/default/unarchive", "").await.status, 200);
    assert_eq!(get(&cloud, &format!("{LOCATIONS}/local/wait")).await.status, 200);
}

#[tokio::test]
async fn an_unknown_group_is_not_found() {
    let cloud = Cloud::new().unwrap();
    let path = "/v1/organizations/acme/groups/none/locations/local";
    for answer in [post(&cloud, path, "").await, delete(&cloud, path).await, get(&cloud, &format!("{path}/wait")).await]
    {
        assert_eq!(answer.refusal(), (404, "group not found".to_owned()));
    }
}

#[tokio::test]
async fn locations_outlive_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Cloud::builder().directory(directory.path()).build().unwrap();
    let cloud = open();
    let added = post(&cloud, &format!("{LOCATIONS}/aws-eu-west-1"), "").await.json();
    drop(cloud);
    assert_eq!(get(&open(), "/v1/organizations/acme/groups/default").await.json(), added);
}
