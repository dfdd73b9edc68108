//! What the official command line asks for beside the operations of the catalogue. `conformance/turso` runs it.

use http::{Method, Request, header};
use serde_json::json;
use turso_cloud::transport::Body;
use turso_cloud_contract::members::Role;
use turso_cloud_local::Cloud;

use crate::support::{Answer, call_as, delete, get, patch, post, send, token_of};

async fn visit(cloud: &Cloud, path: &str) -> Answer {
    send(cloud, Request::get(path).body(Body::empty()).unwrap()).await
}

/// The session a login hands to the program that listens on port 4711.
async fn log_in(cloud: &Cloud) -> String {
    let answer = visit(cloud, "/?port=4711&redirect=true&type=cli&state=s%26t").await;
    assert_eq!(answer.status, 302, "{}", answer.text);
    let location = answer.headers[header::LOCATION].to_str().unwrap();
    let query = location.strip_prefix("http://localhost:4711/?jwt=").unwrap();
    query.strip_suffix("&state=s%26t").unwrap().to_owned()
}

#[tokio::test]
async fn a_path_without_an_organization_means_the_personal_one() {
    let cloud = Cloud::new().unwrap();
    let body = r#"{"name":"notes","group":"default"}"#;
    assert_eq!(post(&cloud, "/v1/databases", body).await.status, 200);
    assert_eq!(get(&cloud, "/v1/organizations/dev/databases/notes").await.status, 200);
    assert_eq!(get(&cloud, "/v1/organizations/acme/databases/notes").await.status, 404);
    for path in [
        "/databases",
        "/databases/notes",
        "/databases/notes/configuration",
        "/databases/notes/instances",
        "/databases/notes/usage",
        "/databases/notes/usage/queries?from=2026-01-01T00:00:00Z",
        "/groups",
        "/groups/default",
        "/usage",
        "/subscription",
        "/invoices?type=issued",
        "/plans",
        "/billing/customer",
        "/billing/payment-methods?stripe_id=cus_1",
    ] {
        let (short, long) = (format!("/v1{path}"), format!("/v1/organizations/dev{path}"));
        let (short, long) = (get(&cloud, &short).await, get(&cloud, &long).await);
        assert_eq!((short.status, &short.text), (200, &long.text), "{path}");
    }
    assert_eq!(get(&cloud, "/v1/organizations//members").await.json()["members"][0]["username"], "dev");
    assert_eq!(get(&cloud, "/v2/organizations//jwks").await.json(), json!({"jwks": []}));
    let configured = patch(&cloud, "/v1/databases/notes/configuration", r#"{"size_limit":"1mb"}"#).await;
    assert_eq!(configured.json()["size_limit"], "1000000");
    assert_eq!(delete(&cloud, "/v1/databases/notes").await.json(), json!({"database": "notes"}));
}

#[tokio::test]
async fn everybody_has_a_personal_organization_of_their_own() {
    let cloud = Cloud::builder().with_user("bob").build().unwrap();
    let bob = token_of(&cloud, "bob");
    let created = call_as(&cloud, &bob, Method::POST, "/v1/databases", r#"{"name":"his","group":"default"}"#).await;
    assert_eq!(created.status, 200, "{}", created.text);
    assert_eq!(get(&cloud, "/v1/databases").await.json(), json!({"databases": []}));
    assert_eq!(call_as(&cloud, &bob, Method::GET, "/v1/organizations/bob/databases/his", "").await.status, 200);
}

#[tokio::test]
async fn what_stands_for_the_personal_organization_is_no_name_of_one() {
    let cloud = Cloud::new().unwrap();
    assert_eq!(get(&cloud, "/v1/organizations/~/groups").await.status, 404);
}

#[tokio::test]
async fn a_token_of_another_organization_does_not_open_the_personal_one() {
    let cloud = Cloud::new().unwrap();
    let token = crate::support::mint_api_token(&cloud, "team", r#"{"organization":"acme"}"#).await;
    assert_eq!(call_as(&cloud, &token, Method::GET, "/v1/databases", "").await.status, 403);
}

#[tokio::test]
async fn a_dump_may_be_sent_to_the_personal_organization() {
    let cloud = Cloud::new().unwrap();
    let form =
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"d\"\r\n\r\nCREATE TABLE t (x);\r\n--b--\r\n";
    let request = Request::post("/v1/databases/dumps")
        .header(header::AUTHORIZATION, format!("Bearer {}", cloud.token().expose()))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
    let sent = send(&cloud, request.body(form.into()).unwrap()).await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    let url = &sent.json()["dump_url"];
    let seeded = json!({"name": "loaded", "group": "default", "seed": {"type": "dump", "url": url}}).to_string();
    assert_eq!(post(&cloud, "/v1/databases", &seeded).await.status, 200);
    assert_eq!(post(&cloud, "/v1/organizations/acme/databases", &seeded).await.status, 400, "of another organization");
}

#[tokio::test]
async fn older_names_are_understood() {
    let cloud = Cloud::new().unwrap();
    assert_eq!(get(&cloud, "/v1/current-user").await.text, get(&cloud, "/v1/user").await.text);
    let invite = r#"{"email":"ada@example.com","role":"admin"}"#;
    assert_eq!(post(&cloud, "/v1/organizations/acme/invite", invite).await.status, 200);
    let listed = get(&cloud, "/v1/organizations/acme/invites").await;
    assert_eq!(listed.json()["invites"][0]["email"], "ada@example.com");
    assert_eq!(delete(&cloud, "/v1/organizations/acme/invites/ada@example.com").await.status, 200);
    assert_eq!(get(&cloud, "/v2/organizations/acme/invites").await.json(), json!({"invites": []}));
    let locations = get(&cloud, "/v2/locations").await;
    assert_eq!(locations.text, get(&cloud, "/v2/organizations/dev/locations").await.text);
}

#[tokio::test]
async fn a_refusal_names_the_path_as_it_was_sent() {
    let cloud = Cloud::new().unwrap();
    let expected = (404, "no operation answers GET /v1/databases/a/b/c/d".to_owned());
    assert_eq!(get(&cloud, "/v1/databases/a/b/c/d").await.refusal(), expected);
}

#[tokio::test]
async fn a_login_begins_a_session_that_ends_after_a_week() {
    let cloud = Cloud::builder().seed(7).build().unwrap();
    let session = log_in(&cloud).await;
    assert_eq!(call_as(&cloud, &session, Method::GET, "/v1/user", "").await.json()["user"]["username"], "dev");
    let validity = call_as(&cloud, &session, Method::GET, "/v1/auth/validate", "").await.json();
    assert_eq!(validity["exp"], cloud.clock().now().as_second() + 7 * 24 * 3600);
    let listed = get(&cloud, "/v1/auth/api-tokens").await.json();
    assert!(listed["tokens"].as_array().unwrap().iter().all(|token| token["name"] != "session"), "{listed}");
    cloud.clock().advance(std::time::Duration::from_secs(7 * 24 * 3600));
    let refused = call_as(&cloud, &session, Method::GET, "/v1/user", "").await;
    assert_eq!(refused.refusal(), (401, "invalid api token".to_owned()));
}

#[tokio::test]
async fn all_sessions_end_at_once_and_api_tokens_stay() {
    let cloud = Cloud::builder().seed(7).build().unwrap();
    let sessions = [log_in(&cloud).await, log_in(&cloud).await];
    let answer = post(&cloud, "/v1/auth/invalidate", "").await;
    assert_eq!(answer.json(), json!({"validFrom": cloud.clock().now().as_second()}));
    for session in sessions {
        assert_eq!(call_as(&cloud, &session, Method::GET, "/v1/user", "").await.status, 401);
    }
    assert_eq!(get(&cloud, "/v1/user").await.status, 200);
}

#[tokio::test]
async fn a_headless_login_shows_a_page_that_no_other_may_frame() {
    let cloud = Cloud::new().unwrap();
    let page = visit(&cloud, "/signup?redirect=false").await;
    assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"));
    assert!(page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("frame-ancestors 'none'"));
    let token = page.text.split('"').nth(1).unwrap();
    assert_eq!(call_as(&cloud, token, Method::GET, "/v1/user", "").await.status, 200);
    assert_eq!(visit(&cloud, "/?redirect=true&state=x").await.status, 400, "no port");
    for port in ["99999", "0", "-1", "", "x"] {
        for path in ["/", "/signup"] {
            let refused = visit(&cloud, &format!("{path}?redirect=true&port={port}")).await;
            assert_eq!(refused.refusal(), (400, format!("port {port:?} is not valid: must be from 1 to 65535")));
        }
    }
    assert_eq!(visit(&cloud, "/").await.status, 404);
}

#[tokio::test]
async fn every_release_is_the_latest_one() {
    let cloud = Cloud::new().unwrap();
    let request = Request::get("/releases/latest").header("TursoCliVersion", "v1.0.29").body(Body::empty()).unwrap();
    assert_eq!(send(&cloud, request).await.json(), json!({"latest": "v1.0.29"}));
}

#[tokio::test]
async fn an_organization_is_put_on_a_plan() {
    let cloud = Cloud::builder().with_member("vera", Role::Member).build().unwrap();
    let path = "/v1/organizations/acme/subscription";
    assert_eq!(post(&cloud, path, r#"{"plan":"scaler","overages":true}"#).await.status, 200);
    let subscription = get(&cloud, path).await.json()["subscription"].clone();
    assert_eq!((&subscription["plan"], &subscription["overages"]), (&json!("scaler"), &json!(true)));
    let codes = async || crate::support::audit_log(&cloud).await.into_iter().map(|entry| entry.0).collect::<Vec<_>>();
    assert_eq!(codes().await, ["org-set-overages", "org-plan-update"]);
    let same = r#"{"plan":"scaler","timeline":"monthly","overages":true}"#;
    assert_eq!(post(&cloud, path, same).await.status, 200);
    assert_eq!(codes().await.len(), 2, "what is as it was has not been changed");
    for refused in [r#"{"plan":"golden"}"#, r#"{"plan":"scaler","timeline":"yearly"}"#] {
        assert_eq!(post(&cloud, path, refused).await.status, 400, "{refused}");
    }
    let vera = token_of(&cloud, "vera");
    assert_eq!(call_as(&cloud, &vera, Method::POST, path, r#"{"plan":"starter"}"#).await.status, 403);
}

#[tokio::test]
async fn whoever_pays_is_known_at_once() {
    let cloud = Cloud::new().unwrap();
    let customer = post(&cloud, "/v1/organizations/stripe-customer", r#"{"Name":"umbrella"}"#).await.json();
    assert!(customer["stripeCustomerId"].as_str().unwrap().starts_with("cus_"), "{customer}");
    assert_eq!(post(&cloud, "/v1/organizations/stripe-customer", r#"{"name":" "}"#).await.status, 400);
    let exists = get(&cloud, "/v1/organizations/acme/billing/payment-methods").await.json();
    assert_eq!(exists, json!({"exists": true}));
}

#[tokio::test]
async fn no_group_moves_off_the_old_platform() {
    let cloud = Cloud::new().unwrap();
    let path = "/v1/organizations/acme/groups/default/aws/migration";
    assert_eq!(get(&cloud, &format!("{path}/info")).await.json(), json!({"status": "none", "comment": ""}));
    for step in ["start", "abort"] {
        assert_eq!(post(&cloud, &format!("{path}/{step}"), "").await.status, 400);
    }
    assert_eq!(get(&cloud, "/v1/groups/none/aws/migration/info").await.status, 404);
}
