//! Databases that begin as a copy of another one. The ids of a seeded cloud are known, and its clock stands still.

use std::time::Duration;

use serde_json::{Value, json};
use turso_cloud_local::Cloud;

use crate::support::{ACME, SEED, create_database, delete, get, post, query};

const DATABASES: &str = "/v1/organizations/acme/databases";

fn cloud() -> Cloud {
    Cloud::builder().seed(SEED).build().unwrap()
}

async fn token(cloud: &Cloud, name: &str) -> String {
    let minted = post(cloud, &format!("{DATABASES}/{name}/auth/tokens"), "").await.json();
    minted["jwt"].as_str().unwrap().to_owned()
}

/// The only value of the answer to a statement.
async fn value(cloud: &Cloud, name: &str, sql: &str) -> Value {
    let answer = query(cloud, &format!("{name}-acme"), &token(cloud, name).await, sql).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["results"][0]["type"], "ok", "{}", answer.text);
    answer.json()["results"][0]["response"]["result"]["rows"][0][0]["value"].clone()
}

async fn create_orders(cloud: &Cloud) -> Value {
    let id = create_database(cloud, "orders").await.json()["database"]["DbId"].clone();
    for sql in ["CREATE TABLE t (x)", "INSERT INTO t (rowid, x) VALUES (5, 7)"] {
        value(cloud, "orders", sql).await;
    }
    id
}

#[tokio::test]
async fn a_copy_has_the_rows_of_its_original_and_goes_its_own_way() {
    let cloud = cloud();
    let id = create_orders(&cloud).await;
    for (copy, key) in [("copy", "name"), ("branch", "value")] {
        let body = json!({"name": copy, "group": "default", "seed": {"type": "database", key: "orders"}}).to_string();
        let created = post(&cloud, DATABASES, &body).await;
        assert_eq!(
            (created.status, created.json()["database"]["Name"].as_str()),
            (200, Some(copy)),
            "{}",
            created.text
        );
        let got = get(&cloud, &format!("{DATABASES}/{copy}")).await.json();
        let parent = json!({"id": id, "name": "orders", "branched_at": "2026-01-01T00:00:00Z"});
        assert_eq!(got["database"]["parent"], parent);
        assert_eq!(value(&cloud, copy, "SELECT x FROM t WHERE rowid = 5").await, "7");
        value(&cloud, copy, "UPDATE t SET x = 8").await;
        assert_eq!(value(&cloud, copy, "PRAGMA journal_mode").await, "wal");
    }
    assert_eq!(value(&cloud, "orders", "SELECT x FROM t").await, "7");
    let branches = get(&cloud, &format!("{ACME}/databases?parent_db_id={}", id.as_str().unwrap())).await.json();
    assert_eq!(branches["databases"].as_array().unwrap().len(), 2);
    assert_eq!(delete(&cloud, &format!("{DATABASES}/orders")).await.status, 200);
    assert_eq!(value(&cloud, "copy", "SELECT x FROM t").await, "8");
}

#[tokio::test]
async fn a_copy_sees_what_was_committed_while_another_transaction_is_open() {
    let cloud = cloud();
    create_orders(&cloud).await;
    let body = json!({"requests": [
        {"type": "execute", "stmt": {"sql": "BEGIN IMMEDIATE"}},
        {"type": "execute", "stmt": {"sql": "UPDATE t SET x = 9"}},
    ]});
    let open = http::Request::post("/db/orders-acme/v2/pipeline")
        .header("authorization", format!("Bearer {}", token(&cloud, "orders").await))
        .body(body.to_string().into());
    assert_eq!(crate::support::send(&cloud, open.unwrap()).await.status, 200);
    let body = r#"{"name":"copy","group":"default","seed":{"type":"database","name":"orders"}}"#;
    assert_eq!(post(&cloud, DATABASES, body).await.status, 200);
    assert_eq!(value(&cloud, "copy", "SELECT x FROM t").await, "7");
}

#[tokio::test]
async fn a_copy_of_a_database_that_was_never_used_is_empty() {
    let cloud = cloud();
    create_database(&cloud, "orders").await;
    let body = r#"{"name":"copy","group":"default","seed":{"type":"database","name":"orders"}}"#;
    assert_eq!(post(&cloud, DATABASES, body).await.status, 200);
    assert_eq!(value(&cloud, "copy", "SELECT count(*) FROM sqlite_schema").await, "0");
}

#[tokio::test]
async fn a_copy_without_a_group_stays_in_that_of_its_original() {
    let cloud = cloud();
    post(&cloud, "/v1/organizations/acme/groups", r#"{"name":"eu","location":"aws-eu-west-1"}"#).await;
    post(&cloud, DATABASES, r#"{"name":"orders","group":"eu"}"#).await;
    let body = r#"{"name":"copy","seed":{"type":"database","value":"orders"}}"#;
    let created = post(&cloud, &format!("{ACME}/databases"), body).await;
    assert_eq!(created.status, 200, "{}", created.text);
    assert_eq!(get(&cloud, &format!("{DATABASES}/copy")).await.json()["database"]["group"], "eu");
}

#[tokio::test]
async fn an_original_is_named_once() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let body = r#"{"name":"copy","group":"default","seed":{"type":"database","name":"orders","value":"orders"}}"#;
    let refused = post(&cloud, DATABASES, body).await;
    assert_eq!(refused.refusal(), (400, "duplicate field `name`".to_owned()));
}

#[tokio::test]
async fn a_copy_needs_an_original_of_the_same_organization() {
    let cloud = cloud();
    create_orders(&cloud).await;
    let body = r#"{"name":"copy","group":"default","seed":{"type":"database","name":"orders"}}"#;
    let refused = post(&cloud, "/v1/organizations/dev/databases", body).await;
    assert_eq!(refused.refusal(), (404, "could not find database with name orders: record not found".to_owned()));
    let older_than_the_rule = body.replace("orders", "Old_Orders");
    let refused = post(&cloud, DATABASES, &older_than_the_rule).await;
    assert_eq!(refused.refusal(), (404, "could not find database with name Old_Orders: record not found".to_owned()));
}

/// `orders` with 1 from 00:00, 11 from 01:00, 111 from 02:00.
async fn create_orders_over_time(cloud: &Cloud) -> Value {
    let id = create_database(cloud, "orders").await.json()["database"]["DbId"].clone();
    value(cloud, "orders", "CREATE TABLE t (x)").await;
    for amount in [1, 10, 100] {
        value(cloud, "orders", &format!("INSERT INTO t VALUES ({amount})")).await;
        cloud.clock().advance(Duration::from_secs(3600));
    }
    id
}

fn at(timestamp: &str, copy: &str, key: &str) -> String {
    let seed = json!({"type": "database", key: "orders", "timestamp": timestamp});
    json!({"name": copy, "group": "default", "seed": seed}).to_string()
}

#[tokio::test]
async fn a_database_can_be_what_another_one_was_at_a_time() {
    let cloud = cloud();
    let id = create_orders_over_time(&cloud).await;
    for (index, (timestamp, sum)) in [
        ("2026-01-01T00:59:59Z", "1"),
        ("2026-01-01T01:00:00Z", "11"),
        ("2026-01-01T03:30:00.123456789+02:00", "11"),
        ("2026-01-01T02:30:00Z", "111"),
        ("2030-01-01T00:00:00Z", "111"),
    ]
    .into_iter()
    .enumerate()
    {
        let (copy, key) = (format!("copy-{index}"), if index % 2 == 0 { "name" } else { "value" });
        let created = post(&cloud, DATABASES, &at(timestamp, &copy, key)).await;
        assert_eq!(created.status, 200, "{timestamp}: {}", created.text);
        assert_eq!(value(&cloud, &copy, "SELECT sum(x) FROM t").await, sum, "{timestamp}");
        let got = get(&cloud, &format!("{DATABASES}/{copy}")).await.json();
        let parent = json!({"id": id, "name": "orders", "branched_at": "2026-01-01T03:00:00Z"});
        assert_eq!(got["database"]["parent"], parent);
    }
    let body = r#"{"name":"third","seed":{"type":"database","name":"orders","timestamp":"2026-01-01T00:30:00Z"}}"#;
    let created = post(&cloud, &format!("{ACME}/databases"), body).await;
    assert_eq!(created.status, 200, "{}", created.text);
    assert_eq!(value(&cloud, "third", "SELECT sum(x) FROM t").await, "1");
    assert_eq!(value(&cloud, "orders", "SELECT sum(x) FROM t").await, "111");
}

#[tokio::test]
async fn a_time_before_the_original_or_that_is_none_is_refused_and_nothing_is_created() {
    let cloud = cloud();
    create_orders_over_time(&cloud).await;
    let refused = post(&cloud, DATABASES, &at("2025-12-31T23:59:59Z", "copy", "name")).await;
    let reason = "invalid seed.timestamp 2025-12-31T23:59:59Z: the earliest time database orders can be restored to is \
                  2026-01-01T00:00:00Z";
    assert_eq!(refused.refusal(), (400, reason.to_owned()));
    for timestamp in ["yesterday", "2026-01-01", "", "2026-13-01T00:00:00Z"] {
        let refused = post(&cloud, DATABASES, &at(timestamp, "copy", "name")).await;
        assert_eq!(refused.status, 400, "{timestamp:?}");
        let field = format!("invalid seed.timestamp {timestamp:?}: ");
        assert!(refused.error().contains(&field), "{timestamp:?}: {}", refused.error());
    }
    assert_eq!(get(&cloud, &format!("{DATABASES}/copy")).await.status, 404);
}

#[tokio::test]
async fn a_time_whose_past_is_damaged_is_refused_and_no_other_is() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().seed(SEED).directory(directory.path()).build().unwrap();
    let id = create_orders_over_time(&cloud).await;
    let history = directory.path().join(format!("databases/{}.db-history", id.as_str().unwrap()));
    let ledger = std::fs::read_dir(history).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&ledger).unwrap();
    // The last record but one is of 01:00.
    let at_record = bytes.len() - 2 * 16;
    bytes[at_record + 9] ^= 1;
    std::fs::write(&ledger, bytes).unwrap();

    let refused = post(&cloud, DATABASES, &at("2026-01-01T01:30:00Z", "copy", "name")).await;
    let reason = "the past of database orders is damaged: what it was at 2026-01-01T01:30:00Z cannot be restored";
    assert_eq!(refused.refusal(), (500, reason.to_owned()));
    assert_eq!(get(&cloud, &format!("{DATABASES}/copy")).await.status, 404);
    let created = post(&cloud, DATABASES, &at("2026-01-01T02:30:00Z", "copy", "name")).await;
    assert_eq!(created.status, 200, "{}", created.text);
    assert_eq!(value(&cloud, "copy", "SELECT sum(x) FROM t").await, "111");
}

#[tokio::test]
async fn a_branch_of_a_file_that_cannot_be_opened_is_told_of_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().seed(SEED).directory(directory.path()).build().unwrap();
    let id = create_orders(&cloud).await;
    let file = directory.path().join(format!("databases/{}.db", id.as_str().unwrap()));
    std::fs::rename(&file, file.with_extension("aside")).unwrap();
    std::fs::create_dir(&file).unwrap();
    let seed = json!({"type": "database", "name": "orders"});
    let body = json!({"name": "copy", "group": "default", "seed": seed}).to_string();
    let refused = post(&cloud, DATABASES, &body).await;
    assert_eq!(refused.status, 500);
    assert!(refused.error().contains("cannot write to its disk"), "{}", refused.text);
}

#[tokio::test]
async fn a_branch_has_no_past_of_its_own() {
    let cloud = cloud();
    create_orders_over_time(&cloud).await;
    post(&cloud, DATABASES, r#"{"name":"copy","group":"default","seed":{"type":"database","name":"orders"}}"#).await;
    let body = at("2026-01-01T01:00:00Z", "second", "name").replace("orders", "copy");
    let refused = post(&cloud, DATABASES, &body).await;
    assert_eq!(refused.status, 400);
    assert!(refused.error().ends_with("2026-01-01T03:00:00Z"), "{}", refused.error());
}

#[tokio::test]
async fn the_plan_says_how_far_back_a_database_can_be_restored() {
    for (plan, days) in [("starter", 1), ("developer", 10), ("scaler", 30), ("pro", 90)] {
        let cloud = Cloud::builder().seed(SEED).with_plan(plan).build().unwrap();
        create_orders_over_time(&cloud).await;
        cloud.clock().set("2026-01-01T01:30:00Z".parse().unwrap());
        cloud.clock().advance(Duration::from_secs(days * 86_400));
        let refused = post(&cloud, DATABASES, &at("2026-01-01T01:29:59Z", "copy", "name")).await;
        let reason = "invalid seed.timestamp 2026-01-01T01:29:59Z: the earliest time database orders can be restored to \
                      is 2026-01-01T01:30:00Z";
        assert_eq!(refused.refusal(), (400, reason.to_owned()), "{plan}");
        let third = r#"{"name":"third","seed":{"type":"database","name":"orders","timestamp":"2026-01-01T01:29:59Z"}}"#;
        assert_eq!(post(&cloud, &format!("{ACME}/databases"), third).await.status, refused.status, "{plan}");
        let created = post(&cloud, DATABASES, &at("2026-01-01T01:30:00Z", "copy", "name")).await;
        assert_eq!(created.status, 200, "{plan}: {}", created.text);
        assert_eq!(value(&cloud, "copy", "SELECT sum(x) FROM t").await, "11", "{plan}");
    }
}
