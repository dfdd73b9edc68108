//! Groups and databases that move to another organization.

use serde_json::json;
use turso_cloud_local::Cloud;

use crate::support::{ACME, DEV, SEED, create_database, delete, get, mint, ok, outcome, patch, post, query};

const GROUP: &str = "/v1/organizations/acme/groups/default";
const DATABASE: &str = "/v1/organizations/acme/databases/orders";

/// `acme` with a group `default` and the database `orders`, and `dev` without the group of that name.
async fn cloud() -> Cloud {
    let cloud = Cloud::builder().seed(SEED).build().unwrap();
    create_database(&cloud, "orders").await;
    post(&cloud, "/v1/organizations/dev/groups/default/rename", r#"{"name":"home"}"#).await;
    cloud
}

async fn transfer_group(cloud: &Cloud, to: &str) -> crate::support::Answer {
    post(cloud, &format!("{GROUP}/transfer"), &format!(r#"{{"organization":"{to}"}}"#)).await
}

async fn transfer_database(cloud: &Cloud, to: &str) -> crate::support::Answer {
    post(cloud, &format!("{DATABASE}/transfer"), &format!(r#"{{"org":"{to}"}}"#)).await
}

#[tokio::test]
async fn a_group_moves_with_its_databases_and_keeps_ids_and_tokens() {
    let cloud = cloud().await;
    let (group, database) = (get(&cloud, GROUP).await.json(), get(&cloud, DATABASE).await.json());
    let of_group = mint(&cloud, &format!("{GROUP}/auth/tokens")).await;
    let of_database = mint(&cloud, &format!("{DATABASE}/auth/tokens")).await;
    let answer = transfer_group(&cloud, "dev").await;
    // The bare group, without an envelope.
    assert_eq!((answer.status, answer.json()), (200, group["group"].clone()));
    assert_eq!((get(&cloud, GROUP).await.status, get(&cloud, DATABASE).await.status), (404, 404));
    let moved = get(&cloud, "/v1/organizations/dev/databases/orders").await.json();
    let mut expected = database;
    expected["database"]["Hostname"] = json!("orders-dev.localhost");
    assert_eq!(moved, expected);
    for token in [&of_group, &of_database] {
        assert_eq!(outcome(&cloud, "orders-dev", token, "SELECT 1").await, ok());
        assert_eq!(query(&cloud, "orders-acme", token, "SELECT 1").await.status, 404);
    }
}

#[tokio::test]
async fn a_group_that_is_protected_from_deletion_moves_and_stays_so() {
    let cloud = cloud().await;
    patch(&cloud, &format!("{GROUP}/configuration"), r#"{"delete_protection":true}"#).await;
    let moved = transfer_group(&cloud, "dev").await;
    assert_eq!((moved.status, &moved.json()["delete_protection"]), (200, &json!(true)));
    assert_eq!(delete(&cloud, "/v1/organizations/dev/groups/default").await.status, 403);
}

#[tokio::test]
async fn what_was_deleted_moves_with_its_group_and_comes_back_only_there() {
    let cloud = cloud().await;
    let id = get(&cloud, DATABASE).await.json()["database"]["DbId"].as_str().unwrap().to_owned();
    let token = mint(&cloud, &format!("{DATABASE}/auth/tokens")).await;
    delete(&cloud, DATABASE).await;
    assert_eq!(transfer_group(&cloud, "dev").await.status, 200);
    assert_eq!(get(&cloud, &format!("{ACME}/databases?deleted=true")).await.json()["databases"], json!([]));
    assert_eq!(post(&cloud, &format!("{ACME}/databases/{id}/restore"), "").await.status, 404);
    let listed = get(&cloud, &format!("{DEV}/databases?deleted=true")).await.json();
    assert_eq!(listed["databases"][0]["DbId"], json!(id));
    let restored = post(&cloud, &format!("{DEV}/databases/{id}/restore"), "").await;
    assert_eq!((restored.status, &restored.json()["database"]["Hostname"]), (200, &json!("orders-dev.localhost")));
    assert_eq!(outcome(&cloud, "orders-dev", &token, "SELECT 1").await, ok());
}

#[tokio::test]
async fn a_group_does_not_move_where_its_name_or_one_of_its_databases_is_taken() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    assert_eq!(transfer_group(&cloud, "dev").await.refusal(), (409, "group already exists".to_owned()));
    post(&cloud, "/v1/organizations/dev/groups/default/rename", r#"{"name":"home"}"#).await;
    post(&cloud, "/v1/organizations/dev/databases", r#"{"name":"orders","group":"home"}"#).await;
    let refused = transfer_group(&cloud, "dev").await;
    assert_eq!(refused.refusal(), (409, "database with name orders already exists".to_owned()));
    assert_eq!((get(&cloud, GROUP).await.status, get(&cloud, DATABASE).await.status), (200, 200));
}

#[tokio::test]
async fn what_moves_nowhere_is_refused() {
    let cloud = cloud().await;
    for (to, status, sentence) in
        [("none", 404, "organization none not found"), ("acme", 400, "it belongs to organization acme already")]
    {
        assert_eq!(transfer_group(&cloud, to).await.refusal(), (status, sentence.to_owned()));
        assert_eq!(transfer_database(&cloud, to).await.refusal(), (status, sentence.to_owned()));
    }
    assert_eq!(transfer_group(&cloud, "a/b").await.status, 400);
    assert_eq!(post(&cloud, &format!("{GROUP}/transfer"), "{}").await.status, 400);
    assert_eq!(post(&cloud, &format!("{DATABASE}/transfer"), "").await.status, 400);
    let refused = post(&cloud, "/v1/organizations/acme/groups/none/transfer", r#"{"organization":"dev"}"#).await;
    assert_eq!(refused.refusal(), (404, "group not found".to_owned()));
    let refused = post(&cloud, "/v1/organizations/acme/databases/none/transfer", r#"{"org":"dev"}"#).await;
    assert_eq!(refused.refusal(), (404, "could not find database with name none: record not found".to_owned()));
}

#[tokio::test]
async fn a_database_moves_into_the_group_of_the_same_name_or_else_the_oldest() {
    for (younger, group) in [("default", "default"), ("other", "home")] {
        let cloud = cloud().await;
        let younger = format!(r#"{{"name":"{younger}","location":"local"}}"#);
        assert_eq!(post(&cloud, "/v1/organizations/dev/groups", &younger).await.status, 200);
        let id = get(&cloud, DATABASE).await.json()["database"]["DbId"].clone();
        let answer = transfer_database(&cloud, "dev").await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
        let moved = get(&cloud, "/v1/organizations/dev/databases/orders").await.json();
        assert_eq!((&moved["database"]["DbId"], &moved["database"]["group"]), (&id, &json!(group)));
        assert_eq!(get(&cloud, DATABASE).await.status, 404);
    }
}

#[tokio::test]
async fn a_database_that_moves_keeps_its_rows_and_loses_its_tokens() {
    let cloud = cloud().await;
    let token = mint(&cloud, &format!("{DATABASE}/auth/tokens")).await;
    assert_eq!(outcome(&cloud, "orders-acme", &token, "CREATE TABLE t (a)").await, ok());
    transfer_database(&cloud, "dev").await;
    let sentence = "Unauthorized: `invalid JWT token: can't be decoded with any of the existin keys`";
    assert_eq!(query(&cloud, "orders-dev", &token, "SELECT 1").await.refusal(), (401, sentence.to_owned()));
    let token = mint(&cloud, "/v1/organizations/dev/databases/orders/auth/tokens").await;
    assert_eq!(outcome(&cloud, "orders-dev", &token, "SELECT * FROM t").await, ok());
}

#[tokio::test]
async fn a_database_does_not_move_where_its_name_is_taken_or_there_is_no_group() {
    let cloud = cloud().await;
    post(&cloud, "/v1/organizations/dev/databases", r#"{"name":"orders","group":"home"}"#).await;
    let refused = transfer_database(&cloud, "dev").await;
    assert_eq!(refused.refusal(), (409, "database with name orders already exists".to_owned()));
    delete(&cloud, "/v1/organizations/dev/groups/home").await;
    assert_eq!(transfer_database(&cloud, "dev").await.refusal(), (400, "organization dev has no group".to_owned()));
}
