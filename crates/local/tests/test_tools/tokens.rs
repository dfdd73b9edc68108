//! The tokens of everybody, for programs in any language.

use http::{Request, header};
use serde_json::{Value, json};
use turso_cloud::transport::Body;
use turso_cloud_local::{Cloud, local_api::UserToken};

use crate::support::exchange;

const SEED: &str = r#"
[[user]]
name = "eve"

[[organization]]
slug = "acme"

[[organization.member]]
user = "vera"
role = "viewer"

[[token]]
name = "ci"
user = "vera"
organization = "acme"
id = "AAAAAAAAAAAAAAAAAAAAAA"
"#;

fn seeded() -> Cloud {
    Cloud::builder().seed_toml(SEED).unwrap().build().unwrap()
}

async fn send(cloud: &Cloud, request: http::request::Builder) -> (u16, Value) {
    let (head, body) = cloud.handle(request.body(Body::empty()).unwrap()).await.into_parts();
    let body = body.collect(usize::MAX).await.unwrap();
    (head.status.as_u16(), serde_json::from_slice(&body).unwrap())
}

async fn listed(cloud: &Cloud) -> Vec<UserToken> {
    let (status, answer) = send(cloud, Request::get("/_local/tokens")).await;
    assert_eq!(status, 200, "{answer}");
    serde_json::from_value(answer).unwrap()
}

#[tokio::test]
async fn the_tokens_of_everybody_in_a_seed_file_are_told() {
    let cloud = seeded();
    let tokens = listed(&cloud).await;
    assert_eq!(tokens, cloud.api_tokens().unwrap());
    let told: Vec<_> =
        tokens.iter().map(|token| (&*token.user, &*token.name, token.organization.as_deref(), &token.group)).collect();
    let expected = [
        ("dev", "local", None, &None),
        ("eve", "local", None, &None),
        ("vera", "ci", Some("acme"), &None),
        ("vera", "local", None, &None),
    ];
    assert_eq!(told, expected);
    assert_eq!((&tokens[0].token, Some(&tokens[3].token)), (&cloud.token(), cloud.token_of("vera").as_ref()));

    let get = async |path: &str, index: usize| {
        let bearer = format!("Bearer {}", tokens[index].token.expose());
        send(&cloud, Request::get(path).header(header::AUTHORIZATION, bearer)).await
    };
    for (index, token) in tokens.iter().enumerate() {
        assert_eq!(get("/v1/user", index).await.1["user"]["username"], token.user.as_str());
    }
    assert_eq!(get("/v1/organizations/acme/groups", 2).await.0, 200);
    assert_eq!(get("/v1/organizations/vera/groups", 2).await.0, 403, "the token opens acme alone");
    assert_eq!(get("/v1/organizations/vera/groups", 3).await.0, 200);
    assert_eq!(get("/v1/organizations/acme/groups", 1).await.0, 403, "eve is no member");
}

#[tokio::test]
async fn a_token_that_was_revoked_is_told_no_more_and_one_that_was_minted_is() {
    let cloud = seeded();
    let auth = |request: http::request::Builder| {
        request.header(header::AUTHORIZATION, format!("Bearer {}", cloud.token().expose()))
    };
    let (_, minted) = send(&cloud, auth(Request::post("/v1/auth/api-tokens/deploy"))).await;
    let told = listed(&cloud).await.into_iter().find(|token| token.name == "deploy").unwrap();
    assert_eq!((told.user.as_str(), json!(told.token.expose())), ("dev", minted["token"].clone()));
    assert_eq!(send(&cloud, auth(Request::delete("/v1/auth/api-tokens/deploy"))).await.0, 200);
    assert!(listed(&cloud).await.iter().all(|token| token.name != "deploy"));
}

#[tokio::test]
async fn tokens_are_told_to_no_web_page_and_to_no_other_machine_and_shown_nowhere_else() {
    let cloud = seeded();
    let page = Request::get("/_local/tokens").header(header::ORIGIN, "http://localhost:3000");
    assert_eq!(send(&cloud, page).await.0, 403);
    let server = cloud.serve("0.0.0.0:0").await.unwrap();
    let (answer, _) = exchange(&server, "GET /_local/tokens HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    let tokens = listed(&cloud).await;
    let shown = format!("{tokens:?} {cloud:?} {}", String::from_utf8_lossy(cloud.requests().har().as_bytes()));
    assert!(tokens.iter().all(|token| !shown.contains(token.token.expose())));
}
