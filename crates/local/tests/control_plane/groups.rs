//! Groups, over raw requests.

use serde_json::{Value, json};
use turso_cloud_local::Cloud;

use crate::support::{audit_log, create_database, delete, get, post};

const GROUPS: &str = "/v1/organizations/acme/groups";

#[tokio::test]
async fn a_new_cloud_has_one_group_in_the_documented_shape() {
    let cloud = Cloud::new().unwrap();
    let answer = get(&cloud, GROUPS).await;
    assert_eq!((answer.status, answer.content_type.as_str()), (200, "application/json"));
    let mut body = answer.json();
    let uuid = body["groups"][0]["uuid"].take();
    assert_eq!(uuid.as_str().unwrap().len(), 36);
    let expected = json!({"groups": [{
        "name": "default", "version": "tech-preview", "uuid": null, "locations": ["local"], "primary": "local",
        "archived": false, "delete_protection": false,
    }]});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_created_group_can_be_got_and_listed() {
    let cloud = Cloud::new().unwrap();
    let created = post(&cloud, GROUPS, r#"{"name":"eu","location":"aws-eu-west-1"}"#).await;
    assert_eq!(created.status, 200);
    let group = created.json()["group"].clone();
    assert_eq!(group["name"], "eu");
    assert_eq!(group["primary"], "aws-eu-west-1");
    assert_eq!(group["locations"], json!(["aws-eu-west-1"]));
    assert_eq!(get(&cloud, &format!("{GROUPS}/eu")).await.json()["group"], group);
    let listed = get(&cloud, GROUPS).await.json();
    assert_eq!(listed["groups"].as_array().unwrap().iter().map(|g| &g["name"]).collect::<Vec<_>>(), ["default", "eu"]);
    assert_eq!(audit_log(&cloud).await, [("group-create".to_owned(), json!({"group": "eu"}))]);
}

#[tokio::test]
async fn groups_are_listed_in_the_order_they_were_made() {
    let cloud = Cloud::new().unwrap();
    for name in ["us", "eu", "zz", "ap"] {
        let body = json!({"name": name, "location": "local"}).to_string();
        assert_eq!(post(&cloud, GROUPS, &body).await.status, 200);
    }
    let listed = get(&cloud, GROUPS).await.json();
    let names: Vec<_> = listed["groups"].as_array().unwrap().iter().map(|group| group["name"].clone()).collect();
    assert_eq!(names, ["default", "us", "eu", "zz", "ap"]);
}

#[tokio::test]
async fn the_keys_of_the_official_command_line_are_understood() {
    let cloud = Cloud::new().unwrap();
    let created = post(&cloud, GROUPS, r#"{"Name":"cli","Location":"local","Version":"","Extensions":"all"}"#).await;
    assert_eq!((created.status, &created.json()["group"]["name"]), (200, &json!("cli")));
}

#[tokio::test]
async fn a_second_group_of_the_same_name_is_a_conflict() {
    let cloud = Cloud::new().unwrap();
    let refused = post(&cloud, GROUPS, r#"{"name":"default","location":"local"}"#).await;
    assert_eq!(refused.refusal(), (409, "group already exists".to_owned()));
}

#[tokio::test]
async fn an_unknown_location_is_refused_by_its_code() {
    let cloud = Cloud::new().unwrap();
    for code in ["mars", "AMS", "a/b", "aws eu"] {
        let refused = post(&cloud, GROUPS, &json!({"name": "eu", "location": code}).to_string()).await;
        assert_eq!(refused.refusal(), (400, format!("invalid location: {code}")));
    }
}

#[tokio::test]
async fn an_unknown_group_is_not_found() {
    let cloud = Cloud::new().unwrap();
    for answer in [get(&cloud, &format!("{GROUPS}/none")).await, delete(&cloud, &format!("{GROUPS}/none")).await] {
        assert_eq!(answer.refusal(), (404, "group not found".to_owned()));
    }
}

#[tokio::test]
async fn deleting_a_group_answers_with_it_and_takes_its_databases_along() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let group = get(&cloud, &format!("{GROUPS}/default")).await.json();
    let deleted = delete(&cloud, &format!("{GROUPS}/default")).await;
    assert_eq!((deleted.status, deleted.json()), (200, group));
    assert_eq!(get(&cloud, "/v1/organizations/acme/databases").await.json(), json!({"databases": []}));
    assert_eq!(get(&cloud, "/v1/organizations/acme/databases/orders").await.status, 404);
    assert_eq!(get(&cloud, GROUPS).await.json(), json!({"groups": []}));
    assert_eq!(audit_log(&cloud).await[0], ("group-delete".to_owned(), json!({"group": "default"})));
}

#[tokio::test]
async fn the_groups_of_an_organization_are_its_own() {
    let cloud = Cloud::new().unwrap();
    post(&cloud, GROUPS, r#"{"name":"eu","location":"local"}"#).await;
    assert_eq!(get(&cloud, "/v1/organizations/dev/groups/eu").await.status, 404);
    assert_eq!(post(&cloud, "/v1/organizations/dev/groups", r#"{"name":"eu","location":"local"}"#).await.status, 200);
}

#[tokio::test]
async fn a_group_needs_a_name_and_a_location_that_follow_the_rules() {
    let cloud = Cloud::new().unwrap();
    for (body, part) in [
        (r"{}", "name"),
        (r#"{"name":"eu"}"#, "location"),
        (r#"{"name":"","location":"local"}"#, "group name"),
        (r#"{"name":"..","location":"local"}"#, "group name"),
        (r#"{"name":"a/b","location":"local"}"#, "group name"),
        (r#"{"name":"%2e%2e","location":"local"}"#, "group name"),
        (r#"{"name":"grün","location":"local"}"#, "group name"),
        (r#"{"name":"a\u0000b","location":"local"}"#, "group name"),
        (r#"{"name":"eu","location":""}"#, "location"),
        (r#"{"name":1,"location":"local"}"#, "name is not valid"),
        (r#"{"name":"eu","location":"local","extensions":["vector","rot13"]}"#, r#"extension "rot13""#),
        (r"[]", "must be a JSON object"),
        ("not json", "is not JSON"),
        ("", "the body is missing"),
    ] {
        let refused = post(&cloud, GROUPS, body).await;
        assert_eq!(refused.status, 400, "{body}");
        assert!(refused.error().contains(part), "{body}: {}", refused.error());
    }
    let too_long = format!(r#"{{"name":"{}","location":"local"}}"#, "a".repeat(65));
    assert!(post(&cloud, GROUPS, &too_long).await.error().contains("at most 64 characters"));
    assert_eq!(audit_log(&cloud).await, Vec::<(String, Value)>::new());
}
