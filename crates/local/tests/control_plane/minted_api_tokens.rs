//! Tokens of the Platform API that are made, listed and revoked.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::Method;
use serde_json::{Value, json};
use turso_cloud_contract::members::Role;
use turso_cloud_local::Cloud;

use crate::support::{audit_log, call_as, delete, get, mint_api_token, post, token_of};

const TOKENS: &str = "/v1/auth/api-tokens";

fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_without_a_body_opens_everything_and_is_told_once() {
    let cloud = Cloud::builder().seed(7).build().unwrap();
    let answer = post(&cloud, "/v1/auth/api-tokens/ci", "").await;
    let (created, id) = (answer.json(), answer.json()["id"].clone());
    assert_eq!(answer.status, 200);
    assert_eq!(created["name"], "ci");
    let token = created["token"].as_str().unwrap();
    assert_eq!(claims(token), json!({ "jti": id }));
    assert_eq!(call_as(&cloud, token, Method::GET, "/v1/organizations/acme/groups", "").await.status, 200);
    let listed = get(&cloud, TOKENS).await;
    assert!(!listed.text.contains(token));
    let ci = listed.json()["tokens"].as_array().unwrap().iter().find(|token| token["name"] == "ci").cloned();
    assert_eq!(ci.unwrap(), json!({"name": "ci", "id": id, "created_at": "2026-01-01"}));
}

#[tokio::test]
async fn the_second_version_nests_the_token_under_another_key() {
    let cloud = Cloud::new().unwrap();
    let answer = post(&cloud, "/v2/auth/api-tokens/ci", "{}").await.json();
    assert_eq!(answer["token"]["name"], "ci");
    let token = answer["token"]["value"].as_str().unwrap();
    assert_eq!(call_as(&cloud, token, Method::GET, "/v1/auth/validate", "").await.text, r#"{"exp":-1}"#);
}

#[tokio::test]
async fn a_token_of_one_organization_opens_no_other_and_makes_none_that_does() {
    let cloud = Cloud::new().unwrap();
    let token = mint_api_token(&cloud, "ci", r#"{"Organization":"acme"}"#).await;
    assert!(claims(&token)["org_id"].is_i64());
    let ask = async |method, path, body| call_as(&cloud, &token, method, path, body).await;
    assert_eq!(ask(Method::GET, "/v1/organizations/acme/groups", "").await.status, 200);
    assert_eq!(ask(Method::GET, "/v1/organizations/dev/groups", "").await.status, 403);
    assert_eq!(ask(Method::POST, "/v1/auth/api-tokens/all", "").await.status, 403);
    assert_eq!(ask(Method::POST, "/v1/auth/api-tokens/dev", r#"{"organization":"dev"}"#).await.status, 403);
    assert_eq!(ask(Method::POST, "/v1/organizations", r#"{"name":"Other"}"#).await.status, 403);
    assert_eq!(ask(Method::DELETE, "/v1/auth/api-tokens/local", "").await.status, 404);
    let names: Vec<_> = ask(Method::GET, TOKENS, "").await.json()["tokens"].as_array().unwrap().clone();
    assert_eq!(names.iter().map(|token| &token["name"]).collect::<Vec<_>>(), ["ci"]);
}

#[tokio::test]
async fn a_token_of_one_group_has_its_scopes_spelt_out_and_sorted() {
    let cloud = Cloud::new().unwrap();
    let body = r#"{"organization":"acme","group":"default","scopes":["read","db:create","read-only"]}"#;
    let token = mint_api_token(&cloud, "ci", body).await;
    let group = get(&cloud, "/v1/organizations/acme/groups/default").await.json()["group"]["uuid"].clone();
    let claims = claims(&token);
    assert_eq!(claims["scopes"], json!({"scopes": ["db:create", "read"]}));
    assert_eq!(claims["group_uuid"], group);
    let body = r#"{"organization":"acme","group":"default","scopes":["full-access"]}"#;
    mint_api_token(&cloud, "all", body).await;
    let listed = get(&cloud, "/v1/organizations/acme/api-tokens").await.json();
    let all = listed["tokens"].as_array().unwrap().iter().find(|token| token["name"] == "all").unwrap().clone();
    assert_eq!(
        all["scopes"],
        json!([
            "db:configure",
            "db:create",
            "db:delete",
            "db:mint-token",
            "db:rotate-creds",
            "group:configure",
            "group:mint-token",
            "group:rotate-creds",
            "read",
        ])
    );
    assert_eq!((&all["group"], &all["organization"]), (&json!("default"), &json!("acme")));
    assert_eq!(all["owner"], json!({"username": "dev", "email": "dev@example.com"}));
}

#[tokio::test]
async fn a_token_that_cannot_be_made_is_refused() {
    let cloud = Cloud::new().unwrap();
    mint_api_token(&cloud, "ci", "").await;
    for (name, body, status) in [
        ("ci", "", 409),
        ("a", r#"{"organization":"none"}"#, 404),
        ("a", r#"{"organization":"acme","group":"none","scopes":["read"]}"#, 404),
        ("a", r#"{"organization":"acme","group":"default","scopes":["db:fly"]}"#, 400),
        ("a", r#"{"organization":"acme","group":"default","scopes":[]}"#, 400),
        ("a", r#"{"group":"default","scopes":["read"]}"#, 400),
        ("a", r#"{"organization":"acme","scopes":["read"]}"#, 400),
        ("a%20b", "", 400),
        ("a", "not json", 400),
    ] {
        for version in ["v1", "v2"] {
            let answer = post(&cloud, &format!("/{version}/auth/api-tokens/{name}"), body).await;
            assert_eq!(answer.status, status, "{version} {name} {body} {}", answer.text);
        }
    }
}

#[tokio::test]
async fn only_admins_and_owners_make_tokens_of_one_group() {
    let body = r#"{"organization":"acme","group":"default","scopes":["read"]}"#;
    for (role, status) in [(Role::Viewer, 403), (Role::Member, 403), (Role::Admin, 200)] {
        let cloud = Cloud::builder().with_member("bob", role.clone()).build().unwrap();
        let bob = token_of(&cloud, "bob");
        let answer = call_as(&cloud, &bob, Method::POST, "/v1/auth/api-tokens/ci", body).await;
        assert_eq!(answer.status, status, "{role}");
    }
}

#[tokio::test]
async fn a_revoked_token_is_no_longer_good_even_if_it_revoked_itself() {
    let cloud = Cloud::new().unwrap();
    let token = mint_api_token(&cloud, "ci", "").await;
    let revoked = call_as(&cloud, &token, Method::DELETE, "/v1/auth/api-tokens/ci", "").await;
    assert_eq!((revoked.status, revoked.text.as_str()), (200, r#"{"token":"ci"}"#));
    let refused = call_as(&cloud, &token, Method::GET, "/v1/auth/validate", "").await;
    assert_eq!(refused.refusal(), (401, "invalid api token".to_owned()));
    assert_eq!(delete(&cloud, "/v1/auth/api-tokens/ci").await.status, 404);
}

#[tokio::test]
async fn an_organization_lists_and_revokes_its_tokens_by_id() {
    let cloud = Cloud::builder().with_member("bob", Role::Member).build().unwrap();
    let bob = token_of(&cloud, "bob");
    let ours = r#"{"organization":"acme"}"#;
    mint_api_token(&cloud, "ours", ours).await;
    mint_api_token(&cloud, "everywhere", "").await;
    mint_api_token(&cloud, "personal", r#"{"organization":"dev"}"#).await;
    call_as(&cloud, &bob, Method::POST, "/v1/auth/api-tokens/bobs", ours).await;
    let path = "/v1/organizations/acme/api-tokens";
    let names = |answer: Value| -> Vec<String> {
        answer["tokens"].as_array().unwrap().iter().map(|token| token["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = get(&cloud, path).await.json();
    assert_eq!(names(all.clone()), ["ours", "bobs"].map(str::to_owned));
    let seen = call_as(&cloud, &bob, Method::GET, path, "").await.json();
    assert_eq!(names(seen.clone()), ["bobs".to_owned()]);
    assert_eq!(seen["tokens"][0].get("owner"), None);
    let id = |name: &str| all["tokens"].as_array().unwrap().iter().find(|t| t["name"] == name).unwrap()["id"].clone();
    let of = |name: &str| format!("{path}/{}", id(name).as_str().unwrap());
    assert_eq!(call_as(&cloud, &bob, Method::DELETE, &of("ours"), "").await.status, 404);
    let elsewhere = of("ours").replace("/acme/", "/dev/");
    assert_eq!(delete(&cloud, &elsewhere).await.status, 404);
    assert_eq!(delete(&cloud, &of("bobs")).await.json(), json!({"token": id("bobs")}));
    let own = get(&cloud, TOKENS).await.json();
    let everywhere = own["tokens"].as_array().unwrap().iter().find(|t| t["name"] == "everywhere").unwrap().clone();
    assert_eq!(delete(&cloud, &format!("{path}/{}", everywhere["id"].as_str().unwrap())).await.status, 404);
}

#[tokio::test]
async fn a_group_of_the_same_name_does_not_revive_a_token() {
    let cloud = Cloud::new().unwrap();
    let body = r#"{"organization":"acme","group":"default","scopes":["full-access"]}"#;
    let token = mint_api_token(&cloud, "ci", body).await;
    delete(&cloud, "/v1/organizations/acme/groups/default").await;
    let created = post(&cloud, "/v1/organizations/acme/groups", r#"{"name":"default","location":"local"}"#).await;
    assert_eq!(created.status, 200);
    let refused = call_as(&cloud, &token, Method::GET, "/v1/auth/validate", "").await;
    assert_eq!(refused.refusal(), (401, "invalid api token".to_owned()));
}

#[tokio::test]
async fn a_new_token_is_in_the_audit_log_of_its_organization() {
    let cloud = Cloud::new().unwrap();
    mint_api_token(&cloud, "ci", r#"{"organization":"acme"}"#).await;
    assert_eq!(audit_log(&cloud).await[0], ("user-token-create".to_owned(), json!({"token": "ci"})));
}
