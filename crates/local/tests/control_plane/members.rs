//! Members and what their roles allow.

use http::Method;
use serde_json::json;
use turso_cloud_contract::members::Role;
use turso_cloud_local::Cloud;

use crate::support::{audit_log, call_as, delete, get, patch, post, token_of};

const MEMBERS: &str = "/v1/organizations/acme/members";

fn cloud() -> Cloud {
    Cloud::builder()
        .with_user("eve")
        .with_member("adam", Role::Admin)
        .with_member("mia", Role::Member)
        .with_member("vera", Role::Viewer)
        .build()
        .unwrap()
}

#[tokio::test]
async fn members_are_listed_and_got_with_role_and_address() {
    let cloud = cloud();
    let listed = get(&cloud, MEMBERS).await;
    assert_eq!(listed.status, 200);
    let members = listed.json()["members"].as_array().unwrap().clone();
    assert_eq!(members.len(), 4);
    assert_eq!(members[0], json!({"username": "dev", "role": "owner", "email": "dev@example.com"}));
    let vera = json!({"member": {"username": "vera", "role": "viewer", "email": "vera@example.com"}});
    assert_eq!(get(&cloud, &format!("{MEMBERS}/vera")).await.json(), vera);
    let missing = get(&cloud, &format!("{MEMBERS}/eve")).await;
    assert_eq!(missing.refusal(), (404, "could not find member".to_owned()));
}

#[tokio::test]
async fn a_user_is_added_as_a_member_unless_another_role_is_given() {
    let cloud = cloud();
    let added = post(&cloud, MEMBERS, r#"{"username":"eve"}"#).await;
    assert_eq!((added.status, added.json()), (200, json!({"member": "eve", "role": "member"})));
    assert_eq!(audit_log(&cloud).await[0], ("org-member-add".to_owned(), json!({"username": "eve"})));
    let eve = token_of(&cloud, "eve");
    assert_eq!(call_as(&cloud, &eve, Method::GET, "/v1/organizations/acme/groups", "").await.status, 200);
    let again = post(&cloud, MEMBERS, r#"{"username":"eve"}"#).await;
    assert_eq!(again.refusal(), (409, "user eve is already a member of organization acme".to_owned()));
}

#[tokio::test]
async fn who_cannot_be_added_is_refused() {
    let cloud = cloud();
    let unknown = post(&cloud, MEMBERS, r#"{"username":"nobody"}"#).await;
    assert_eq!(unknown.refusal(), (404, "could not find user nobody".to_owned()));
    for body in [r#"{"username":"eve","role":"owner"}"#, r#"{"username":"eve","role":"king"}"#, "{}"] {
        assert_eq!(post(&cloud, MEMBERS, body).await.status, 400, "{body}");
    }
    let personal = post(&cloud, "/v1/organizations/dev/members", r#"{"username":"eve"}"#).await;
    assert_eq!(personal.status, 400);
}

#[tokio::test]
async fn a_role_is_changed_by_an_admin_and_never_to_or_from_owner() {
    let cloud = cloud();
    let path = format!("{MEMBERS}/vera");
    let changed = patch(&cloud, &path, r#"{"role":"admin"}"#).await;
    let vera = json!({"member": {"username": "vera", "email": "vera@example.com", "role": "admin"}});
    assert_eq!((changed.status, changed.json()), (200, vera));
    for role in ["owner", "king"] {
        let refused = patch(&cloud, &path, &format!(r#"{{"role":"{role}"}}"#)).await;
        assert_eq!(refused.refusal(), (400, "invalid role".to_owned()));
    }
    let unknown = patch(&cloud, &format!("{MEMBERS}/eve"), r#"{"role":"admin"}"#).await;
    assert_eq!(unknown.refusal(), (404, "could not find user eve".to_owned()));
    assert_eq!(patch(&cloud, &format!("{MEMBERS}/dev"), r#"{"role":"viewer"}"#).await.status, 400);
    let mia = token_of(&cloud, "mia");
    let refused = call_as(&cloud, &mia, Method::PATCH, &path, r#"{"role":"admin"}"#).await;
    assert_eq!(refused.refusal(), (403, "updating member roles is only allowed for admin or owner".to_owned()));
}

#[tokio::test]
async fn a_member_is_removed_by_an_admin_or_leaves() {
    let cloud = cloud();
    let (mia, vera) = (token_of(&cloud, "mia"), token_of(&cloud, "vera"));
    let path = |username: &str| format!("{MEMBERS}/{username}");
    assert_eq!(call_as(&cloud, &mia, Method::DELETE, &path("vera"), "").await.status, 403);
    let scoped = call_as(&cloud, &mia, Method::POST, "/v1/auth/api-tokens/ci", r#"{"organization":"acme"}"#).await;
    let removed = delete(&cloud, &path("mia")).await;
    assert_eq!((removed.status, removed.json()), (200, json!({"member": "mia"})));
    assert_eq!(audit_log(&cloud).await[0].0, "org-member-rm");
    assert_eq!(call_as(&cloud, &mia, Method::GET, "/v1/organizations/acme", "").await.status, 403);
    let scoped = scoped.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(call_as(&cloud, &scoped, Method::GET, "/v1/auth/validate", "").await.status, 401);
    assert_eq!(call_as(&cloud, &vera, Method::DELETE, &path("vera"), "").await.status, 200);
    assert_eq!(audit_log(&cloud).await[0].0, "org-member-leave");
    let again = delete(&cloud, &path("vera")).await;
    assert_eq!(again.refusal(), (404, "user vera is not a member of org acme".to_owned()));
    assert_eq!(delete(&cloud, &path("dev")).await.status, 400);
}
