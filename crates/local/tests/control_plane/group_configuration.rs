//! The configuration, the name and the version of groups.

use serde_json::json;
use turso_cloud_local::Cloud;

use crate::support::{audit_log, create_database, delete, get, patch, post};

const GROUP: &str = "/v1/organizations/acme/groups/default";
const CONFIGURATION: &str = "/v1/organizations/acme/groups/default/configuration";
const NOT_FOUND: &str = "group not found";

#[tokio::test]
async fn the_configuration_is_a_bare_object_that_null_does_not_change() {
    let cloud = Cloud::new().unwrap();
    assert_eq!(get(&cloud, CONFIGURATION).await.json(), json!({"delete_protection": false}));
    for body in [r#"{"Delete_Protection":true}"#, r#"{"delete_protection":null}"#, "{}"] {
        let answer = patch(&cloud, CONFIGURATION, body).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"delete_protection": true})), "{body}");
    }
    assert_eq!(get(&cloud, GROUP).await.json()["group"]["delete_protection"], true);
    assert_eq!(audit_log(&cloud).await, [("group-protect".to_owned(), json!({"group": "default"}))]);
}

#[tokio::test]
async fn a_protected_group_is_kept_with_its_databases_until_it_is_no_longer() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    patch(&cloud, CONFIGURATION, r#"{"delete_protection":true}"#).await;
    let sentence = (403, "group default is delete-protected and cannot be deleted".to_owned());
    assert_eq!(delete(&cloud, GROUP).await.refusal(), sentence);
    assert_eq!(delete(&cloud, "/v1/organizations/acme/databases/orders").await.refusal(), sentence);
    patch(&cloud, CONFIGURATION, r#"{"delete_protection":false}"#).await;
    assert_eq!(audit_log(&cloud).await[0].0, "group-unprotect");
    assert_eq!(delete(&cloud, GROUP).await.status, 200);
}

#[tokio::test]
async fn a_value_that_is_none_is_refused_and_an_unknown_group_is_not_found() {
    let cloud = Cloud::new().unwrap();
    assert_eq!(patch(&cloud, CONFIGURATION, r#"{"delete_protection":"yes"}"#).await.status, 400);
    assert_eq!(patch(&cloud, CONFIGURATION, "").await.status, 400);
    let none = "/v1/organizations/acme/groups/none";
    for answer in [
        get(&cloud, &format!("{none}/configuration")).await,
        patch(&cloud, &format!("{none}/configuration"), "{}").await,
        post(&cloud, &format!("{none}/update"), "").await,
        post(&cloud, &format!("{none}/rename"), r#"{"name":"eu"}"#).await,
    ] {
        assert_eq!(answer.refusal(), (404, NOT_FOUND.to_owned()));
    }
}

#[tokio::test]
async fn an_update_answers_with_nothing_and_keeps_the_version() {
    let cloud = Cloud::new().unwrap();
    let before = get(&cloud, GROUP).await.json();
    let answer = post(&cloud, &format!("{GROUP}/update"), "").await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    assert_eq!(get(&cloud, GROUP).await.json(), before);
}

#[tokio::test]
async fn a_renamed_group_keeps_its_id_and_its_databases_tell_its_new_name() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let before = get(&cloud, GROUP).await.json();
    let answer = post(&cloud, &format!("{GROUP}/rename"), r#"{"Name":"eu"}"#).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    assert_eq!(get(&cloud, GROUP).await.status, 404);
    let after = get(&cloud, "/v1/organizations/acme/groups/eu").await.json();
    assert_eq!((&after["group"]["name"], &after["group"]["uuid"]), (&json!("eu"), &before["group"]["uuid"]));
    let database = get(&cloud, "/v1/organizations/acme/databases/orders").await.json();
    assert_eq!(database["database"]["group"], "eu");
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_conflict_and_the_own_one_is_not() {
    let cloud = Cloud::builder().with_group("eu", "local").build().unwrap();
    let rename = format!("{GROUP}/rename");
    let refused = post(&cloud, &rename, r#"{"name":"eu"}"#).await;
    assert_eq!(refused.refusal(), (409, "group already exists".to_owned()));
    assert_eq!(post(&cloud, &rename, r#"{"name":"default"}"#).await.status, 200);
    for body in [r#"{"name":"a/b"}"#, r#"{"name":""}"#, "{}", ""] {
        assert_eq!(post(&cloud, &rename, body).await.status, 400, "{body}");
    }
}
