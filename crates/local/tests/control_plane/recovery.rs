//! Bringing back what was deleted. The ids of a seeded cloud are known, and its clock stands still.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use turso_cloud_local::Cloud;

use crate::support::{ACME, DEV, SEED, create_database, delete, get, post, query};

const DATABASES: &str = "/v1/organizations/acme/databases";
const GROUPS: &str = "/v1/organizations/acme/groups";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn cloud() -> Cloud {
    Cloud::builder().seed(SEED).build().unwrap()
}

fn kept(directory: &Path) -> Cloud {
    Cloud::builder().seed(SEED).directory(directory).build().unwrap()
}

async fn create(cloud: &Cloud, name: &str) -> String {
    create_database(cloud, name).await.json()["database"]["DbId"].as_str().unwrap().to_owned()
}

/// A database with one row, and a token for it.
async fn with_a_row(cloud: &Cloud, name: &str) -> (String, String) {
    let id = create(cloud, name).await;
    let minted = post(cloud, &format!("{DATABASES}/{name}/auth/tokens"), "").await.json();
    let token = minted["jwt"].as_str().unwrap().to_owned();
    for sql in ["CREATE TABLE t (x)", "INSERT INTO t VALUES (7)"] {
        assert_eq!(query(cloud, &format!("{name}-acme"), &token, sql).await.status, 200);
    }
    (id, token)
}

async fn row(cloud: &Cloud, label: &str, token: &str) -> Value {
    let answer = query(cloud, label, token, "SELECT x FROM t").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["results"][0]["response"]["result"]["rows"][0][0]["value"].clone()
}

async fn group_id(cloud: &Cloud) -> String {
    get(cloud, GROUPS).await.json()["groups"][0]["uuid"].as_str().unwrap().to_owned()
}

async fn drop_database(cloud: &Cloud, name: &str) {
    assert_eq!(delete(cloud, &format!("{DATABASES}/{name}")).await.status, 200);
}

async fn drop_group(cloud: &Cloud) {
    assert_eq!(delete(cloud, &format!("{GROUPS}/default")).await.status, 200);
}

async fn deleted(cloud: &Cloud) -> Value {
    let answer = get(cloud, &format!("{ACME}/databases?deleted=true")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn names(body: &Value) -> Vec<&str> {
    body["databases"].as_array().unwrap().iter().map(|database| database["Name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_deleted_database_is_listed_and_comes_back_with_its_rows_and_its_tokens() {
    let cloud = cloud();
    let group = group_id(&cloud).await;
    let (id, token) = with_a_row(&cloud, "orders").await;
    drop_database(&cloud, "orders").await;
    let gone = query(&cloud, "orders-acme", &token, "SELECT 1").await;
    assert_eq!(gone.refusal(), (404, "database not found".to_owned()));
    let database = json!({
        "DbId": id, "Hostname": "orders-acme.localhost", "Name": "orders", "delete_protection": false,
        "deleted_at": "2026-01-01T00:00:00Z", "group": "default", "group_id": group,
        "organization_id": ACME.rsplit_once('/').unwrap().1, "primaryRegion": "local", "regions": ["local"],
    });
    assert_eq!(deleted(&cloud).await, json!({"databases": [database], "pagination": {}}));
    let restored = post(&cloud, &format!("{ACME}/databases/{id}/restore"), "").await;
    assert_eq!((restored.status, restored.json()), (200, json!({"database": database})));
    assert_eq!(row(&cloud, "orders-acme", &token).await, "7");
    assert_eq!(get(&cloud, &format!("{DATABASES}/orders")).await.json()["database"]["DbId"], json!(id));
    assert_eq!(names(&deleted(&cloud).await), Vec::<&str>::new());
    let again = post(&cloud, &format!("{ACME}/databases/{id}/restore"), "").await;
    assert_eq!(again.refusal(), (404, format!("could not find database with id {id}: record not found")));
}

#[tokio::test]
async fn a_name_is_free_at_once_and_its_former_owner_comes_back_under_another() {
    let cloud = cloud();
    let (id, token) = with_a_row(&cloud, "orders").await;
    drop_database(&cloud, "orders").await;
    create(&cloud, "orders").await;
    let restore = format!("{ACME}/databases/{id}/restore");
    for body in ["", "{}", r#"{"name":null}"#, r#"{"name":"orders"}"#] {
        let refused = post(&cloud, &restore, body).await;
        assert_eq!(refused.refusal(), (400, "database with name orders already exists".to_owned()), "{body}");
    }
    for body in [r#"{"name":"Old"}"#, r#"{"name":""}"#, "[]"] {
        assert_eq!(post(&cloud, &restore, body).await.status, 400, "{body}");
    }
    let restored = post(&cloud, &restore, r#"{"Name":"old"}"#).await;
    assert_eq!(restored.status, 200, "{}", restored.text);
    let database = &restored.json()["database"];
    assert_eq!((&database["Name"], &database["Hostname"]), (&json!("old"), &json!("old-acme.localhost")));
    assert_eq!(row(&cloud, "old-acme", &token).await, "7");
    assert_eq!(query(&cloud, "orders-acme", &token, "SELECT 1").await.status, 401);
}

#[tokio::test]
async fn what_one_organization_deleted_is_not_brought_back_by_another() {
    let cloud = cloud();
    let id = create(&cloud, "orders").await;
    drop_database(&cloud, "orders").await;
    assert_eq!(get(&cloud, &format!("{DEV}/databases?deleted=true")).await.json()["databases"], json!([]));
    assert_eq!(post(&cloud, &format!("{DEV}/databases/{id}/restore"), "").await.status, 404);
    assert_eq!(names(&deleted(&cloud).await), ["orders"]);

    let group = group_id(&cloud).await;
    drop_group(&cloud).await;
    assert_eq!(get(&cloud, &format!("{DEV}/deleted-groups")).await.json()["groups"], json!([]));
    let refused = post(&cloud, &format!("{DEV}/groups/{group}/restore"), "").await;
    assert_eq!(refused.refusal(), (404, "group not found".to_owned()));
    let listed = get(&cloud, &format!("{ACME}/deleted-groups")).await.json();
    assert_eq!(listed["groups"][0]["uuid"], json!(group));
}

#[tokio::test]
async fn a_host_name_that_was_taken_meanwhile_keeps_a_database_away() {
    let cloud = Cloud::builder().seed(SEED).with_organization("acme").with_organization("eu-acme").build().unwrap();
    let created = post(&cloud, DATABASES, r#"{"name":"orders-eu","group":"default"}"#).await.json();
    let id = created["database"]["DbId"].as_str().unwrap();
    drop_database(&cloud, "orders-eu").await;
    let other = post(&cloud, "/v1/organizations/eu-acme/databases", r#"{"name":"orders","group":"default"}"#).await;
    assert_eq!(other.status, 200, "{}", other.text);
    let restore = format!("{ACME}/databases/{id}/restore");
    let refused = post(&cloud, &restore, "").await;
    assert_eq!(refused.refusal(), (400, "Namespace orders-eu-acme already exists".to_owned()));
    assert_eq!(post(&cloud, &restore, r#"{"name":"orders"}"#).await.status, 200);
}

#[tokio::test]
async fn what_was_deleted_five_days_ago_is_gone_for_good() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = kept(directory.path());
    let (id, _) = with_a_row(&cloud, "orders").await;
    let file = directory.path().join("databases").join(format!("{id}.db"));
    drop_database(&cloud, "orders").await;
    assert!(file.exists());
    cloud.clock().advance(Duration::from_secs(5 * 24 * 60 * 60 - 1));
    assert_eq!(names(&deleted(&cloud).await), ["orders"]);
    assert!(file.exists());
    cloud.clock().advance(Duration::from_secs(1));
    assert_eq!(post(&cloud, &format!("{ACME}/databases/{id}/restore"), "").await.status, 404);
    assert_eq!(names(&deleted(&cloud).await), Vec::<&str>::new());
    assert!(!file.exists());
    let left = std::fs::read_dir(directory.path().join("databases")).unwrap().count();
    assert_eq!(left, 0, "neither its log is left");
}

#[tokio::test]
async fn a_database_deleted_before_its_directory_was_closed_comes_back_after_it_was_opened() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = kept(directory.path());
    let (id, token) = with_a_row(&cloud, "orders").await;
    drop_database(&cloud, "orders").await;
    create(&cloud, "orders").await;
    drop(cloud);

    let cloud = kept(directory.path());
    assert_eq!(names(&deleted(&cloud).await), ["orders"]);
    assert_eq!(query(&cloud, "orders-acme", &token, "SELECT 1").await.status, 401, "the name has another owner");
    let restored = post(&cloud, &format!("{ACME}/databases/{id}/restore"), r#"{"name":"old"}"#).await;
    assert_eq!(restored.status, 200, "{}", restored.text);
    assert_eq!(row(&cloud, "old-acme", &token).await, "7");
}

#[tokio::test]
async fn a_directory_opened_when_the_time_is_over_has_the_file_no_more() {
    for open_before in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let cloud = kept(directory.path());
        let (id, _) = with_a_row(&cloud, "orders").await;
        let file = directory.path().join("databases").join(format!("{id}.db"));
        drop_database(&cloud, "orders").await;
        drop(cloud);
        let cloud = kept(directory.path());
        assert!(file.exists());
        cloud.clock().advance(DAY * 5);
        let clock = cloud.clock().clone();
        if open_before {
            assert_eq!(names(&deleted(&cloud).await), Vec::<&str>::new());
            assert!(!file.exists());
        }
        drop(cloud);
        let cloud = Cloud::builder().seed(SEED).clock(clock).directory(directory.path()).build().unwrap();
        assert!(!file.exists());
        assert_eq!(post(&cloud, &format!("{ACME}/databases/{id}/restore"), "").await.status, 404);
    }
}

#[tokio::test]
async fn a_deleted_group_is_listed_and_comes_back_with_its_databases() {
    let cloud = cloud();
    let group = get(&cloud, GROUPS).await.json()["groups"][0].clone();
    let id = group["uuid"].as_str().unwrap();
    let (_, token) = with_a_row(&cloud, "orders").await;
    create(&cloud, "events").await;
    create(&cloud, "earlier").await;
    drop_database(&cloud, "earlier").await;
    cloud.clock().advance(Duration::from_secs(60));
    drop_group(&cloud).await;
    assert_eq!(query(&cloud, "orders-acme", &token, "SELECT 1").await.status, 404);
    assert_eq!(get(&cloud, &format!("{ACME}/groups/{id}")).await.status, 404);
    let listed = get(&cloud, &format!("{ACME}/deleted-groups")).await;
    let expected = json!({
        "groups": [{"uuid": id, "name": "default", "deleted_at": "2026-01-01T00:01:00Z", "cascade_databases": 2}],
        "pagination": {},
    });
    assert_eq!((listed.status, listed.json()), (200, expected));
    let gone = deleted(&cloud).await;
    assert_eq!(names(&gone), ["earlier", "orders", "events"]);
    let times = |index: usize| {
        (gone["databases"][index]["deleted_at"].clone(), gone["databases"][index].get("group_deleted_at").cloned())
    };
    assert_eq!(times(0), (json!("2026-01-01T00:00:00Z"), None));
    assert_eq!(times(1), (json!("2026-01-01T00:01:00Z"), Some(json!("2026-01-01T00:01:00Z"))));

    let restored = post(&cloud, &format!("{ACME}/groups/{id}/restore"), "").await;
    assert_eq!(restored.status, 200, "{}", restored.text);
    let body = restored.json();
    assert_eq!((&body["group"], &body["failures"]), (&group, &json!({})));
    assert_eq!(names(&body), ["orders", "events"]);
    assert_eq!(body["databases"][0]["group_deleted_at"], "2026-01-01T00:01:00Z");
    assert_eq!(row(&cloud, "orders-acme", &token).await, "7");
    assert_eq!(names(&deleted(&cloud).await), ["earlier"], "it was deleted for itself");
    assert_eq!(get(&cloud, &format!("{ACME}/deleted-groups")).await.json()["groups"], json!([]));
    let again = post(&cloud, &format!("{ACME}/groups/{id}/restore"), "").await;
    assert_eq!(again.refusal(), (404, "group not found".to_owned()));
}

#[tokio::test]
async fn a_database_brings_the_group_back_that_took_it_along_and_nothing_else() {
    let cloud = cloud();
    let group = group_id(&cloud).await;
    let (orders, token) = with_a_row(&cloud, "orders").await;
    let events = create(&cloud, "events").await;
    drop_group(&cloud).await;
    let restored = post(&cloud, &format!("{ACME}/databases/{orders}/restore"), "").await;
    assert_eq!(restored.status, 200, "{}", restored.text);
    assert_eq!(restored.json()["database"]["group_deleted_at"], "2026-01-01T00:00:00Z");
    assert_eq!(get(&cloud, &format!("{GROUPS}/default")).await.json()["group"]["uuid"], json!(group));
    assert_eq!(row(&cloud, "orders-acme", &token).await, "7");
    let left = deleted(&cloud).await;
    assert_eq!(names(&left), ["events"]);
    assert_eq!(left["databases"][0].get("group_deleted_at"), None, "its group is there");

    drop_group(&cloud).await;
    let listed = get(&cloud, &format!("{ACME}/deleted-groups")).await.json();
    assert_eq!(listed["groups"][0]["cascade_databases"], 1);
    let refused = post(&cloud, &format!("{ACME}/databases/{events}/restore"), "").await;
    let sentence = "group default of the database was deleted later and has to be restored first";
    assert_eq!(refused.refusal(), (400, sentence.to_owned()));
    assert_eq!(post(&cloud, &format!("{ACME}/groups/{group}/restore"), "").await.status, 200);
    assert_eq!(post(&cloud, &format!("{ACME}/databases/{events}/restore"), "").await.status, 200);
}

#[tokio::test]
async fn a_group_comes_back_even_where_some_of_its_databases_cannot() {
    let cloud = cloud();
    let group = group_id(&cloud).await;
    let orders = create(&cloud, "orders").await;
    create(&cloud, "events").await;
    drop_group(&cloud).await;
    post(&cloud, GROUPS, r#"{"name":"eu","location":"local"}"#).await;
    post(&cloud, DATABASES, r#"{"name":"orders","group":"eu"}"#).await;
    let restored = post(&cloud, &format!("{ACME}/groups/{group}/restore"), "").await;
    assert_eq!(restored.status, 200, "{}", restored.text);
    let body = restored.json();
    assert_eq!(names(&body), ["events"]);
    assert_eq!(body["failures"], json!({ orders.as_str(): "database with name orders already exists" }));
    let restored = post(&cloud, &format!("{ACME}/databases/{orders}/restore"), r#"{"name":"orders-2"}"#).await;
    assert_eq!(restored.status, 200, "{}", restored.text);
}

#[tokio::test]
async fn a_group_whose_name_was_taken_stays_deleted_with_its_databases() {
    let cloud = cloud();
    let group = group_id(&cloud).await;
    let orders = create(&cloud, "orders").await;
    drop_group(&cloud).await;
    assert_eq!(post(&cloud, GROUPS, r#"{"name":"default","location":"local"}"#).await.status, 200);
    for path in [format!("groups/{group}"), format!("databases/{orders}")] {
        let refused = post(&cloud, &format!("{ACME}/{path}/restore"), "").await;
        assert_eq!(refused.refusal(), (400, "group with name default already exists".to_owned()), "{path}");
    }
    assert_eq!(names(&deleted(&cloud).await), ["orders"]);
    assert_eq!(delete(&cloud, &format!("{GROUPS}/default")).await.status, 200);
    assert_eq!(post(&cloud, &format!("{ACME}/groups/{group}/restore"), "").await.status, 200);
}

#[tokio::test]
async fn a_group_deleted_five_days_ago_is_gone_for_good_with_its_databases() {
    let cloud = cloud();
    let group = group_id(&cloud).await;
    let orders = create(&cloud, "orders").await;
    drop_group(&cloud).await;
    cloud.clock().advance(DAY * 5);
    for path in [format!("groups/{group}"), format!("databases/{orders}")] {
        assert_eq!(post(&cloud, &format!("{ACME}/{path}/restore"), "").await.status, 404, "{path}");
    }
    assert_eq!(get(&cloud, &format!("{ACME}/deleted-groups")).await.json(), json!({"groups": [], "pagination": {}}));
    assert_eq!(deleted(&cloud).await, json!({"databases": [], "pagination": {}}));
}

#[tokio::test]
async fn deleted_databases_are_found_by_a_part_of_their_name_and_come_in_pages() {
    let cloud = cloud();
    for name in ["a-1", "b-1", "a-2", "a-3"] {
        create(&cloud, name).await;
    }
    for name in ["a-3", "b-1", "a-1", "a-2"] {
        cloud.clock().advance(Duration::from_secs(1));
        drop_database(&cloud, name).await;
    }
    let list = format!("{ACME}/databases?deleted=true");
    assert_eq!(names(&get(&cloud, &format!("{list}&search=a-")).await.json()), ["a-3", "a-1", "a-2"]);
    let first = get(&cloud, &format!("{list}&limit=3")).await.json();
    assert_eq!(names(&first), ["a-3", "b-1", "a-1"]);
    let next = first["pagination"]["next"].as_str().unwrap();
    let second = get(&cloud, &format!("{list}&limit=3&cursor={next}")).await.json();
    assert_eq!((names(&second), &second["pagination"]), (vec!["a-2"], &json!({})));
}

#[tokio::test]
async fn deleted_groups_come_in_pages() {
    let cloud = cloud();
    for name in ["a", "b"] {
        post(&cloud, GROUPS, &format!(r#"{{"name":"{name}","location":"local"}}"#)).await;
        assert_eq!(delete(&cloud, &format!("{GROUPS}/{name}")).await.status, 200);
    }
    let first = get(&cloud, &format!("{ACME}/deleted-groups?limit=1")).await.json();
    assert_eq!(first["groups"][0]["name"], "a");
    let next = first["pagination"]["next"].as_str().unwrap();
    let second = get(&cloud, &format!("{ACME}/deleted-groups?limit=1&cursor={next}")).await.json();
    assert_eq!((&second["groups"][0]["name"], &second["pagination"]), (&json!("b"), &json!({})));
}
