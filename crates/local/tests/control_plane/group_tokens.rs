//! Tokens of groups.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use turso_cloud_local::{Clock, Cloud};

use crate::support::{ACME, SEED, audit_log, create_database, delete, get, mint, ok, outcome, post, query};

const TOKENS: &str = "/v1/organizations/acme/groups/default/auth/tokens";
const ROTATE: &str = "/v1/organizations/acme/groups/default/auth/rotate";

/// What a token is told that a rotation has ended.
const ENDED: &str = "Unauthorized: `invalid JWT token: role was invalidated after token was issued`";

/// 2026-05-04T10:11:12Z
const NOW: i64 = 1_777_889_472;

fn cloud() -> Cloud {
    Cloud::builder().clock(Clock::frozen_at(jiff::Timestamp::from_second(NOW).unwrap())).build().unwrap()
}

fn claims(token: &str) -> Value {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[tokio::test]
async fn a_token_carries_the_claims_of_its_group() {
    let cloud = cloud();
    let group = get(&cloud, "/v1/organizations/acme/groups/default").await.json()["group"]["uuid"].clone();
    let mut read = claims(&mint(&cloud, &format!("{TOKENS}?expiration=3d&authorization=read-only")).await);
    let mut full = claims(&mint(&cloud, TOKENS).await);
    assert_eq!(full["rid"].take(), read["rid"].take());
    assert_eq!(full, json!({"a": "rw", "gid": group, "iat": NOW, "rid": null}));
    assert_eq!(read, json!({"a": "ro", "exp": NOW + 259_200, "gid": group, "iat": NOW, "rid": null}));
    assert_eq!(audit_log(&cloud).await[0], ("group-token-create".to_owned(), json!({"group": "default"})));
}

#[tokio::test]
async fn a_token_opens_every_database_of_its_group_and_no_other() {
    let cloud = Cloud::builder().with_group("eu", "local").build().unwrap();
    create_database(&cloud, "orders").await;
    let token = mint(&cloud, TOKENS).await;
    create_database(&cloud, "later").await;
    post(&cloud, "/v1/organizations/acme/databases", r#"{"name":"far","group":"eu"}"#).await;
    for database in ["orders-acme", "later-acme"] {
        assert_eq!(outcome(&cloud, database, &token, "CREATE TABLE t (a)").await, ok(), "{database}");
    }
    assert_eq!(query(&cloud, "far-acme", &token, "SELECT 1").await.status, 401);
    let read_only = mint(&cloud, &format!("{TOKENS}?authorization=read-only")).await;
    assert_eq!(outcome(&cloud, "orders-acme", &read_only, "SELECT * FROM t").await, ok());
    assert_eq!(query(&cloud, "orders-acme", &read_only, "INSERT INTO t VALUES (1)").await.status, 403);
}

#[tokio::test]
async fn a_token_ends_when_it_expires() {
    let cloud = cloud();
    create_database(&cloud, "orders").await;
    let token = mint(&cloud, &format!("{TOKENS}?expiration=1h")).await;
    assert_eq!(outcome(&cloud, "orders-acme", &token, "SELECT 1").await, ok());
    cloud.clock().advance(Duration::from_secs(3600));
    assert_eq!(query(&cloud, "orders-acme", &token, "SELECT 1").await.status, 401);
}

#[tokio::test]
async fn a_rotation_ends_the_tokens_of_the_group_and_of_its_databases_and_no_others() {
    let cloud = Cloud::builder().with_group("eu", "local").build().unwrap();
    create_database(&cloud, "orders").await;
    post(&cloud, "/v1/organizations/acme/databases", r#"{"name":"far","group":"eu"}"#).await;
    let of_database = mint(&cloud, "/v1/organizations/acme/databases/orders/auth/tokens").await;
    let of_group = mint(&cloud, TOKENS).await;
    let of_other = mint(&cloud, "/v1/organizations/acme/groups/eu/auth/tokens").await;
    let rotated = post(&cloud, ROTATE, "").await;
    assert_eq!((rotated.status, rotated.text.as_str()), (200, ""));
    for token in [of_database, of_group] {
        assert_eq!(query(&cloud, "orders-acme", &token, "SELECT 1").await.refusal(), (401, ENDED.to_owned()));
    }
    assert_eq!(outcome(&cloud, "far-acme", &of_other, "SELECT 1").await, ok());
    let new = mint(&cloud, TOKENS).await;
    assert_eq!(outcome(&cloud, "orders-acme", &new, "SELECT 1").await, ok());
}

#[tokio::test]
async fn a_rotation_ends_the_tokens_of_a_deleted_database_too() {
    let cloud = Cloud::builder().seed(SEED).build().unwrap();
    let id = create_database(&cloud, "orders").await.json()["database"]["DbId"].as_str().unwrap().to_owned();
    let token = mint(&cloud, "/v1/organizations/acme/databases/orders/auth/tokens").await;
    delete(&cloud, "/v1/organizations/acme/databases/orders").await;
    post(&cloud, ROTATE, "").await;
    assert_eq!(post(&cloud, &format!("{ACME}/databases/{id}/restore"), "").await.status, 200);
    assert_eq!(query(&cloud, "orders-acme", &token, "SELECT 1").await.refusal(), (401, ENDED.to_owned()));
}

#[tokio::test]
async fn a_rotation_of_a_database_leaves_the_tokens_of_its_group() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let token = mint(&cloud, TOKENS).await;
    post(&cloud, "/v1/organizations/acme/databases/orders/auth/rotate", "").await;
    assert_eq!(outcome(&cloud, "orders-acme", &token, "SELECT 1").await, ok());
}

#[tokio::test]
async fn what_cannot_be_minted_is_refused() {
    let cloud = Cloud::new().unwrap();
    let refused = post(&cloud, &format!("{TOKENS}?expiration=soon"), "").await;
    assert_eq!(refused.refusal(), (400, "Invalid expiration format".to_owned()));
    assert_eq!(post(&cloud, &format!("{TOKENS}?authorization=everything"), "").await.status, 400);
    for path in ["tokens", "rotate"] {
        let refused = post(&cloud, &format!("/v1/organizations/acme/groups/none/auth/{path}"), "").await;
        assert_eq!(refused.refusal(), (404, "group not found".to_owned()));
    }
}
