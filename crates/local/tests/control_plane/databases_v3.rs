//! Databases and groups by id. The ids of a seeded cloud are known.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use turso_cloud_local::Cloud;

use crate::support::{ACME, DEV, SEED, audit_log, create_database, delete, get, post, query};

const NOBODY: &str = "0eb771dd-6906-11ee-8553-eaa7715aeaf2";

fn cloud() -> Cloud {
    Cloud::builder().seed(SEED).build().unwrap()
}

fn names(body: &Value) -> Vec<&str> {
    body["databases"].as_array().unwrap().iter().map(|database| database["Name"].as_str().unwrap()).collect()
}

async fn group_id(cloud: &Cloud) -> String {
    let groups = get(cloud, &format!("{ACME}/groups")).await.json();
    groups["groups"][0]["uuid"].as_str().unwrap().to_owned()
}

async fn create(cloud: &Cloud, name: &str) -> String {
    let created = create_database(cloud, name).await.json();
    created["database"]["DbId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_database_created_by_group_id_can_be_got_and_listed_and_is_the_one_of_version_1() {
    let cloud = cloud();
    let group = group_id(&cloud).await;
    let body = json!({"name": "orders", "group_id": group}).to_string();
    let created = post(&cloud, &format!("{ACME}/databases"), &body).await;
    assert_eq!(created.status, 200, "{}", created.text);
    let id = created.json()["database"]["DbId"].clone();
    let expected = json!({"DbId": id, "Hostname": "orders-acme.localhost", "Name": "orders"});
    assert_eq!(created.json(), json!({"database": expected}));
    let mut database = json!({
        "DbId": id, "Hostname": "orders-acme.localhost", "Name": "orders", "block_reads": false, "block_writes": false,
        "delete_protection": false, "engine": "libsql", "group": "default", "group_id": group,
        "organization_id": ACME.rsplit_once('/').unwrap().1, "primaryRegion": "local", "regions": ["local"],
    });
    let listed = get(&cloud, &format!("{ACME}/databases")).await;
    assert_eq!((listed.status, listed.json()), (200, json!({"databases": [database], "pagination": {}})));
    database["allow_rules_config"] = json!({"allowed_ips": [], "allowed_aws_vpc_ids": []});
    let got = get(&cloud, &format!("{ACME}/databases/{}", id.as_str().unwrap())).await;
    assert_eq!((got.status, got.json()), (200, json!({"database": database})));
    assert_eq!(get(&cloud, "/v1/organizations/acme/databases/orders").await.json()["database"]["DbId"], id);
    assert_eq!(audit_log(&cloud).await[0].0, "db-create");
}

#[tokio::test]
async fn the_databases_of_an_organization_are_its_own() {
    let cloud = cloud();
    create(&cloud, "orders").await;
    let body = r#"{"name":"events","group":"default"}"#;
    assert_eq!(post(&cloud, "/v1/organizations/dev/databases", body).await.status, 200);
    for (organization, database) in [(ACME, "orders"), (DEV, "events")] {
        let listed = get(&cloud, &format!("{organization}/databases")).await.json();
        assert_eq!(names(&listed), [database], "{organization}");
    }
}

#[tokio::test]
async fn a_database_needs_a_name_and_a_group_that_exists() {
    let cloud = cloud();
    let group = group_id(&cloud).await;
    create(&cloud, "orders").await;
    for (body, status, sentence) in [
        (json!({"name": "orders", "group_id": group}), 400, "database with same name already exists"),
        (json!({"name": "events", "group_id": NOBODY}), 400, "group not found"),
        (json!({"name": "events"}), 400, "group_id is required"),
        (
            json!({"name": "events", "seed": {"type": "database", "name": "none"}}),
            404,
            "could not find database with name none: record not found",
        ),
    ] {
        let refused = post(&cloud, &format!("{ACME}/databases"), &body.to_string()).await;
        assert_eq!(refused.refusal(), (status, sentence.to_owned()), "{body}");
    }
    for body in [r#"{"name":"A","group_id":"0"}"#, r#"{"name":"a","group_id":"eu"}"#, "{}", ""] {
        assert_eq!(post(&cloud, &format!("{ACME}/databases"), body).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn an_unknown_id_is_not_found() {
    let cloud = cloud();
    let id = create(&cloud, "orders").await;
    let database = format!("could not find database with id {NOBODY}: record not found");
    for answer in [
        get(&cloud, &format!("{ACME}/databases/{NOBODY}")).await,
        delete(&cloud, &format!("{ACME}/databases/{NOBODY}")).await,
        post(&cloud, &format!("{ACME}/databases/{NOBODY}/auth/tokens"), "").await,
    ] {
        assert_eq!(answer.refusal(), (404, database.clone()));
    }
    for answer in [
        get(&cloud, &format!("{ACME}/groups/{NOBODY}")).await,
        post(&cloud, &format!("{ACME}/groups/{NOBODY}/auth/tokens"), "").await,
    ] {
        assert_eq!(answer.refusal(), (404, "group not found".to_owned()));
    }
    for organization in [NOBODY, "acme"] {
        for path in ["databases", "groups", "deleted-groups", "databases?deleted=true"] {
            let answer = get(&cloud, &format!("/v3/organizations/{organization}/{path}")).await;
            assert_eq!(answer.refusal(), (404, format!("organization {organization} not found")), "{path}");
        }
    }
    assert_eq!(get(&cloud, &format!("{DEV}/databases/{id}")).await.status, 404, "it belongs to another organization");
    assert_eq!(get(&cloud, &format!("{ACME}/databases/{id}")).await.status, 200);
}

#[tokio::test]
async fn a_deleted_database_answers_nothing_and_is_gone_at_once() {
    let cloud = cloud();
    let id = create(&cloud, "orders").await;
    let deleted = delete(&cloud, &format!("{ACME}/databases/{id}")).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (200, ""));
    assert_eq!(get(&cloud, &format!("{ACME}/databases/{id}")).await.status, 404);
    assert_eq!(delete(&cloud, &format!("{ACME}/databases/{id}")).await.status, 404);
    assert_eq!(get(&cloud, "/v1/organizations/acme/databases").await.json(), json!({"databases": []}));
    let entry = ("db-delete".to_owned(), json!({"database": "orders", "group": "default"}));
    assert_eq!(audit_log(&cloud).await[0], entry);
}

#[tokio::test]
async fn tokens_minted_by_id_open_the_database_and_every_one_of_the_group() {
    let cloud = cloud();
    let (id, group) = (create(&cloud, "orders").await, group_id(&cloud).await);
    create(&cloud, "events").await;
    let mint = async |path: String| {
        let answer = post(&cloud, &path, "").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["jwt"].as_str().unwrap().to_owned()
    };
    let claims = |token: &str| -> Value {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
    };
    let database = mint(format!("{ACME}/databases/{id}/auth/tokens")).await;
    assert_eq!(claims(&database)["id"], json!(id));
    assert_eq!(query(&cloud, "orders-acme", &database, "SELECT 1").await.status, 200);
    assert_eq!(query(&cloud, "events-acme", &database, "SELECT 1").await.status, 401);
    let all = mint(format!("{ACME}/groups/{group}/auth/tokens?authorization=read-only&expiration=1h")).await;
    let claimed = claims(&all);
    assert_eq!((&claimed["gid"], &claimed["a"]), (&json!(group), &json!("ro")));
    assert_eq!(claimed["exp"].as_i64().unwrap() - claimed["iat"].as_i64().unwrap(), 3600);
    for label in ["orders-acme", "events-acme"] {
        assert_eq!(query(&cloud, label, &all, "SELECT 1").await.status, 200, "{label}");
    }
    let log = audit_log(&cloud).await;
    assert_eq!(log[0], ("group-token-create".to_owned(), json!({"group": "default"})));
    assert_eq!(log[1].0, "db-token-create");
    for path in [format!("databases/{id}"), format!("groups/{group}")] {
        let refused = post(&cloud, &format!("{ACME}/{path}/auth/tokens?expiration=soon"), "").await;
        assert_eq!(refused.refusal(), (400, "Invalid expiration format".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn groups_are_those_of_version_1() {
    let cloud = cloud();
    post(&cloud, "/v1/organizations/acme/groups", r#"{"name":"eu","location":"aws-eu-west-1"}"#).await;
    let groups = get(&cloud, "/v1/organizations/acme/groups").await;
    let listed = get(&cloud, &format!("{ACME}/groups")).await;
    assert_eq!((listed.status, listed.json()), (200, groups.json()));
    let eu = &groups.json()["groups"][1];
    let got = get(&cloud, &format!("{ACME}/groups/{}", eu["uuid"].as_str().unwrap())).await;
    assert_eq!((got.status, got.json()), (200, json!({"group": eu})));
}

#[tokio::test]
async fn the_list_can_be_held_to_a_group_a_parent_or_a_part_of_a_name() {
    let cloud = cloud();
    let default = group_id(&cloud).await;
    post(&cloud, "/v1/organizations/acme/groups", r#"{"name":"eu","location":"aws-eu-west-1"}"#).await;
    create(&cloud, "orders").await;
    post(&cloud, "/v1/organizations/acme/databases", r#"{"name":"reorder","group":"eu"}"#).await;
    for (filter, expected) in [
        (String::new(), vec!["orders", "reorder"]),
        (format!("group_id={default}"), vec!["orders"]),
        ("search=order".to_owned(), vec!["orders", "reorder"]),
        ("search=REO".to_owned(), vec!["reorder"]),
        ("search=%25".to_owned(), vec![]),
        ("group_id=&parent_db_id=&search=&cursor=".to_owned(), vec!["orders", "reorder"]),
        (format!("group_id={NOBODY}"), vec![]),
        (format!("parent_db_id={NOBODY}"), vec![]),
    ] {
        let listed = get(&cloud, &format!("{ACME}/databases?{filter}")).await.json();
        assert_eq!(names(&listed), expected, "{filter}");
    }
}

#[tokio::test]
async fn pages_hold_every_database_once_whatever_is_added_and_deleted_meanwhile() {
    let cloud = cloud();
    for index in 0..7 {
        create(&cloud, &format!("db-{index}")).await;
    }
    let mut found = Vec::new();
    let mut cursor = String::new();
    for page in 0.. {
        let body = get(&cloud, &format!("{ACME}/databases?limit=3&cursor={cursor}")).await.json();
        found.extend(names(&body).into_iter().map(str::to_owned));
        let Some(next) = body["pagination"].get("next") else { break };
        next.as_str().unwrap().clone_into(&mut cursor);
        assert_eq!(names(&body).len(), 3);
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
        create(&cloud, &format!("new-{page}")).await;
        delete(&cloud, &format!("/v1/organizations/acme/databases/db-{page}")).await;
    }
    assert_eq!(found, ["db-0", "db-1", "db-2", "db-3", "db-4", "db-5", "db-6", "new-0", "new-1"]);
}

#[tokio::test]
async fn a_page_has_100_databases_unless_it_is_told_otherwise() {
    let cloud = cloud();
    for index in 0..101 {
        create(&cloud, &format!("db-{index}")).await;
    }
    let databases = format!("{ACME}/databases");
    assert_eq!(names(&get(&cloud, &databases).await.json()).len(), 100);
    let exact = get(&cloud, &format!("{databases}?limit=101")).await.json();
    assert_eq!((names(&exact).len(), &exact["pagination"]), (101, &json!({})));
    assert_eq!(get(&cloud, &format!("{databases}?limit=1000")).await.status, 200);
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let cloud = cloud();
    for list in ["databases", "deleted-groups"] {
        for (asked, part) in [
            ("limit=0", "limit \"0\" is not valid: must be a whole number from 1 to 1000"),
            ("limit=1001", "limit \"1001\" is not valid: must be a whole number from 1 to 1000"),
            ("limit=-1", "limit \"-1\" is not valid: must be a whole number from 1 to 1000"),
            ("limit=many", "limit \"many\" is not valid: must be a whole number from 1 to 1000"),
            ("cursor=x", "is not one of this listing"),
            ("cursor=MS4", "is not one of this listing"),
        ] {
            let refused = get(&cloud, &format!("{ACME}/{list}?{asked}")).await;
            assert_eq!(refused.status, 400, "{list} {asked}");
            assert!(refused.error().contains(part), "{list} {asked}: {}", refused.error());
        }
    }
    let refused = get(&cloud, &format!("{ACME}/databases?deleted=false")).await;
    assert_eq!(refused.refusal(), (400, "deleted must be true or absent".to_owned()));
}
