use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use ring::hmac;
use serde_json::{Value, json};

use super::{DATABASE, GROUP, GROUP_ROLE, Host, LABEL, ROLE, claims, mint, record, seed, timestamp};
use crate::data::{Access, DatabaseRecord, Rules, SigningSeed, Subject, TokenClaims};

async fn answer(host: &Host) -> (u16, String) {
    let (status, text) = host.post("/v2/pipeline", r#"{"requests":[{"type":"close"}]}"#).await;
    let error = serde_json::from_str::<Value>(&text).unwrap()["error"].as_str().unwrap_or_default().to_owned();
    (status, error.strip_prefix("Unauthorized: ").unwrap_or(&error).trim_matches('`').to_owned())
}

fn refused(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

fn part(text: &str, index: usize) -> String {
    let bytes = URL_SAFE_NO_PAD.decode(text.split('.').nth(index).unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn tokens_are_minted_as_the_service_writes_them() {
    let full = TokenClaims {
        access: Access::Full,
        subject: Subject::Database { id: DATABASE.to_owned() },
        rules: Rules::default(),
        attachable: Vec::new(),
        role_id: ROLE.to_owned(),
        issued_at: timestamp("2026-05-04T09:51:12Z"),
        expires_at: None,
    };
    let token = mint(&full, &seed()).unwrap();
    assert_eq!(part(&token, 0), r#"{"alg":"EdDSA","typ":"JWT"}"#);
    assert_eq!(part(&token, 1), format!(r#"{{"a":"rw","iat":1777888272,"id":"{DATABASE}","rid":"{ROLE}"}}"#));
    let group = TokenClaims {
        access: Access::ReadOnly,
        subject: Subject::Group { id: GROUP.to_owned() },
        expires_at: Some(timestamp("2026-05-07T09:51:12Z")),
        ..full
    };
    let expected = format!(r#"{{"a":"ro","exp":1778147472,"gid":"{GROUP}","iat":1777888272,"rid":"{ROLE}"}}"#);
    assert_eq!(part(&mint(&group, &seed()).unwrap(), 1), expected);
}

#[tokio::test]
async fn a_request_without_a_bearer_token_is_unauthorized() {
    let host = Host::new();
    for header in ["", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer"] {
        let request = Request::post("/").header("authorization", header).body("{}".into()).unwrap();
        let response = host.plane.handle(LABEL, "/v3/cursor", request).await;
        assert_eq!(response.status(), 401, "{header}");
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        assert_eq!(body, r#"{"error":"Unauthorized: `unauthorized access attempt on database: empty JWT token`"}"#);
    }
    let request =
        Request::post("/").header("authorization", format!("bEaReR {}", host.token)).body("{}".into()).unwrap();
    assert_eq!(host.plane.handle(LABEL, "/v2/pipeline", request).await.status(), 200);
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let host = Host::new();
    let payload = host.token.split('.').nth(1).unwrap().to_owned();
    let none = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#));
    assert_eq!(answer(&host.with_token(none)).await, refused(401, "invalid JWT token"));

    // The public half of the key as the secret of a symmetric one.
    let message = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#));
    let secret = hmac::Key::new(hmac::HMAC_SHA256, seed().verifying_key().as_ref());
    let signature = hmac::sign(&secret, message.as_bytes());
    let confused = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
    assert_eq!(answer(&host.with_token(confused)).await, refused(401, "invalid JWT token"));

    let unknown_key = refused(401, "invalid JWT token: can't be decoded with any of the existin keys");
    let other = mint(&claims(&host.clock), &SigningSeed::new([8; 32])).unwrap();
    assert_eq!(answer(&host.with_token(other)).await, unknown_key);

    // The signature of one token does not cover another's claims.
    let reader = host.read_only().token;
    let swapped = format!("{}.{}", host.token.rsplit_once('.').unwrap().0, reader.rsplit_once('.').unwrap().1);
    assert_eq!(answer(&host.with_token(swapped)).await, unknown_key);
}

#[tokio::test]
async fn broken_tokens_are_refused() {
    let host = Host::new();
    let malformed = refused(400, "JWT error: InvalidToken");
    assert_eq!(answer(&host.with_token("garbage")).await, malformed);
    assert_eq!(answer(&host.with_token("a.b")).await, malformed);
    for token in ["..", "a.b.c", &"A".repeat(9000), "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.e30.aW52YWxpZC1zaWduYXR1cmU"]
    {
        let (status, _) = answer(&host.with_token(token)).await;
        assert_eq!(status, 401, "{token}");
    }
    for length in [1, 20, 40, host.token.len() - 1] {
        let (status, _) = answer(&host.with_token(&host.token[..length])).await;
        assert!(status == 400 || status == 401, "{length}");
    }
    let padded = host.with_token(format!("{}{}", host.token, "A".repeat(8192)));
    assert_eq!(answer(&padded).await, refused(401, "invalid JWT token"));
}

#[tokio::test]
async fn a_token_expires_by_the_clouds_clock_without_leeway() {
    let host = Host::new();
    let expires_at = Some(host.clock.now() + Duration::from_secs(60));
    let token = mint(&TokenClaims { expires_at, ..claims(&host.clock) }, &seed()).unwrap();
    let host = host.with_token(token);
    host.clock.advance(Duration::from_secs(59));
    assert_eq!(answer(&host).await.0, 200);
    host.clock.advance(Duration::from_secs(1));
    assert_eq!(answer(&host).await, refused(401, "invalid JWT token: the token has expired"));
    host.clock.set(timestamp("2026-06-01T12:00:00Z"));
    assert_eq!(answer(&host).await.0, 200);
}

#[tokio::test]
async fn rotation_invalidates_the_tokens_of_the_old_role_at_once() {
    let host = Host::new();
    assert_eq!(answer(&host).await.0, 200);
    host.plane.put(DatabaseRecord { role_id: "new".to_owned(), ..record() });
    assert_eq!(answer(&host).await, refused(401, "invalid JWT token: role was invalidated after token was issued"));
    let token = mint(&TokenClaims { role_id: "new".to_owned(), ..claims(&host.clock) }, &seed()).unwrap();
    assert_eq!(answer(&host.with_token(token)).await.0, 200);
}

#[tokio::test]
async fn a_new_signing_key_invalidates_verified_tokens() {
    let host = Host::new();
    assert_eq!(answer(&host).await.0, 200);
    host.plane.put(DatabaseRecord { signing_key: SigningSeed::new([9; 32]), ..record() });
    assert_eq!(answer(&host).await.0, 401);
}

#[tokio::test]
async fn a_token_opens_only_what_it_names() {
    let host = Host::new();
    let with = |subject: Subject, role: &str| {
        host.with_token(
            mint(&TokenClaims { subject, role_id: role.to_owned(), ..claims(&host.clock) }, &seed()).unwrap(),
        )
    };
    let elsewhere = refused(401, "token does not have the permissions to access the database");
    let other = Subject::Database { id: "5a5e7f34-6d2b-4a53-8a0e-1c2e94c6c001".to_owned() };
    assert_eq!(answer(&with(other, ROLE)).await, elsewhere);
    let other = Subject::Group { id: "5a5e7f34-6d2b-4a53-8a0e-1c2e94c6c001".to_owned() };
    assert_eq!(answer(&with(other, GROUP_ROLE)).await, elsewhere);
    // A group's id does not pass for a database's.
    assert_eq!(answer(&with(Subject::Database { id: GROUP.to_owned() }, GROUP_ROLE)).await, elsewhere);

    let group = || Subject::Group { id: GROUP.to_owned() };
    assert_eq!(answer(&with(group(), GROUP_ROLE)).await.0, 200);
    assert_eq!(answer(&with(group(), ROLE)).await.0, 401);
}

#[tokio::test]
async fn many_different_tokens_are_all_checked() {
    let host = Host::new();
    for index in 0..600 {
        let issued_at = host.clock.now() + Duration::from_secs(index);
        let token = mint(&TokenClaims { issued_at, ..claims(&host.clock) }, &seed()).unwrap();
        assert_eq!(answer(&host.with_token(token)).await.0, 200);
    }
    let body = json!({ "requests": [] }).to_string();
    assert_eq!(host.with_token("").post("/v2/pipeline", body).await.0, 401);
}
