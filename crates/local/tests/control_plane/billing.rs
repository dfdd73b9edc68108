//! Plans, subscription, invoices, usage and who is billed.

use std::time::Duration;

use serde_json::json;
use turso_cloud_local::Cloud;

use crate::support::{create_database, delete, get, mint, outcome, patch, post, put, query};

const ACME: &str = "/v1/organizations/acme";

#[tokio::test]
async fn the_plan_starter_is_the_documented_one() {
    let cloud = Cloud::new().unwrap();
    let plans = get(&cloud, &format!("{ACME}/plans")).await.json();
    let quotas = json!({
        "rowsRead": 1_000_000_000, "rowsWritten": 25_000_000, "databases": 500, "locations": 3,
        "storage": 9_000_000_000_u64, "groups": 1, "bytesSynced": 3_000_000_000_u64,
    });
    let prices = json!([{"value": "0", "timeline": "monthly"}]);
    let starter = json!({"name": "starter", "price": "0", "prices": prices, "quotas": quotas});
    assert_eq!(plans["plans"][0], starter);
    assert_eq!(plans["plans"][2]["quotas"]["databases"], json!(null));
}

#[tokio::test]
async fn the_subscription_is_that_of_the_plan() {
    let cloud = Cloud::builder().with_plan("pro").build().unwrap();
    let expected = json!({"name": "pro", "plan": "pro", "overages": false, "timeline": "monthly"});
    assert_eq!(get(&cloud, &format!("{ACME}/subscription")).await.json(), json!({ "subscription": expected }));
}

#[tokio::test]
async fn there_are_no_invoices_of_any_kind() {
    let cloud = Cloud::new().unwrap();
    for kind in ["", "?type=all", "?type=upcoming", "?type=issued"] {
        assert_eq!(get(&cloud, &format!("{ACME}/invoices{kind}")).await.json(), json!({"invoices": []}), "{kind}");
    }
    assert_eq!(get(&cloud, &format!("{ACME}/invoices?type=lost")).await.status, 400);
}

#[tokio::test]
async fn usage_counts_what_there_is_and_what_was_done() {
    let cloud = Cloud::builder().with_group("eu", "aws-eu-west-1").build().unwrap();
    let created = create_database(&cloud, "orders").await.json();
    let token = post(&cloud, &format!("{ACME}/databases/orders/auth/tokens"), "").await.json();
    let token = token["jwt"].as_str().unwrap();
    query(&cloud, "orders-acme", token, "CREATE TABLE t (x)").await;
    query(&cloud, "orders-acme", token, "INSERT INTO t VALUES (1), (2)").await;
    let usage = get(&cloud, &format!("{ACME}/usage")).await.json()["organization"].clone();
    assert_eq!((&usage["usage"]["groups"], &usage["usage"]["databases"]), (&json!(2), &json!(1)));
    assert_eq!(usage["usage"]["locations"], 2);
    assert!(usage["usage"]["rows_written"].as_u64().unwrap() >= 2, "{usage}");
    assert!(usage["usage"]["storage_bytes"].as_u64().unwrap() > 0, "{usage}");
    let database = &usage["databases"][0];
    assert_eq!(database["uuid"], created["database"]["DbId"]);
    assert_eq!(database["usage"], database["total"]);
    assert_eq!(database["usage"]["rows_written"], usage["usage"]["rows_written"]);
}

#[tokio::test]
async fn the_owner_is_billed_until_somebody_else_is_saved() {
    let cloud = Cloud::new().unwrap();
    let path = format!("{ACME}/billing/customer");
    assert_eq!(get(&cloud, &path).await.json()["email"], "dev@example.com");
    let customer = json!({
        "name": "Acme Ltd", "email": "billing@example.com", "tax_id": {"value": "NO123", "country": "NO"},
        "billing_address": {"line1": "Street 1", "line2": "", "city": "Oslo", "state": "", "postal_code": "0150",
            "country": "NO"},
    });
    let saved = put(&cloud, &path, &customer.to_string()).await;
    assert_eq!((saved.status, saved.text.as_str()), (200, ""));
    assert_eq!(put(&cloud, &path, "not json").await.status, 400);
    assert_eq!(get(&cloud, &path).await.json(), customer);
    let portal = post(&cloud, &format!("{ACME}/billing/portal"), "").await.json();
    assert!(portal["portal"]["url"].as_str().unwrap().starts_with("http://"));
}

#[tokio::test]
async fn a_plan_holds_an_organization_to_its_groups_and_databases() {
    let cloud = Cloud::builder().with_plan("starter").build().unwrap();
    let group = post(&cloud, "/v1/organizations/acme/groups", r#"{"name":"second","location":"lhr"}"#).await;
    assert_eq!(group.refusal(), (403, "organization acme has all 1 groups that plan starter includes".to_owned()));
    for index in 0..500 {
        let body = json!({ "name": format!("db{index}"), "group": "default" }).to_string();
        assert_eq!(post(&cloud, "/v1/organizations/acme/databases", &body).await.status, 200);
    }
    let database = post(&cloud, "/v1/organizations/acme/databases", r#"{"name":"more","group":"default"}"#).await;
    assert_eq!(
        database.refusal(),
        (403, "organization acme has all 500 databases that plan starter includes".to_owned())
    );
    delete(&cloud, "/v1/organizations/acme/databases/db7").await;
    let database = post(&cloud, "/v1/organizations/acme/databases", r#"{"name":"more","group":"default"}"#).await;
    assert_eq!(database.status, 200);
}

#[tokio::test]
async fn rows_beyond_the_plan_are_refused_until_the_month_ends_or_overages_are_billed() {
    let folder = tempfile::tempdir().unwrap();
    let starter = || Cloud::builder().directory(folder.path()).seed(1).with_plan("starter");
    let cloud = starter().build().unwrap();
    create_database(&cloud, "orders").await;
    let token = mint(&cloud, &format!("{ACME}/databases/orders/auth/tokens")).await;
    let run = async |cloud: &Cloud, sql: &str| outcome(cloud, "orders-acme", &token, sql).await.0;
    let blocked = async |cloud: &Cloud| {
        let acme = get(cloud, ACME).await.json()["organization"].clone();
        (acme["blocked_reads"] == true, acme["blocked_writes"] == true)
    };
    assert_eq!((run(&cloud, "CREATE TABLE t (x)").await.as_str(), blocked(&cloud).await), ("ok", (false, false)));

    cloud.add_usage("acme", "orders", 0, 25_000_000).unwrap();
    assert_eq!(run(&cloud, "INSERT INTO t VALUES (1)").await, "error");
    assert_eq!((run(&cloud, "SELECT * FROM t").await.as_str(), blocked(&cloud).await), ("ok", (false, true)));
    cloud.add_usage("acme", "orders", 1_000_000_000, 0).unwrap();
    assert_eq!((run(&cloud, "SELECT * FROM t").await.as_str(), blocked(&cloud).await), ("error", (true, true)));

    patch(&cloud, ACME, r#"{"overages":true}"#).await;
    assert_eq!((run(&cloud, "INSERT INTO t VALUES (1)").await.as_str(), blocked(&cloud).await), ("ok", (false, false)));
    patch(&cloud, ACME, r#"{"overages":false}"#).await;
    drop(cloud);

    let again = starter().build().unwrap();
    assert_eq!((run(&again, "SELECT * FROM t").await.as_str(), blocked(&again).await), ("error", (true, true)));
    again.clock().advance(Duration::from_secs(31 * 86_400));
    assert_eq!((run(&again, "INSERT INTO t VALUES (1)").await.as_str(), blocked(&again).await), ("ok", (false, false)));
}
