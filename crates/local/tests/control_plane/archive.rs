//! Groups that were archived because nobody used them.

use serde_json::json;
use turso_cloud_local::Cloud;

use crate::support::{audit_log, create_database, get, mint, ok, outcome, post, query};

const GROUP: &str = "/v1/organizations/acme/groups/default";
const WAKE_UP: &str = "/v1/organizations/acme/databases/orders/wakeup";

async fn archived() -> (Cloud, String) {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    create_database(&cloud, "events").await;
    let token = mint(&cloud, &format!("{GROUP}/auth/tokens")).await;
    assert_eq!(outcome(&cloud, "orders-acme", &token, "CREATE TABLE t (a)").await, ok());
    cloud.archive_group("acme", "default").unwrap();
    (cloud, token)
}

#[tokio::test]
async fn an_archived_group_says_so_and_its_databases_answer_no_sql() {
    let (cloud, token) = archived().await;
    assert_eq!(get(&cloud, GROUP).await.json()["group"]["archived"], true);
    let sentence = "BLOCKED: the database is archived, wake it up or unarchive its group";
    let refused = query(&cloud, "orders-acme", &token, "SELECT 1").await;
    assert_eq!(refused.refusal(), (403, sentence.to_owned()));
    assert_eq!(query(&cloud, "orders-acme", "", "SELECT 1").await.status, 401);
    assert_eq!(get(&cloud, "/v1/organizations/acme/databases/orders").await.status, 200);
}

#[tokio::test]
async fn unarchiving_a_group_brings_all_of_it_back() {
    let (cloud, token) = archived().await;
    for _ in 0..2 {
        let answer = post(&cloud, &format!("{GROUP}/unarchive"), "").await;
        assert_eq!((answer.status, answer.json()["group"]["archived"].clone()), (200, json!(false)));
    }
    assert_eq!(outcome(&cloud, "orders-acme", &token, "SELECT * FROM t").await, ok());
    assert_eq!(outcome(&cloud, "events-acme", &token, "SELECT 1").await, ok());
    let log = audit_log(&cloud).await;
    assert_eq!(log[0], ("group-unarchive".to_owned(), json!({"group": "default"})));
    assert_ne!(log[1].0, "group-unarchive");
}

#[tokio::test]
async fn waking_a_database_up_leaves_the_others_asleep() {
    let (cloud, token) = archived().await;
    for _ in 0..2 {
        let answer = post(&cloud, WAKE_UP, "").await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    }
    assert_eq!(outcome(&cloud, "orders-acme", &token, "SELECT * FROM t").await, ok());
    assert_eq!(query(&cloud, "events-acme", &token, "SELECT 1").await.status, 403);
    assert_eq!(get(&cloud, GROUP).await.json()["group"]["archived"], true);
    let log = audit_log(&cloud).await;
    assert_eq!(log[0], ("db-aunrchive".to_owned(), json!({"database": "orders", "group": "default"})));
    assert_ne!(log[1].0, "db-aunrchive");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let cloud = Cloud::new().unwrap();
    let refused = post(&cloud, WAKE_UP, "").await;
    assert_eq!(refused.refusal(), (404, "could not find database with name orders: record not found".to_owned()));
    let refused = post(&cloud, "/v1/organizations/acme/groups/none/unarchive", "").await;
    assert_eq!(refused.refusal(), (404, "group not found".to_owned()));
    assert!(cloud.archive_group("none", "default").is_err());
    assert!(cloud.archive_group("acme", "none").is_err());
}

#[tokio::test]
async fn an_archive_outlives_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Cloud::builder().directory(directory.path()).build().unwrap();
    let cloud = open();
    create_database(&cloud, "orders").await;
    let token = mint(&cloud, &format!("{GROUP}/auth/tokens")).await;
    cloud.archive_group("acme", "default").unwrap();
    drop(cloud);
    let cloud = open();
    assert_eq!(query(&cloud, "orders-acme", &token, "SELECT 1").await.status, 403);
    assert_eq!(get(&cloud, GROUP).await.json()["group"]["archived"], true);
}
