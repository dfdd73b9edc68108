//! Invites.

use http::Method;
use serde_json::json;
use turso_cloud_local::Cloud;

use crate::support::{call_as, delete, get, post, token_of};

const INVITES: &str = "/v2/organizations/acme/invites";

#[tokio::test]
async fn an_invite_is_listed_until_it_is_taken_back() {
    let cloud = Cloud::builder().seed(7).build().unwrap();
    let invited = post(&cloud, INVITES, r#"{"email":"eve@example.com"}"#).await;
    let expected = json!({"invited": {"email": "eve@example.com", "role": "member", "organization": "Acme"}});
    assert_eq!((invited.status, invited.json()), (200, expected));
    let open = json!({"id": 1, "email": "eve@example.com", "role": "member", "created_at": "2026-01-01T00:00:00Z"});
    assert_eq!(get(&cloud, INVITES).await.json(), json!({"invites": [open]}));
    let path = format!("{INVITES}/eve%40example.com");
    let gone = delete(&cloud, &path).await;
    assert_eq!((gone.status, gone.text.as_str()), (200, ""));
    assert_eq!(get(&cloud, INVITES).await.json(), json!({"invites": []}));
    assert_eq!(delete(&cloud, &path).await.refusal(), (404, "invite not found".to_owned()));
}

#[tokio::test]
async fn a_second_invite_to_an_address_replaces_the_first() {
    let cloud = Cloud::builder().with_user("eve").build().unwrap();
    post(&cloud, INVITES, r#"{"email":"eve@example.com"}"#).await;
    let again = post(&cloud, INVITES, r#"{"username":"eve","role":"viewer"}"#).await;
    assert_eq!(again.json()["invited"]["email"], "eve@example.com");
    let listed = get(&cloud, INVITES).await.json();
    assert_eq!((listed["invites"].as_array().unwrap().len(), &listed["invites"][0]["role"]), (1, &json!("viewer")));
    let eve = token_of(&cloud, "eve");
    let user = call_as(&cloud, &eve, Method::GET, "/v1/user", "").await.json();
    assert_eq!(user["user"]["has_pending_invites"], true);
    post(&cloud, "/v1/organizations/acme/members", r#"{"username":"eve"}"#).await;
    assert_eq!(get(&cloud, INVITES).await.json(), json!({"invites": []}));
}

#[tokio::test]
async fn an_invite_that_cannot_be_sent_is_refused() {
    let cloud = Cloud::new().unwrap();
    for (body, status) in [
        ("{}", 400),
        (r#"{"email":"eve@example.com","username":"eve"}"#, 400),
        (r#"{"email":"eve"}"#, 400),
        (r#"{"email":"eve@example.com","role":"owner"}"#, 400),
        (r#"{"username":"nobody"}"#, 404),
        (r#"{"username":"dev"}"#, 409),
    ] {
        assert_eq!(post(&cloud, INVITES, body).await.status, status, "{body}");
    }
    let personal = post(&cloud, "/v2/organizations/dev/invites", r#"{"email":"eve@example.com"}"#).await;
    assert_eq!(personal.status, 400);
}

#[tokio::test]
async fn the_plan_starter_has_neither_invites_nor_audit_logs() {
    let cloud = Cloud::builder().with_plan("starter").build().unwrap();
    let refused = post(&cloud, INVITES, r#"{"email":"eve@example.com"}"#).await;
    let sentence = "organization acme can't invite users because plan starter doesn't support it";
    assert_eq!(refused.refusal(), (400, sentence.to_owned()));
    let refused = get(&cloud, "/v1/organizations/acme/audit-logs").await;
    assert_eq!((refused.status, &refused.json()["code"]), (403, &json!("feature_not_available_for_starter_plan")));
    assert!(Cloud::builder().with_plan("gold").build().is_err());
}
