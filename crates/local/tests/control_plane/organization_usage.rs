//! What an organization has used this month, which its plan is held against.

use std::time::Duration;

use serde_json::{Value, json};
use turso_cloud_local::{Clock, Cloud, local_api::UsageToAdd};

use crate::support::{create_database, delete, get, post};

const ACME: &str = "/v1/organizations/acme";

const DAY: Duration = Duration::from_secs(86_400);

/// A cloud whose month is as old as it can be told to be, with more rows read than `starter` includes.
async fn used_up(clock: &Clock) -> Cloud {
    let cloud = Cloud::builder().clock(clock.clone()).with_plan("starter").build().unwrap();
    create_database(&cloud, "orders").await;
    read(&cloud, "orders", 2_000_000_000);
    cloud
}

fn first_of_march() -> Clock {
    Clock::frozen_at("2026-03-01T00:00:00Z".parse().unwrap())
}

fn read(cloud: &Cloud, database: &str, rows: u64) {
    cloud.add_usage(&UsageToAdd::new("acme", database).rows_read(rows)).unwrap();
}

/// The rows that were read, of all there was and of each database that is there; and whether no more may be read.
async fn told(cloud: &Cloud) -> (Value, Vec<Value>, Value) {
    let usage = get(cloud, &format!("{ACME}/usage")).await.json()["organization"].clone();
    let databases = usage["databases"].as_array().unwrap().iter();
    let of_each = databases.map(|database| database["usage"]["rows_read"].clone()).collect();
    let acme = get(cloud, ACME).await.json()["organization"].clone();
    (usage["usage"]["rows_read"].clone(), of_each, acme["blocked_reads"].clone())
}

#[tokio::test]
async fn what_a_deleted_database_has_used_counts_until_the_month_ends() {
    let clock = first_of_march();
    let cloud = used_up(&clock).await;
    assert_eq!(delete(&cloud, &format!("{ACME}/databases/orders")).await.status, 200);
    assert_eq!(told(&cloud).await, (json!(2_000_000_000), vec![], json!(true)));
    // Gone for good by then.
    clock.advance(10 * DAY);
    create_database(&cloud, "others").await;
    read(&cloud, "others", 5);
    assert_eq!(told(&cloud).await, (json!(2_000_000_005), vec![json!(5)], json!(true)));
    clock.advance(22 * DAY);
    assert_eq!(told(&cloud).await, (json!(0), vec![json!(0)], json!(false)));
}

#[tokio::test]
async fn what_a_deleted_database_has_used_outlives_the_process_and_is_in_a_snapshot() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), first_of_march());
    let open = || Cloud::builder().directory(folder.path()).clock(clock.clone()).with_plan("starter").build().unwrap();
    let cloud = open();
    create_database(&cloud, "orders").await;
    read(&cloud, "orders", 2_000_000_000);
    delete(&cloud, &format!("{ACME}/databases/orders")).await;
    clock.advance(6 * DAY);
    create_database(&cloud, "others").await;
    let used = (json!(2_000_000_000), vec![json!(0)], json!(true));
    assert_eq!(told(&cloud).await, used);
    cloud.snapshot("used-up").await.unwrap();
    drop(cloud);

    for _ in 0..2 {
        let cloud = open();
        assert_eq!(told(&cloud).await, used);
        read(&cloud, "others", 1);
        cloud.restore("used-up").await.unwrap();
        assert_eq!(told(&cloud).await, used);
    }
    assert_eq!(told(&open().fork().await.unwrap()).await, used);
}

#[tokio::test]
async fn what_was_used_counts_for_the_organization_that_a_database_belonged_to_then() {
    let clock = first_of_march();
    let cloud = used_up(&clock).await;
    assert_eq!(post(&cloud, &format!("{ACME}/databases/orders/transfer"), r#"{"org":"dev"}"#).await.status, 200);
    assert_eq!(told(&cloud).await, (json!(2_000_000_000), vec![], json!(true)));
    let dev = get(&cloud, "/v1/organizations/dev/usage").await.json()["organization"].clone();
    assert_eq!(dev["usage"]["rows_read"], 0);
    assert_eq!(dev["databases"][0]["usage"]["rows_read"], 2_000_000_000_u64, "what a database did is its own");
}

#[tokio::test]
async fn each_month_is_counted_by_itself_wherever_the_clock_is_set() {
    let clock = first_of_march();
    let cloud = used_up(&clock).await;
    let march = clock.now();
    clock.advance(31 * DAY);
    read(&cloud, "orders", 7);
    assert_eq!(told(&cloud).await.0, json!(7));
    clock.set(march);
    assert_eq!(told(&cloud).await, (json!(2_000_000_000), vec![json!(2_000_000_000)], json!(true)));
    clock.advance(31 * DAY);
    assert_eq!(told(&cloud).await, (json!(7), vec![json!(7)], json!(false)));
}
