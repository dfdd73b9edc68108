//! What databases used, and the queries that used most.

use std::time::Duration;

use serde_json::{Value, json};
use turso_cloud_local::{Clock, Cloud};

use crate::support::{create_database, get, mint, ok, outcome, post};

const ORDERS: &str = "/v1/organizations/acme/databases/orders";
const USAGE: &str = "/v1/organizations/acme/databases/orders/usage";

const HOUR: Duration = Duration::from_secs(3600);

async fn cloud_with_orders() -> (Cloud, String) {
    let clock = Clock::frozen_at("2026-03-31T22:30:00Z".parse().unwrap());
    let cloud = Cloud::builder().clock(clock).build().unwrap();
    create_database(&cloud, "orders").await;
    let token = mint(&cloud, &format!("{ORDERS}/auth/tokens")).await;
    (cloud, token)
}

async fn run(cloud: &Cloud, token: &str, sql: &str) {
    assert_eq!(outcome(cloud, "orders-acme", token, sql).await, ok(), "{sql}");
}

async fn written(cloud: &Cloud, query: &str) -> u64 {
    let answer = get(cloud, &format!("{USAGE}{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["database"]["usage"]["rows_written"].as_u64().unwrap()
}

#[tokio::test]
async fn a_new_database_has_used_nothing() {
    let (cloud, _) = cloud_with_orders().await;
    let id = get(&cloud, ORDERS).await.json()["database"]["DbId"].clone();
    let instance = get(&cloud, &format!("{ORDERS}/instances/local")).await.json()["instance"]["uuid"].clone();
    let nothing = json!({"rows_read": 0, "rows_written": 0, "storage_bytes": 0, "bytes_synced": 0});
    let expected = json!({"database": {
        "uuid": id, "instances": [{"uuid": instance, "usage": nothing}], "usage": nothing, "total": nothing,
    }});
    let answer = get(&cloud, USAGE).await;
    assert_eq!((answer.status, answer.json()), (200, expected));
}

#[tokio::test]
async fn usage_is_what_statements_really_did_and_belongs_to_the_primary() {
    let (cloud, token) = cloud_with_orders().await;
    post(&cloud, "/v1/organizations/acme/groups/default/locations/aws-eu-west-1", "").await;
    run(&cloud, &token, "CREATE TABLE t (a)").await;
    let created = get(&cloud, USAGE).await.json()["database"]["usage"].clone();
    run(&cloud, &token, "INSERT INTO t VALUES (1), (2), (3)").await;
    run(&cloud, &token, "SELECT * FROM t").await;
    let database = get(&cloud, USAGE).await.json()["database"].clone();
    let more = |key: &str| database["usage"][key].as_u64().unwrap() - created[key].as_u64().unwrap();
    assert_eq!((more("rows_written"), more("rows_read")), (3, 3));
    assert_eq!(database["usage"]["storage_bytes"], 2 * 4096);
    assert_eq!(database["total"], database["usage"]);
    assert_eq!(database["instances"][0]["usage"], database["usage"]);
    assert_eq!(database["instances"][1]["usage"]["rows_written"], 0);
}

#[tokio::test]
async fn usage_is_that_of_the_calendar_month_unless_a_period_is_given() {
    let (cloud, token) = cloud_with_orders().await;
    run(&cloud, &token, "CREATE TABLE t (a)").await;
    let march = written(&cloud, "").await;
    assert!(march > 0);
    cloud.clock().advance(2 * HOUR);
    assert_eq!(written(&cloud, "").await, 0);
    run(&cloud, &token, "INSERT INTO t VALUES (1)").await;
    assert_eq!(written(&cloud, "").await, 1);
    assert_eq!(written(&cloud, "?from=2026-03-01T00:00:00Z").await, march + 1);
    assert_eq!(written(&cloud, "?from=2026-03-01T00:00:00Z&to=2026-03-31T23:59:59Z").await, march);
    assert_eq!(written(&cloud, "?from=2026-04-01T02:00:00%2B02:00&to=2026-04-30T00:00:00Z").await, 1);
    assert_eq!(written(&cloud, "?from=&to=").await, 1);
    assert_eq!(written(&cloud, "?from=2026-05-01T00:00:00Z").await, 0);
}

#[tokio::test]
async fn a_time_that_is_none_is_refused_in_the_documented_words() {
    let (cloud, _) = cloud_with_orders().await;
    let problem = r#"parsing time "2023-12-12T00:00:00" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00""#;
    for name in ["from", "to"] {
        let refused = get(&cloud, &format!("{USAGE}?{name}=2023-12-12T00:00:00")).await;
        assert_eq!(refused.refusal(), (400, format!("invalid {name} parameter: {problem}")));
    }
    let refused = get(&cloud, &format!("{USAGE}/queries?from=2023-12-12T00:00:00")).await;
    assert_eq!(refused.refusal(), (400, format!("invalid from parameter: {problem}")));
    let reversed = get(&cloud, &format!("{USAGE}?from=2026-04-01T00:00:00Z&to=2026-03-01T00:00:00Z")).await;
    assert_eq!(reversed.status, 400);
}

#[tokio::test]
async fn the_queries_that_did_most_come_first() {
    let (cloud, token) = cloud_with_orders().await;
    let stats = async || {
        let answer = get(&cloud, &format!("{ORDERS}/stats")).await;
        assert_eq!(answer.status, 200);
        answer.json()
    };
    assert_eq!(stats().await, json!({"top_queries": []}));
    run(&cloud, &token, "CREATE TABLE t (a)").await;
    run(&cloud, &token, "INSERT INTO t VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9)").await;
    run(&cloud, &token, "  SELECT a FROM t ").await;
    run(&cloud, &token, "SELECT a FROM t").await;
    let top = stats().await;
    assert_eq!(top["top_queries"][0], json!({"query": "SELECT a FROM t", "rows_read": 18, "rows_written": 0}));
    assert!(top["top_queries"][1]["query"].as_str().unwrap().starts_with("INSERT"), "{top}");
    assert_eq!(top["top_queries"][1]["rows_written"], 9);
    let listed = get(&cloud, &format!("{USAGE}/queries")).await;
    assert_eq!((listed.status, listed.json()), (200, top["top_queries"].clone()));
}

#[tokio::test]
async fn queries_are_listed_since_a_time() {
    let (cloud, token) = cloud_with_orders().await;
    run(&cloud, &token, "CREATE TABLE t (a)").await;
    cloud.clock().advance(2 * HOUR);
    run(&cloud, &token, "INSERT INTO t VALUES (1)").await;
    let since = async |from: &str| {
        let listed = get(&cloud, &format!("{USAGE}/queries?from={from}")).await.json();
        listed.as_array().unwrap().len()
    };
    assert_eq!(since("2026-03-31T22:00:00Z").await, 2);
    assert_eq!(since("2026-04-01T00:00:00Z").await, 1);
    assert_eq!(since("2026-04-02T00:00:00Z").await, 0);
}

#[tokio::test]
async fn an_unknown_database_has_no_usage() {
    let cloud = Cloud::new().unwrap();
    for path in ["usage", "usage/queries", "stats"] {
        let refused = get(&cloud, &format!("{ORDERS}/{path}")).await;
        assert_eq!(refused.refusal(), (404, "could not find database with name orders: record not found".to_owned()));
    }
}

#[tokio::test]
async fn usage_outlives_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Cloud::builder().directory(directory.path()).build().unwrap();
    let cloud = open();
    create_database(&cloud, "orders").await;
    let token = mint(&cloud, &format!("{ORDERS}/auth/tokens")).await;
    run(&cloud, &token, "CREATE TABLE t (a)").await;
    let since = "?from=2020-01-01T00:00:00Z";
    let before = get(&cloud, &format!("{USAGE}{since}")).await.json();
    drop(cloud);
    for _ in 0..2 {
        let cloud = open();
        let after: Value = get(&cloud, &format!("{USAGE}{since}")).await.json();
        assert_eq!(after, before);
    }
    let cloud = open();
    run(&cloud, &token, "INSERT INTO t VALUES (1)").await;
    let written_before = before["database"]["usage"]["rows_written"].as_u64().unwrap();
    assert_eq!(written(&cloud, since).await, written_before + 1);
}

#[tokio::test]
async fn what_a_database_stores_is_not_said_to_be_nothing_when_its_file_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Cloud::builder().directory(directory.path()).build().unwrap();
    let cloud = open();
    create_database(&cloud, "orders").await;
    let id = get(&cloud, ORDERS).await.json()["database"]["DbId"].as_str().unwrap().to_owned();
    let token = mint(&cloud, &format!("{ORDERS}/auth/tokens")).await;
    run(&cloud, &token, "CREATE TABLE t (a)").await;
    drop(cloud);
    // Its log goes too, for the pages could be read there.
    for (suffix, content) in [("", &[7; 8192][..]), ("-wal", &[])] {
        std::fs::write(directory.path().join(format!("databases/{id}.db{suffix}")), content).unwrap();
    }

    let cloud = open();
    assert_eq!(get(&cloud, USAGE).await.json()["database"]["total"]["storage_bytes"], 8192);
    let organization = get(&cloud, "/v1/organizations/acme/usage").await.json();
    assert_eq!(organization["organization"]["usage"]["storage_bytes"], 8192, "{organization}");
}
