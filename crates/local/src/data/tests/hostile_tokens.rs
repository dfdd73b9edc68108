//! Tokens that nobody minted for what they are used for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{DATABASE, GROUP, GROUP_ROLE, Host, ROLE, claims, execute, mint, record, seed};
use crate::data::{DatabaseRecord, Subject, TokenClaims};

const ELSEWHERE: &str = "5a5e7f34-6d2b-4a53-8a0e-1c2e94c6c001";

async fn status(host: &Host, token: impl Into<String>, sql: &str) -> u16 {
    let body = json!({ "requests": [execute(sql), { "type": "close" }] }).to_string();
    host.with_token(token).post("/v2/pipeline", body).await.0
}

/// A token of the right key with these claims, as text.
fn signed(claims: impl AsRef<[u8]>) -> String {
    seed().sign_jwt(claims)
}

fn with(changes: &Value) -> String {
    let mut claims = json!({ "a": "rw", "iat": 1, "id": DATABASE, "rid": ROLE });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    signed(claims.to_string())
}

#[tokio::test]
async fn a_header_that_names_another_algorithm_is_refused() {
    let host = Host::new();
    let (message, signature) = host.token.rsplit_once('.').unwrap();
    let payload = message.split_once('.').unwrap().1;
    for algorithm in ["none", "None", "HS256", "HS512", "RS256", "ES256", "PS256", "eddsa", ""] {
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{algorithm}","typ":"JWT"}}"#));
        for signature in [signature, "", "AAAA"] {
            let status = status(&host, format!("{header}.{payload}.{signature}"), "SELECT 1").await;
            assert!(status == 400 || status == 401, "{algorithm}: {status}");
        }
    }
}

#[tokio::test]
async fn claims_of_the_wrong_form_are_refused() {
    let host = Host::new();
    assert_eq!(status(&host, with(&json!({})), "SELECT 1").await, 200);
    // Later than the cloud's clock, and of no consequence: the service does not look at it.
    assert_eq!(status(&host, with(&json!({ "nbf": 4_000_000_000_i64 })), "SELECT 1").await, 200);
    for changes in [
        json!({ "exp": "4000000000" }),
        json!({ "exp": 4_000_000_000.5 }),
        json!({ "exp": -1 }),
        json!({ "exp": 0 }),
        json!({ "exp": [4_000_000_000_i64] }),
        json!({ "a": "admin" }),
        json!({ "a": null }),
        json!({ "id": ELSEWHERE }),
        json!({ "id": DATABASE.to_uppercase() }),
        json!({ "id": format!("{DATABASE}\u{0}") }),
        json!({ "id": format!("{DATABASE}\u{200b}") }),
        json!({ "id": null }),
        json!({ "id": [DATABASE] }),
        json!({ "id": null, "gid": DATABASE }),
        json!({ "id": GROUP, "gid": GROUP, "rid": GROUP_ROLE }),
        json!({ "rid": null }),
        json!({ "rid": "" }),
        json!({ "rid": GROUP_ROLE }),
        json!({ "perm": "all" }),
        json!({ "perm": [{ "a": "data_read" }] }),
        json!({ "p": "all" }),
        json!({ "p": { "rw": [DATABASE] } }),
    ] {
        assert_eq!(status(&host, with(&changes), "SELECT 1").await, 401, "{changes}");
    }
    for text in [
        format!(r#"{{"a":"ro","a":"rw","iat":1,"id":"{DATABASE}","rid":"{ROLE}"}}"#),
        format!(r#"{{"a":"rw","iat":1,"id":"{ELSEWHERE}","id":"{DATABASE}","rid":"{ROLE}"}}"#),
        format!(r#"{{"a":"rw","iat":1,"id":"{DATABASE}","rid":"{ROLE}"}} {{}}"#),
        format!(r#"["rw",1,"{DATABASE}"]"#),
        "null".to_owned(),
        String::new(),
    ] {
        assert_eq!(status(&host, signed(&text), "SELECT 1").await, 401, "{text}");
    }
}

#[tokio::test]
async fn a_token_is_good_as_a_whole_only() {
    let host = Host::new();
    let token = host.token.clone();
    for end in [1, token.len() / 2, token.rfind('.').unwrap(), token.rfind('.').unwrap() + 1, token.len() - 2] {
        let status = status(&host, &token[..end], "SELECT 1").await;
        assert!(status == 400 || status == 401, "{end}: {status}");
    }
    for garbage in ["=", "A", ".", ".A", "\u{7f}", " x", "é", "\u{202e}"] {
        let body = json!({ "requests": [execute("SELECT 1")] }).to_string();
        let header = http::HeaderValue::from_bytes(format!("Bearer {token}{garbage}").as_bytes());
        let Ok(header) = header else { continue };
        let request = http::Request::post("/").header("authorization", header).body(body.into()).unwrap();
        let status = host.plane.handle(super::LABEL, "/v2/pipeline", request).await.status();
        assert!(status == 400 || status == 401, "{garbage:?}: {status}");
    }
    let long = with(&json!({ "id": DATABASE, "note": "x".repeat(9000) }));
    assert_eq!(status(&host, long, "SELECT 1").await, 401);
}

#[tokio::test]
async fn the_claim_p_wins_over_the_others() {
    let host = Host::new();
    host.run(&["CREATE TABLE t (x)"]).await;
    let write = "INSERT INTO t VALUES (1)";
    let cases = [
        (json!({ "ro": { "ns": [DATABASE] } }), 200, 403),
        (json!({ "roa": { "ns": [DATABASE] } }), 200, 403),
        (json!({ "rw": { "ns": [DATABASE] } }), 200, 200),
        (json!({ "rwa": { "tags": [GROUP] } }), 200, 200),
        (json!({ "ro": { "tags": [GROUP] }, "rw": { "ns": [ELSEWHERE] } }), 200, 403),
        (json!({ "rw": { "ns": [ELSEWHERE], "tags": null } }), 401, 401),
        (json!({ "ddl": { "ns": [DATABASE] } }), 401, 401),
        (json!({}), 401, 401),
    ];
    for (p, read, written) in cases {
        let token = with(&json!({ "p": p }));
        assert_eq!(status(&host, &token, "SELECT * FROM t").await, read, "{p}");
        assert_eq!(status(&host, &token, write).await, written, "{p}");
        let reader = with(&json!({ "a": "ro", "p": p }));
        assert_eq!(status(&host, reader, write).await, written, "{p}");
    }
    // With databases to attach, it is told which it may not; without any, it may attach as little as others that read.
    let attach = format!("ATTACH \"{ELSEWHERE}\" AS other");
    for (attachable, attached) in [(json!({ "ns": [GROUP] }), 200), (json!({ "ns": [], "tags": [] }), 403)] {
        let token = with(&json!({ "p": { "ro": { "ns": [DATABASE] }, "roa": attachable } }));
        assert_eq!(status(&host, token, &attach).await, attached, "{attachable}");
    }
    // It widens no token beyond the role it dies with.
    for mut claims in [
        json!({ "rid": "old" }),
        json!({ "id": ELSEWHERE }),
        json!({ "id": ELSEWHERE, "rid": null }),
        json!({ "id": null, "rid": null }),
        json!({ "id": null, "gid": ELSEWHERE, "rid": GROUP_ROLE }),
    ] {
        claims["p"] = json!({ "rw": { "ns": [DATABASE] } });
        assert_eq!(status(&host, with(&claims), "SELECT 1").await, 401, "{claims}");
    }
}

#[tokio::test]
async fn rotations_end_verified_tokens() {
    let host = Host::new();
    let group = TokenClaims {
        subject: Subject::Group { id: GROUP.to_owned() },
        role_id: GROUP_ROLE.to_owned(),
        ..claims(&host.clock)
    };
    let group = mint(&group, &seed()).unwrap();
    for token in [&host.token, &group] {
        assert_eq!(status(&host, token, "SELECT 1").await, 200);
    }
    host.plane.put(DatabaseRecord { role_id: "new".to_owned(), ..record() });
    assert_eq!((status(&host, &host.token, "SELECT 1").await, status(&host, &group, "SELECT 1").await), (401, 200));
    host.plane.put(DatabaseRecord { group_role_id: "new".to_owned(), ..record() });
    assert_eq!((status(&host, &host.token, "SELECT 1").await, status(&host, &group, "SELECT 1").await), (200, 401));
}
