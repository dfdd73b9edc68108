//! Organizations.

use http::Method;
use serde_json::{Value, json};
use turso_cloud_contract::members::Role;
use turso_cloud_local::{Cloud, CloudError};

use crate::support::{audit_log, call, create_database, delete, get, mint, ok, outcome, patch, post};

fn organization(name: &str, slug: &str, kind: &str) -> Value {
    json!({
        "name": name, "slug": slug, "type": kind, "overages": false, "blocked_reads": false, "blocked_writes": false,
        "require_mfa": false, "plan_id": "pro", "plan_timeline": "monthly", "platform": "",
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
    let mut acme = organization("Acme", "acme", "team");
    acme["restore_enabled"] = json!(true);
    let listed = get(&cloud, "/v2/organizations").await.json();
    acme["id"] = listed["organizations"][1]["id"].clone();
    assert_eq!((answer.status, answer.json()), (200, json!({ "organization": acme })));
}

#[tokio::test]
async fn a_plan_that_costs_nothing_is_not_paid_every_month() {
    let cloud = Cloud::builder().with_plan("starter").build().unwrap();
    let organization = get(&cloud, "/v1/organizations/acme").await.json()["organization"].clone();
    assert_eq!((&organization["plan_id"], &organization["plan_timeline"]), (&json!("starter"), &json!("")));
}

#[tokio::test]
async fn an_unknown_organization_is_not_found_whatever_is_asked_of_it() {
    let cloud = Cloud::new().unwrap();
    for path in ["", "/groups", "/groups/default", "/databases", "/databases/orders", "/audit-logs"] {
        let refused = get(&cloud, &format!("/v1/organizations/none{path}")).await;
        assert_eq!(refused.refusal(), (404, "organization none not found".to_owned()), "{path}");
    }
    for (method, path) in [
        (Method::GET, "/v1/organizations/none/members"),
        (Method::GET, "/v2/organizations/none/invites"),
        (Method::GET, "/v1/organizations/none/api-tokens"),
        (Method::GET, "/v2/organizations/none/locations"),
        (Method::GET, "/v1/organizations/none/plans"),
        (Method::GET, "/v1/organizations/none/subscription"),
        (Method::GET, "/v1/organizations/none/invoices"),
        (Method::GET, "/v1/organizations/none/usage"),
        (Method::GET, "/v1/organizations/none/billing/customer"),
        (Method::PUT, "/v1/organizations/none/billing/customer"),
        (Method::POST, "/v1/organizations/none/billing/portal"),
        (Method::GET, "/v2/organizations/none/jwks"),
        (Method::PUT, "/v2/organizations/none/jwks/clerk"),
    ] {
        let body = r#"{"jwks_url":"https://example.com/jwks.json","name":"","email":""}"#;
        let refused = call(&cloud, method, path, body).await;
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
        (Cloud::builder().with_user("a/b"), "username \"a/b\" is not valid: only a-z, A-Z"),
        (Cloud::builder().with_user("acme"), "username \"acme\" is not valid: an organization has this slug"),
        (Cloud::builder().with_member("bob", Role::Owner), "role \"owner\" is not valid: must be admin, member or"),
        (
            Cloud::builder().with_group("eu", "local").with_organization("acme").with_group("eu", "aws-eu-west-1"),
            "group \"eu\" is not valid: cannot be in \"local\" and in \"aws-eu-west-1\"",
        ),
        (
            Cloud::builder().with_member("bob", Role::Admin).with_member("bob", Role::Viewer),
            "member \"bob\" is not valid: cannot have the roles \"admin\" and \"viewer\"",
        ),
        (Cloud::builder().with_plan("gold"), "plan \"gold\" is not valid: it is not in the list of plans"),
    ] {
        let error = builder.build().unwrap_err();
        assert!(matches!(error, CloudError::Input(_)), "{error:?}");
        assert!(error.to_string().starts_with(sentence), "{error}");
    }
}

#[tokio::test]
async fn the_second_version_of_the_list_tells_ids() {
    let cloud = Cloud::new().unwrap();
    let listed = get(&cloud, "/v2/organizations").await.json();
    let acme = listed["organizations"][1].clone();
    assert_eq!(acme["id"].as_str().unwrap().len(), 36);
    assert_eq!(acme, json!({"id": acme["id"], "name": "Acme", "slug": "acme", "type": "team", "overages": false}));
}

#[tokio::test]
async fn a_new_organization_gets_its_slug_from_its_name() {
    let cloud = Cloud::new().unwrap();
    let tried = post(&cloud, "/v1/organizations?dry_run=true", r#"{"name":"Big & Sons"}"#).await;
    let expected = json!({"org": {"name": "Big & Sons", "slug": "big-sons", "type": "team", "overages": false}});
    assert_eq!((tried.status, tried.json()), (200, expected));
    assert_eq!(get(&cloud, "/v1/organizations/big-sons").await.status, 404);
    let created = post(&cloud, "/v1/organizations?dry_run=false", r#"{"Name":"Big & Sons"}"#).await.json();
    assert_eq!(created["org"]["slug"], "big-sons");
    assert!(created["org"]["id"].is_string());
    let log = get(&cloud, "/v1/organizations/big-sons/audit-logs").await.json();
    assert_eq!(log["audit_logs"][0]["code"], "org-create");
    let taken = post(&cloud, "/v1/organizations", r#"{"name":"big sons"}"#).await;
    assert_eq!(taken.refusal(), (409, "organization big-sons already exists".to_owned()));
    for name in ["", " ", "!"] {
        assert_eq!(post(&cloud, "/v1/organizations", &json!({ "name": name }).to_string()).await.status, 400);
    }
}

#[tokio::test]
async fn the_slug_of_a_long_name_leaves_room_for_a_database_in_a_host_name() {
    let cloud = Cloud::new().unwrap();
    let body = json!({ "name": "y".repeat(64) }).to_string();
    let slug = post(&cloud, "/v1/organizations", &body).await.json()["org"]["slug"].as_str().unwrap().to_owned();
    assert_eq!(slug, "y".repeat(61));
    let organization = format!("/v1/organizations/{slug}");
    let group = post(&cloud, &format!("{organization}/groups"), r#"{"name":"default","location":"local"}"#).await;
    assert_eq!(group.status, 200, "{}", group.text);
    let database = post(&cloud, &format!("{organization}/databases"), r#"{"name":"a","group":"default"}"#).await;
    assert_eq!(database.status, 200, "{}", database.text);
}

#[tokio::test]
async fn the_name_of_an_organization_has_no_control_characters() {
    let cloud = Cloud::new().unwrap();
    let refused = post(&cloud, "/v1/organizations", r#"{"name":"A\u0000b"}"#).await;
    let rule = "must not contain a control character (at character 2)";
    assert_eq!(refused.refusal(), (400, format!("organization name \"A\\0b\" is not valid: {rule}")));
    let created = post(&cloud, "/v1/organizations", r#"{"name":" Ab\n"}"#).await.json();
    assert_eq!(created["org"]["name"], "Ab");
}

#[tokio::test]
async fn whoever_pays_for_no_plan_names_who_pays_for_a_new_organization() {
    let cloud = Cloud::builder().with_organization("dev").with_plan("starter").build().unwrap();
    let tried = post(&cloud, "/v1/organizations?dry_run=true", r#"{"name":"umbrella"}"#).await;
    assert_eq!(tried.status, 200, "nothing is to be paid for yet: {}", tried.text);
    for body in [r#"{"name":"umbrella"}"#, r#"{"name":"umbrella","stripe_id":""}"#] {
        let refused = post(&cloud, "/v1/organizations", body).await;
        let sentence = "organization dev can't create organizations because plan starter doesn't support it";
        assert_eq!(refused.refusal(), (402, sentence.to_owned()), "{body}");
    }
    assert_eq!(get(&cloud, "/v1/organizations/umbrella").await.status, 404);
    let created = post(&cloud, "/v1/organizations", r#"{"name":"umbrella","stripe_id":"cus_7"}"#).await;
    assert_eq!(created.status, 200, "{}", created.text);
}

#[tokio::test]
async fn what_is_not_named_in_a_change_stays() {
    let cloud = Cloud::new().unwrap();
    let changed = patch(&cloud, "/v1/organizations/acme", r#"{"overages":true}"#).await;
    assert_eq!((changed.status, &changed.json()["organization"]["overages"]), (200, &json!(true)));
    assert_eq!(audit_log(&cloud).await[0].0, "org-set-overages");
    let changed = patch(&cloud, "/v1/organizations/acme", r#"{"restore_enabled":false}"#).await;
    assert_eq!((changed.status, &changed.json()["organization"]["overages"]), (200, &json!(true)));
    assert_eq!(changed.json()["organization"]["restore_enabled"], json!(false));
    let both = r#"{"restore_enabled":true,"overages":false}"#;
    assert_eq!(patch(&cloud, "/v1/organizations/acme", both).await.status, 400);
    assert_eq!(patch(&cloud, "/v1/organizations/acme", r#"{"require_mfa":true}"#).await.status, 403);
    assert_eq!(patch(&cloud, "/v1/organizations/acme", r#"{"require_mfa":false}"#).await.status, 200);
    assert_eq!(patch(&cloud, "/v1/organizations/none", "{}").await.status, 404);
    for unchanged in ["{}", r#"{"overages":true}"#] {
        assert_eq!(patch(&cloud, "/v1/organizations/acme", unchanged).await.status, 200, "{unchanged}");
    }
    let log = audit_log(&cloud).await;
    assert_eq!(log, [("org-set-overages".to_owned(), json!({"overages": "true"}))], "only the change is told of");
}

#[tokio::test]
async fn the_files_of_what_could_be_brought_back_go_with_the_team() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = Cloud::builder().directory(directory.path()).build().unwrap();
    create_database(&cloud, "orders").await;
    let token = mint(&cloud, "/v1/organizations/acme/databases/orders/auth/tokens").await;
    assert_eq!(outcome(&cloud, "orders-acme", &token, "CREATE TABLE t (a)").await, ok());
    assert_eq!(delete(&cloud, "/v1/organizations/acme/groups/default").await.status, 200);
    let files = || std::fs::read_dir(directory.path().join("databases")).unwrap().count();
    assert!(files() > 0);
    assert_eq!(delete(&cloud, "/v1/organizations/acme").await.status, 200);
    let gone = async {
        // By the last request that used them, on another thread.
        while files() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.expect("the files stay");
}

#[tokio::test]
async fn an_empty_team_is_deleted_and_nothing_else() {
    let cloud = Cloud::new().unwrap();
    assert_eq!(delete(&cloud, "/v1/organizations/dev").await.status, 400);
    assert_eq!(delete(&cloud, "/v1/organizations/acme").await.status, 400);
    assert_eq!(delete(&cloud, "/v1/organizations/none").await.status, 404);
    assert_eq!(delete(&cloud, "/v1/organizations/acme/groups/default").await.status, 200);
    let deleted = delete(&cloud, "/v1/organizations/acme").await;
    assert_eq!((deleted.status, deleted.text.as_str()), (200, ""));
    assert_eq!(get(&cloud, "/v1/organizations/acme").await.status, 404);
    let log = get(&cloud, "/v1/organizations/dev/audit-logs").await.json();
    assert_eq!(log["audit_logs"][0]["code"], "org-delete");
}
