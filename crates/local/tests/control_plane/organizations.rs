//! Organizations.

use serde_json::{Value, json};
use turso_cloud_local::{Cloud, CloudError};

use crate::support::get;

fn organization(name: &str, slug: &str, kind: &str) -> Value {
    json!({
        "name": name, "slug": slug, "type": kind, "overages": false, "blocked_reads": false, "blocked_writes": false,
        "require_mfa": false, "plan_id": "scaler", "plan_timeline": "", "platform": "",
    })
}

#[tokio::test]
async fn the_list_is_a_bare_array_with_the_personal_organization_in_it() {
    let cloud = Cloud::new().unwrap();
    let answer = get(&cloud, "/v1/organizations").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!([organization("personal", "dev", "personal"), organization("Acme", "acme", "team")]),
    );
}

#[tokio::test]
async fn one_organization_is_got_by_its_slug() {
    let cloud = Cloud::new().unwrap();
    let answer = get(&cloud, "/v1/organizations/acme").await;
    assert_eq!((answer.status, answer.json()), (200, json!({"organization": organization("Acme", "acme", "team")})));
}

#[tokio::test]
async fn an_unknown_organization_is_not_found_whatever_is_asked_of_it() {
    let cloud = Cloud::new().unwrap();
    for path in ["", "/groups", "/groups/default", "/databases", "/databases/orders", "/audit-logs"] {
        let refused = get(&cloud, &format!("/v1/organizations/none{path}")).await;
        assert_eq!(refused.refusal(), (404, "organization none not found".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn the_number_of_an_organization_is_not_its_slug() {
    let cloud = Cloud::new().unwrap();
    let refused = get(&cloud, "/v1/organizations/1").await;
    assert_eq!(refused.refusal(), (404, "organization 1 not found".to_owned()));
}

#[tokio::test]
async fn an_organization_that_is_named_to_the_builder_takes_the_place_of_acme() {
    let cloud = Cloud::builder()
        .with_organization("umbrella")
        .with_group("eu", "aws-eu-west-1")
        .with_organization("globex")
        .build()
        .unwrap();
    assert_eq!(cloud.organization().as_str(), "umbrella");
    let listed = get(&cloud, "/v1/organizations").await.json();
    let slugs: Vec<_> = listed.as_array().unwrap().iter().map(|o| o["slug"].as_str().unwrap()).collect();
    assert_eq!(slugs, ["dev", "umbrella", "globex"]);
    let eu = get(&cloud, "/v1/organizations/umbrella/groups/eu").await;
    assert_eq!(eu.json()["group"]["primary"], "aws-eu-west-1");
    assert_eq!(get(&cloud, "/v1/organizations/globex/groups/eu").await.status, 404);
    assert_eq!(get(&cloud, "/v1/organizations/globex/groups/default").await.status, 200);
}

#[tokio::test]
async fn a_group_named_alone_belongs_to_acme() {
    let cloud = Cloud::builder().with_group("default", "aws-eu-west-1").build().unwrap();
    let group = get(&cloud, "/v1/organizations/acme/groups/default").await;
    assert_eq!(group.json()["group"]["primary"], "aws-eu-west-1");
}

#[test]
fn a_builder_names_the_field_and_the_rule_of_a_bad_input() {
    for (builder, sentence) in [
        (Cloud::builder().with_organization("a/b"), "organization \"a/b\" is not valid: only a-z, A-Z"),
        (Cloud::builder().with_organization(".."), "organization \"..\" is not valid: must not be a relative path"),
        (Cloud::builder().with_group("", "local"), "group name \"\" is not valid: must not be empty"),
        (Cloud::builder().with_group("eu", "mars"), "location \"mars\" is not valid: it is not in the list"),
    ] {
        let error = builder.build().unwrap_err();
        assert!(matches!(error, CloudError::Input(_)), "{error:?}");
        assert!(error.to_string().starts_with(sentence), "{error}");
    }
}
