//! Who may ask: tokens of the Platform API.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{Request, header};
use ring::signature::Ed25519KeyPair;
use turso_cloud::transport::Body;
use turso_cloud_local::Cloud;

use crate::support::{Answer, create_database, post, send};

const VALIDATE: &str = "/v1/auth/validate";

async fn ask(cloud: &Cloud, path: &str, authorization: Option<&str>) -> Answer {
    let request = Request::get(path);
    let request = match authorization {
        Some(value) => request.header(header::AUTHORIZATION, value),
        None => request,
    };
    send(cloud, request.body(Body::empty()).unwrap()).await
}

fn encode(text: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

fn signed(header: &str, claims: &str, key: [u8; 32]) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = Ed25519KeyPair::from_seed_unchecked(&key).unwrap().sign(message.as_bytes());
    format!("{message}.{}", encode(signature))
}

#[tokio::test]
async fn the_clouds_token_is_good_for_ever() {
    let cloud = Cloud::new().unwrap();
    let answer = ask(&cloud, VALIDATE, Some(&format!("Bearer {}", cloud.token().expose()))).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, r#"{"exp":-1}"#));
}

#[tokio::test]
async fn the_clouds_token_has_the_documented_shape() {
    let cloud = Cloud::new().unwrap();
    let token = cloud.token();
    let parts: Vec<_> = token.expose().split('.').collect();
    let decode = |part: &str| String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    assert_eq!(decode(parts[0]), r#"{"alg":"EdDSA","typ":"JWT"}"#);
    let claims: serde_json::Value = serde_json::from_str(&decode(parts[1])).unwrap();
    assert_eq!(claims.as_object().unwrap().keys().collect::<Vec<_>>(), ["jti"]);
    assert_eq!(claims["jti"].as_str().unwrap().len(), 22);
    assert_eq!(parts.len(), 3);
}

#[tokio::test]
async fn the_scheme_is_written_in_any_case() {
    let cloud = Cloud::new().unwrap();
    for scheme in ["bearer", "BEARER", "Bearer "] {
        let answer = ask(&cloud, VALIDATE, Some(&format!("{scheme} {}", cloud.token().expose()))).await;
        assert_eq!(answer.status, 200, "{scheme}");
    }
}

#[tokio::test]
async fn every_operation_but_the_region_service_wants_a_token() {
    let cloud = Cloud::new().unwrap();
    for header in [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Basic ZGV2Og=="), Some("token")] {
        for path in [VALIDATE, "/v1/organizations", "/v1/locations", "/v1/organizations/acme/databases"] {
            let refused = ask(&cloud, path, header).await;
            assert_eq!(
                refused.refusal(),
                (401, "no token in the Authorization header".to_owned()),
                "{path} {header:?}"
            );
        }
    }
    assert_eq!(ask(&cloud, "/_region", None).await.status, 200);
}

#[tokio::test]
async fn what_is_no_jwt_is_told_so_by_the_observed_sentence() {
    let cloud = Cloud::new().unwrap();
    for token in ["x", "a.b", "a.b.c.d", "...."] {
        let refused = ask(&cloud, VALIDATE, Some(&format!("Bearer {token}"))).await;
        assert_eq!(refused.refusal(), (401, "token contains an invalid number of segments".to_owned()), "{token}");
    }
}

#[tokio::test]
async fn a_database_token_has_no_id_to_be_found_by() {
    let cloud = Cloud::new().unwrap();
    create_database(&cloud, "orders").await;
    let minted = post(&cloud, "/v1/organizations/acme/databases/orders/auth/tokens", "").await.json();
    let refused = ask(&cloud, VALIDATE, Some(&format!("Bearer {}", minted["jwt"].as_str().unwrap()))).await;
    assert_eq!(refused.refusal(), (401, "could not parse jwt id".to_owned()));
    for claims in ["{}", r#"{"jti":7}"#, "[]", "not json"] {
        let token = format!("{}.{}.{}", encode(r#"{"alg":"EdDSA"}"#), encode(claims), encode("signature"));
        let refused = ask(&cloud, VALIDATE, Some(&format!("Bearer {token}"))).await;
        assert_eq!(refused.refusal(), (401, "could not parse jwt id".to_owned()), "{claims}");
    }
}

#[tokio::test]
async fn a_token_of_another_cloud_or_algorithm_is_not_good() {
    let cloud = Cloud::new().unwrap();
    let token = cloud.token();
    let parts: Vec<_> = token.expose().split('.').collect();
    let claims = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let mut tokens = vec![
        Cloud::new().unwrap().token().expose().to_owned(),
        signed(r#"{"alg":"EdDSA","typ":"JWT"}"#, &claims, [7; 32]),
        signed(r#"{"alg":"EdDSA","typ":"JWT"}"#, r#"{"jti":"clGFZ4STEe6fljpFzIum8A"}"#, [7; 32]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], encode([0; 64])),
        format!("{}.{}.{}", parts[0], parts[1], &parts[2][1..]),
        format!("{}.{}.{}", parts[0], encode(r#"{"jti":"clGFZ4STEe6fljpFzIum8A"}"#), parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], "a".repeat(20_000)),
    ];
    for algorithm in ["none", "HS256", "RS256", "eddsa"] {
        tokens.push(format!(r"{}.{}.{}", encode(format!(r#"{{"alg":"{algorithm}"}}"#)), parts[1], parts[2]));
        tokens.push(format!(r"{}.{}.", encode(format!(r#"{{"alg":"{algorithm}"}}"#)), parts[1]));
    }
    for token in tokens {
        let refused = ask(&cloud, VALIDATE, Some(&format!("Bearer {token}"))).await;
        assert_eq!(refused.refusal(), (401, "invalid api token".to_owned()), "{token}");
    }
}

#[tokio::test]
async fn a_bad_token_is_refused_before_anything_else_is_looked_at() {
    let cloud = Cloud::new().unwrap();
    let request = Request::post("/v1/organizations/none/groups").body(Body::from("not json")).unwrap();
    assert_eq!(send(&cloud, request).await.status, 401);
}

#[test]
fn no_debug_output_shows_a_secret() {
    let cloud = Cloud::builder().seed(7).build().unwrap();
    let shown = format!("{cloud:?} {:?} {:?} {:?}", cloud.token(), cloud.faults(), Cloud::builder().seed(7));
    let token = cloud.token();
    for part in token.expose().split('.') {
        assert!(!shown.contains(part), "{shown}");
    }
}
