//! Tokens of databases.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use turso_cloud_local::{Clock, Cloud};

use crate::support::{audit_log, create_database, get, post, query};

const TOKENS: &str = "/v1/organizations/acme/databases/orders/auth/tokens";
const ROTATE: &str = "/v1/organizations/acme/databases/orders/auth/rotate";

/// 2026-05-04T10:11:12Z
const NOW: i64 = 1_777_889_472;

async fn cloud_with_orders() -> Cloud {
    let clock = Clock::frozen_at(jiff::Timestamp::from_second(NOW).unwrap());
    let cloud = Cloud::builder().clock(clock).build().unwrap();
    create_database(&cloud, "orders").await;
    cloud
}

async fn mint(cloud: &Cloud, options: &str) -> String {
    let answer = post(cloud, &format!("{TOKENS}{options}"), "").await;
    assert_eq!(answer.status, 200, "{options}: {}", answer.text);
    let body = answer.json();
    assert_eq!(body.as_object().unwrap().len(), 1);
    body["jwt"].as_str().unwrap().to_owned()
}

fn part(token: &str, index: usize) -> String {
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

fn claims(token: &str) -> Value {
    serde_json::from_str(&part(token, 1)).unwrap()
}

#[tokio::test]
async fn a_token_carries_the_documented_header_and_claims() {
    let cloud = cloud_with_orders().await;
    let id = get(&cloud, "/v1/organizations/acme/databases/orders").await.json()["database"]["DbId"].clone();
    let token = mint(&cloud, "").await;
    assert_eq!(part(&token, 0), r#"{"alg":"EdDSA","typ":"JWT"}"#);
    let mut claims = claims(&token);
    assert_eq!(claims["rid"].take().as_str().unwrap().len(), 36);
    assert_eq!(claims, json!({"a": "rw", "iat": NOW, "id": id, "rid": null}));
    assert_eq!(
        audit_log(&cloud).await[0],
        ("db-token-create".to_owned(), json!({"database": "orders", "group": "default"})),
    );
}

#[tokio::test]
async fn an_expiration_is_counted_in_whole_seconds_of_the_clouds_clock() {
    let cloud = cloud_with_orders().await;
    for (expiration, lifetime) in [
        ("2w1d30m", 1_297_800),
        ("1w2d6h3ns", 799_200),
        ("3d", 259_200),
        ("52w", 31_449_600),
        ("5m", 300),
        ("1h", 3600),
        ("1.5h", 5400),
        ("1s", 1),
        ("2500ms", 2),
    ] {
        let token = mint(&cloud, &format!("?expiration={expiration}")).await;
        assert_eq!(claims(&token)["exp"], NOW + lifetime, "{expiration}");
    }
    for expiration in ["never", "none", "default"] {
        assert_eq!(claims(&mint(&cloud, &format!("?expiration={expiration}")).await).get("exp"), None);
    }
}

#[tokio::test]
async fn a_bad_expiration_is_refused_with_the_documented_sentence() {
    let cloud = cloud_with_orders().await;
    for expiration in ["0s", "1y", "-1d", "", "7", "d", "1d%201h", "999999w", "400ms", "1e3s"] {
        let refused = post(&cloud, &format!("{TOKENS}?expiration={expiration}"), "").await;
        assert_eq!(refused.refusal(), (400, "Invalid expiration format".to_owned()), "{expiration}");
    }
    assert_eq!(audit_log(&cloud).await.len(), 1);
}

#[tokio::test]
async fn an_end_beyond_all_time_is_refused() {
    let cloud = cloud_with_orders().await;
    cloud.clock().set(jiff::Timestamp::MAX);
    let refused = post(&cloud, &format!("{TOKENS}?expiration=800d"), "").await;
    assert_eq!(refused.refusal(), (400, "Invalid expiration format".to_owned()));
}

#[tokio::test]
async fn the_authorization_decides_the_access() {
    let cloud = cloud_with_orders().await;
    assert_eq!(claims(&mint(&cloud, "?authorization=full-access").await)["a"], "rw");
    assert_eq!(claims(&mint(&cloud, "?authorization=read-only").await)["a"], "ro");
    let refused = post(&cloud, &format!("{TOKENS}?authorization=everything"), "").await;
    let sentence = r#"authorization "everything" is not valid: must be full-access or read-only"#;
    assert_eq!(refused.refusal(), (400, sentence.to_owned()));
}

#[tokio::test]
async fn options_in_the_body_have_no_effect() {
    let cloud = cloud_with_orders().await;
    for body in ["", "{}", r#"{"expiration":"1d","authorization":"read-only"}"#] {
        let token = post(&cloud, TOKENS, body).await.json()["jwt"].as_str().unwrap().to_owned();
        assert_eq!((claims(&token)["a"].as_str(), claims(&token).get("exp")), (Some("rw"), None), "{body}");
    }
}

/// The official TypeScript client never leaves them out.
#[tokio::test]
async fn permissions_with_nothing_in_them_ask_for_nothing() {
    let cloud = cloud_with_orders().await;
    let empty = r#"{"permissions":{"read_attach":{"databases":[]}}}"#;
    for body in [empty, r#"{"permissions":[]}"#, r#"{"permissions":null}"#, "{}"] {
        let answer = post(&cloud, TOKENS, body).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.text);
        let claims = claims(answer.json()["jwt"].as_str().unwrap());
        assert_eq!((claims.get("p"), claims["a"].as_str()), (None, Some("rw")), "{body}");
    }
}

#[tokio::test]
async fn a_token_needs_a_database() {
    let cloud = cloud_with_orders().await;
    for path in ["auth/tokens", "auth/rotate"] {
        let refused = post(&cloud, &format!("/v1/organizations/acme/databases/none/{path}"), "").await;
        assert_eq!(refused.refusal(), (404, "could not find database with name none: record not found".to_owned()));
    }
}

#[tokio::test]
async fn a_token_opens_its_database_until_it_expires() {
    let cloud = cloud_with_orders().await;
    let token = mint(&cloud, "?expiration=1h").await;
    assert_eq!(query(&cloud, "orders-acme", &token, "SELECT 1").await.status, 200);
    cloud.clock().advance(Duration::from_secs(3600));
    assert_eq!(query(&cloud, "orders-acme", &token, "SELECT 1").await.status, 401);
}

#[tokio::test]
async fn a_token_for_reading_does_not_write() {
    let cloud = cloud_with_orders().await;
    let token = mint(&cloud, "?authorization=read-only").await;
    assert_eq!(query(&cloud, "orders-acme", &token, "SELECT 1").await.status, 200);
    let write = query(&cloud, "orders-acme", &token, "CREATE TABLE t (a)").await;
    assert!(write.text.contains("write operations are forbidden"), "{}", write.text);
}

#[tokio::test]
async fn rotation_answers_nothing_and_ends_every_token_within_the_same_second() {
    let cloud = cloud_with_orders().await;
    let (old, other) = (mint(&cloud, "").await, mint(&cloud, "?authorization=read-only").await);
    let rotated = post(&cloud, ROTATE, "").await;
    assert_eq!((rotated.status, rotated.text.as_str()), (200, ""));
    for token in [&old, &other] {
        let refused = query(&cloud, "orders-acme", token, "SELECT 1").await;
        assert_eq!(refused.status, 401);
        assert!(refused.text.contains("role was invalidated"), "{}", refused.text);
    }
    let new = mint(&cloud, "").await;
    assert_ne!(claims(&new)["rid"], claims(&old)["rid"]);
    assert_eq!(query(&cloud, "orders-acme", &new, "SELECT 1").await.status, 200);
}

#[tokio::test]
async fn a_token_of_one_database_does_not_open_another_one() {
    let cloud = cloud_with_orders().await;
    create_database(&cloud, "other").await;
    let token = mint(&cloud, "").await;
    assert_eq!(query(&cloud, "other-acme", &token, "SELECT 1").await.status, 401);
}
