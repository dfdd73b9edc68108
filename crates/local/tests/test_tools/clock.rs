//! What follows the clock of the cloud.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use http::Request;
use jiff::Timestamp;
use serde_json::json;
use turso_cloud::transport::Body;
use turso_cloud::{Expiration, NewToken};
use turso_cloud_local::{Clock, Cloud, local_api::UsageToAdd};

use crate::support::{client, create, databases, pipeline, token, value};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn select() -> serde_json::Value {
    json!({"requests": [{"type": "execute", "stmt": {"sql": "SELECT 1"}}, {"type": "close"}]})
}

async fn cloud(plan: &str) -> (Cloud, String) {
    let cloud = Cloud::builder().seed(7).with_plan(plan).build().unwrap();
    create(&cloud, "orders").await;
    let token = token(&cloud, "orders").await;
    (cloud, token)
}

#[tokio::test]
async fn tokens_expire_by_it() {
    let (cloud, _) = cloud("scaler").await;
    let short = NewToken::full_access().expires(Expiration::hours(1));
    let token = client(&cloud).databases().create_token("orders", short).await.unwrap();
    assert_eq!(pipeline(&cloud, "orders", token.expose(), &select()).await.0, 200);
    cloud.clock().advance(Duration::from_secs(3601));
    assert_eq!(pipeline(&cloud, "orders", token.expose(), &select()).await.0, 401);
}

#[tokio::test]
async fn a_group_on_the_starter_plan_is_archived_after_ten_days_without_use() {
    let (cloud, token) = cloud("starter").await;
    cloud.clock().advance(9 * DAY);
    assert_eq!(value(&cloud, "orders", &token, "SELECT 1").await, "1");
    cloud.clock().advance(9 * DAY);
    assert_eq!(value(&cloud, "orders", &token, "SELECT 1").await, "1");
    cloud.clock().advance(10 * DAY);
    let (status, answer) = pipeline(&cloud, "orders", &token, &select()).await;
    assert_eq!(status, 403, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("archived"), "{answer}");
    assert!(client(&cloud).groups().get("default").await.unwrap().archived);

    client(&cloud).groups().unarchive("default").await.unwrap();
    assert_eq!(value(&cloud, "orders", &token, "SELECT 1").await, "1");
    cloud.clock().advance(9 * DAY);
    assert!(!client(&cloud).groups().get("default").await.unwrap().archived);
    cloud.clock().advance(DAY);
    assert!(client(&cloud).groups().get("default").await.unwrap().archived);
}

#[tokio::test]
async fn groups_on_other_plans_are_not_archived() {
    let (cloud, token) = cloud("scaler").await;
    cloud.clock().advance(100 * DAY);
    assert_eq!(value(&cloud, "orders", &token, "SELECT 1").await, "1");
}

#[tokio::test]
async fn a_group_without_a_database_is_not_archived() {
    let cloud = Cloud::builder().seed(7).with_plan("starter").build().unwrap();
    cloud.clock().advance(100 * DAY);
    assert!(!client(&cloud).groups().get("default").await.unwrap().archived);
}

#[tokio::test]
async fn groups_are_archived_though_a_look_at_them_failed() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().seed(7).with_plan("starter").directory(directory.path()).build().unwrap();
    create(&cloud, "orders").await;
    let token = token(&cloud, "orders").await;
    cloud.clock().advance(10 * DAY);
    let state = rusqlite::Connection::open(directory.path().join("control.db")).unwrap();
    state.execute_batch("ALTER TABLE organizations RENAME TO elsewhere").unwrap();
    cloud.handle(Request::get("/_region").body(Body::empty()).unwrap()).await;
    state.execute_batch("ALTER TABLE elsewhere RENAME TO organizations").unwrap();
    assert_eq!(pipeline(&cloud, "orders", &token, &select()).await.0, 403);
}

#[tokio::test]
async fn what_is_kept_of_the_past_ends_a_day_ago_when_the_log_is_long() {
    let (cloud, token) = cloud("scaler").await;
    value(&cloud, "orders", &token, "CREATE TABLE t (x)").await;
    cloud.clock().advance(Duration::from_secs(60));
    let early = cloud.clock().now();
    // Each of these makes the log long enough to end a generation.
    for _ in 0..3 {
        cloud.clock().advance(Duration::from_secs(60));
        value(&cloud, "orders", &token, "INSERT INTO t VALUES (zeroblob(5000000))").await;
    }
    let turso = client(&cloud);
    turso.databases().branch("orders", "before").at(early).await.unwrap();
    cloud.clock().advance(2 * DAY);
    value(&cloud, "orders", &token, "INSERT INTO t VALUES (zeroblob(5000000))").await;
    let refused = turso.databases().branch("orders", "too-early").at(early).await.unwrap_err();
    assert!(refused.to_string().contains("the earliest time"), "{refused}");
}

#[tokio::test]
async fn what_was_deleted_can_be_brought_back_for_five_days() {
    let (cloud, token) = cloud("scaler").await;
    let id = client(&cloud).databases().get("orders").await.unwrap().id;
    let restored = async || {
        client(&cloud).databases().delete("orders").await.unwrap();
        cloud.clock().advance(4 * DAY);
        client(&cloud).recovery().restore_database(id.clone()).await
    };
    restored().await.unwrap();
    assert_eq!(value(&cloud, "orders", &token, "SELECT 1").await, "1");
    client(&cloud).databases().delete("orders").await.unwrap();
    cloud.clock().advance(5 * DAY);
    assert!(client(&cloud).recovery().restore_database(id.clone()).await.unwrap_err().is_not_found());
    assert!(databases(&cloud).await.is_empty());
}

#[tokio::test]
async fn what_a_plan_includes_is_counted_anew_with_the_month() {
    let clock = Clock::frozen_at("2026-01-31T12:00:00Z".parse().unwrap());
    let cloud = Cloud::builder().clock(clock).with_plan("starter").build().unwrap();
    create(&cloud, "orders").await;
    let token = token(&cloud, "orders").await;
    value(&cloud, "orders", &token, "CREATE TABLE t (x)").await;
    cloud.add_usage(&UsageToAdd::new("acme", "orders").rows_written(25_000_000)).unwrap();
    assert!(client(&cloud).organizations().get("acme").await.unwrap().blocked_writes);
    cloud.clock().advance(DAY);
    assert!(!client(&cloud).organizations().get("acme").await.unwrap().blocked_writes);
    value(&cloud, "orders", &token, "INSERT INTO t VALUES (1)").await;
}

async fn deleted(cloud: &Cloud) -> usize {
    client(cloud).recovery().databases().try_collect::<Vec<_>>().await.unwrap().len()
}

#[tokio::test]
async fn what_is_done_at_the_end_of_time_can_be_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Cloud::builder().directory(directory.path()).build().unwrap();
    let cloud = open();
    create(&cloud, "orders").await;
    cloud.clock().set(Timestamp::MAX);
    cloud.clock().advance(DAY);
    client(&cloud).databases().delete("orders").await.unwrap();
    create(&cloud, "later").await;
    assert_eq!(deleted(&cloud).await, 1);
    drop(cloud);
    let cloud = open();
    assert_eq!(databases(&cloud).await.len(), 1);
    assert_eq!(deleted(&cloud).await, 1);
}
