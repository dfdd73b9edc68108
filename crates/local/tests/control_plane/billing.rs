//! Plans, subscription, invoices, usage and who is billed.

use std::time::Duration;

use http::Method;
use serde_json::json;
use turso_cloud_local::{Clock, Cloud, local_api::UsageToAdd};

use crate::support::{
    ACME as ORGANIZATION, SEED, call, create_database, delete, get, mint, outcome, patch, post, put, query,
};

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
async fn usage_beyond_all_numbers_is_the_largest_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["orders", "events"];
    let open = |hour: i64| {
        let clock = Clock::frozen_at(format!("2026-03-10T{hour:02}:30:00Z").parse().unwrap());
        Cloud::builder().directory(folder.path()).clock(clock).build().unwrap()
    };
    let rows_read = async |cloud: &Cloud| {
        let usage = get(cloud, &format!("{ACME}/usage")).await.json()["organization"].clone();
        let of_each = usage["databases"].as_array().unwrap().iter().map(|used| used["usage"]["rows_read"].as_u64());
        (usage["usage"]["rows_read"].as_u64(), of_each.collect::<Vec<_>>())
    };
    for name in names {
        create_database(&open(0), name).await;
    }
    for hour in 0..3 {
        for _ in 0..2 {
            let cloud = open(hour);
            for name in names {
                cloud.add_usage(&UsageToAdd::new("acme", name).rows_read(u64::MAX)).unwrap();
            }
            assert_eq!(rows_read(&cloud).await, (Some(u64::MAX), vec![Some(u64::MAX); 2]));
        }
        // The state has signed numbers: one for each hour of a database, one for each month of an organization.
        let largest = i64::MAX.unsigned_abs();
        let kept = largest.saturating_mul(hour.unsigned_abs() + 1);
        assert_eq!(rows_read(&open(hour)).await, (Some(largest), vec![Some(kept); 2]));
    }
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
async fn what_comes_from_elsewhere_or_comes_back_counts_for_the_plan_too() {
    let cloud = Cloud::builder()
        .seed(SEED)
        .with_organization("acme")
        .with_organization("small")
        .with_plan("starter")
        .build()
        .unwrap();
    create_database(&cloud, "orders").await;
    let full = "organization small has all 1 groups that plan starter includes".to_owned();
    let body = r#"{"organization":"small"}"#;
    let moved = post(&cloud, "/v1/organizations/acme/groups/default/rename", r#"{"name":"other"}"#).await;
    assert_eq!(moved.status, 200);
    let moved = post(&cloud, "/v1/organizations/acme/groups/other/transfer", body).await;
    assert_eq!(moved.refusal(), (403, full));
    assert_eq!(get(&cloud, "/v1/organizations/acme/databases/orders").await.status, 200);

    for index in 0..500 {
        let body = json!({ "name": format!("db{index}"), "group": "default" }).to_string();
        assert_eq!(post(&cloud, "/v1/organizations/small/databases", &body).await.status, 200);
    }
    let full = "organization small has all 500 databases that plan starter includes".to_owned();
    let moved = post(&cloud, "/v1/organizations/acme/databases/orders/transfer", r#"{"org":"small"}"#).await;
    assert_eq!(moved.refusal(), (403, full));
}

#[tokio::test]
async fn what_was_deleted_comes_back_only_where_the_plan_has_room_for_it() {
    let cloud = Cloud::builder().seed(SEED).with_plan("developer").build().unwrap();
    let group = delete(&cloud, "/v1/organizations/acme/groups/default").await.json()["group"]["uuid"].clone();
    let body = r#"{"name":"other","location":"local"}"#;
    assert_eq!(post(&cloud, "/v1/organizations/acme/groups", body).await.status, 200);
    let restore = format!("{ORGANIZATION}/groups/{}/restore", group.as_str().unwrap());
    let full = "organization acme has all 1 groups that plan developer includes".to_owned();
    assert_eq!(post(&cloud, &restore, "").await.refusal(), (403, full));
    delete(&cloud, "/v1/organizations/acme/groups/other").await;
    assert_eq!(post(&cloud, &restore, "").await.status, 200);
}

#[tokio::test]
async fn a_plan_with_a_number_of_databases_brings_none_back() {
    let plans = get(&Cloud::new().unwrap(), &format!("{ACME}/plans")).await.json()["plans"].clone();
    for plan in plans.as_array().unwrap() {
        let name = plan["name"].as_str().unwrap();
        let cloud = Cloud::builder().seed(SEED).with_plan(name).build().unwrap();
        let id = create_database(&cloud, "orders").await.json()["database"]["DbId"].as_str().unwrap().to_owned();
        assert_eq!(delete(&cloud, &format!("{ACME}/databases/orders")).await.status, 200);
        let restored = post(&cloud, &format!("{ORGANIZATION}/databases/{id}/restore"), "").await;
        let expected = if plan["quotas"]["databases"].is_null() { 200 } else { 403 };
        assert_eq!(restored.status, expected, "{name}: {}", restored.text);
    }
}

#[tokio::test]
async fn what_a_plan_does_not_include_is_refused_and_what_it_does_is_not() {
    let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let vault = format!(
        r#"{{"name":"vault","group":"default",
            "remote_encryption":{{"encryption_key":"{key}","encryption_cipher":"aes256gcm"}}}}"#
    );
    let configuration = format!("{ACME}/databases/orders/configuration");
    let (deleted, invites) = (format!("{ORGANIZATION}/deleted-groups"), "/v2/organizations/acme/invites".to_owned());
    let (logs, databases) = (format!("{ACME}/audit-logs"), format!("{ACME}/databases"));
    let cases: [(&str, &str, &Method, &str, &str, u16); 7] = [
        ("restrict addresses", "developer", &Method::PATCH, &configuration, r#"{"allowed_ips":["127.0.0.1"]}"#, 403),
        (
            "restrict addresses",
            "developer",
            &Method::PATCH,
            &configuration,
            r#"{"allowed_aws_vpc_ids":["vpce-1"]}"#,
            403,
        ),
        ("restore", "developer", &Method::GET, &deleted, "", 403),
        ("use overages", "developer", &Method::PATCH, ACME, r#"{"overages":true}"#, 403),
        ("invite users", "scaler", &Method::POST, &invites, r#"{"email":"eve@example.com"}"#, 400),
        ("read audit logs", "scaler", &Method::GET, &logs, "", 403),
        ("encrypt databases", "pro", &Method::POST, &databases, &vault, 403),
    ];
    let plans = ["starter", "developer", "scaler", "pro"];
    for (rank, plan) in plans.iter().enumerate() {
        let cloud = Cloud::builder().seed(SEED).with_plan(*plan).build().unwrap();
        create_database(&cloud, "orders").await;
        for (action, least, method, path, body, status) in &cases {
            let answer = call(&cloud, Method::clone(method), path, (*body).to_owned()).await;
            if plans.iter().position(|plan| plan == least).is_some_and(|least| rank >= least) {
                assert_eq!(answer.status, 200, "{plan} {path}: {}", answer.text);
            } else {
                let sentence = format!("organization acme can't {action} because plan {plan} doesn't support it");
                assert_eq!(answer.refusal(), (*status, sentence), "{path}");
            }
        }
        // What takes a restriction away is for every plan.
        assert_eq!(patch(&cloud, &configuration, r#"{"allowed_ips":[],"allowed_aws_vpc_ids":null}"#).await.status, 200);
        assert_eq!(patch(&cloud, ACME, r#"{"overages":false}"#).await.status, 200);
    }
}

#[tokio::test]
async fn rows_beyond_the_plan_are_refused_until_the_month_ends_or_overages_are_billed() {
    let folder = tempfile::tempdir().unwrap();
    let developer = || Cloud::builder().directory(folder.path()).seed(1).with_plan("developer");
    let cloud = developer().build().unwrap();
    create_database(&cloud, "orders").await;
    let token = mint(&cloud, &format!("{ACME}/databases/orders/auth/tokens")).await;
    let run = async |cloud: &Cloud, sql: &str| outcome(cloud, "orders-acme", &token, sql).await.0;
    let blocked = async |cloud: &Cloud| {
        let acme = get(cloud, ACME).await.json()["organization"].clone();
        (acme["blocked_reads"] == true, acme["blocked_writes"] == true)
    };
    assert_eq!((run(&cloud, "CREATE TABLE t (x)").await.as_str(), blocked(&cloud).await), ("ok", (false, false)));

    cloud.add_usage(&UsageToAdd::new("acme", "orders").rows_written(25_000_000)).unwrap();
    assert_eq!(run(&cloud, "INSERT INTO t VALUES (1)").await, "error");
    assert_eq!((run(&cloud, "SELECT * FROM t").await.as_str(), blocked(&cloud).await), ("ok", (false, true)));
    cloud.add_usage(&UsageToAdd::new("acme", "orders").rows_read(2_500_000_000)).unwrap();
    assert_eq!((run(&cloud, "SELECT * FROM t").await.as_str(), blocked(&cloud).await), ("error", (true, true)));

    patch(&cloud, ACME, r#"{"overages":true}"#).await;
    assert_eq!((run(&cloud, "INSERT INTO t VALUES (1)").await.as_str(), blocked(&cloud).await), ("ok", (false, false)));
    patch(&cloud, ACME, r#"{"overages":false}"#).await;
    drop(cloud);

    let again = developer().build().unwrap();
    assert_eq!((run(&again, "SELECT * FROM t").await.as_str(), blocked(&again).await), ("error", (true, true)));
    again.clock().advance(Duration::from_secs(31 * 86_400));
    // Nobody has used it for so long that it sleeps by now.
    assert_eq!(post(&again, &format!("{ACME}/groups/default/unarchive"), "").await.status, 200);
    assert_eq!((run(&again, "INSERT INTO t VALUES (1)").await.as_str(), blocked(&again).await), ("ok", (false, false)));
}

#[tokio::test]
async fn a_new_subscription_blocks_and_opens_as_it_says() {
    let cloud = Cloud::builder().seed(SEED).with_plan("starter").build().unwrap();
    create_database(&cloud, "orders").await;
    cloud.add_usage(&UsageToAdd::new("acme", "orders").rows_read(300_000_000_000)).unwrap();
    let subscription = format!("{ACME}/subscription");
    for (body, overages, blocked) in [
        (r#"{"plan":"scaler","overages":true}"#, true, false),
        (r#"{"plan":"scaler"}"#, true, false),
        (r#"{"plan":"scaler","overages":false}"#, false, true),
        (r#"{"plan":"pro","overages":true}"#, true, false),
        // What the plan does not include is not kept from the one before.
        (r#"{"plan":"starter"}"#, false, true),
        (r#"{"plan":"pro"}"#, false, true),
    ] {
        assert_eq!(post(&cloud, &subscription, body).await.status, 200, "{body}");
        let told = get(&cloud, &subscription).await.json()["subscription"]["overages"].clone();
        let acme = get(&cloud, ACME).await.json()["organization"].clone();
        assert_eq!((told, &acme["blocked_reads"]), (json!(overages), &json!(blocked)), "{body}");
    }
}

#[tokio::test]
async fn a_new_subscription_has_no_overages_that_its_plan_does_not_include() {
    let cloud = Cloud::builder().seed(SEED).with_plan("scaler").build().unwrap();
    let subscription = format!("{ACME}/subscription");
    let refused = post(&cloud, &subscription, r#"{"plan":"starter","overages":true}"#).await;
    let sentence = "organization acme can't use overages because plan starter doesn't support it".to_owned();
    assert_eq!(refused.refusal(), (403, sentence));
    let kept = get(&cloud, &subscription).await.json()["subscription"].clone();
    assert_eq!((&kept["plan"], &kept["overages"]), (&json!("scaler"), &json!(false)));
}

#[tokio::test]
async fn an_organization_that_is_kept_loses_its_overages_on_a_plan_without_them() {
    let folder = tempfile::tempdir().unwrap();
    let on = |plan: &str| Cloud::builder().directory(folder.path()).seed(SEED).with_plan(plan).build().unwrap();
    let cloud = on("pro");
    assert_eq!(patch(&cloud, ACME, r#"{"overages":true}"#).await.status, 200);
    drop(cloud);
    let acme = get(&on("starter"), ACME).await.json()["organization"].clone();
    assert_eq!((&acme["plan_id"], &acme["overages"]), (&json!("starter"), &json!(false)));
}
