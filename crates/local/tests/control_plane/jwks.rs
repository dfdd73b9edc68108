//! Identity providers.

use http::Method;
use serde_json::json;
use turso_cloud::transport::Body;
use turso_cloud_local::Cloud;

use crate::support::{call, create_database, delete, get, put};

const JWKS: &str = "/v2/organizations/acme/jwks";
const TEMPLATE: &str = "/v2/organizations/acme/jwks-template";

#[tokio::test]
async fn a_provider_is_saved_replaced_and_removed() {
    let cloud = Cloud::new().unwrap();
    assert_eq!(get(&cloud, JWKS).await.json(), json!({"jwks": []}));
    for url in ["https://one.example.com/jwks.json", "https://two.example.com/jwks.json"] {
        let saved = put(&cloud, &format!("{JWKS}/clerk"), &json!({"jwks_url": url, "region": ""}).to_string()).await;
        assert_eq!((saved.status, saved.text.as_str()), (200, ""));
        assert_eq!(get(&cloud, JWKS).await.json(), json!({"jwks": [{"jwks_name": "clerk", "jwks_url": url}]}));
    }
    let removed = call(&cloud, Method::DELETE, &format!("{JWKS}/clerk"), r#"{"region":""}"#).await;
    assert_eq!((removed.status, removed.text.as_str()), (200, ""));
    assert_eq!(delete(&cloud, &format!("{JWKS}/clerk")).await.status, 404);
    assert_eq!(put(&cloud, &format!("{JWKS}/clerk"), r#"{"jwks_url":"ftp://x"}"#).await.status, 400);
}

#[tokio::test]
async fn the_template_names_what_the_tokens_of_a_provider_open() {
    let cloud = Cloud::new().unwrap();
    let created = create_database(&cloud, "orders").await.json();
    let body = r#"{"database":"orders","group":null,"scope":"full-access","permissions":[]}"#;
    let template = call(&cloud, Method::GET, TEMPLATE, Body::from(body)).await.json()["template"].clone();
    assert_eq!(template, json!({"a": "rw", "id": created["database"]["DbId"], "perm": [], "rid": template["rid"]}));
    assert!(template["rid"].is_string());
    let body = r#"{"group":"default","scope":"read-only","permissions":[{"t":["orders"],"a":["data_read"]}]}"#;
    let template = call(&cloud, Method::GET, TEMPLATE, Body::from(body)).await.json()["template"].clone();
    assert_eq!(template["a"], "ro");
    assert_eq!(template["perm"], json!([{"t": ["orders"], "a": ["data_read"]}]));
    assert!(template["gid"].is_string());
    for (body, status) in [
        (r#"{"database":"none","scope":"full-access"}"#, 404),
        (r#"{"group":"none","scope":"full-access"}"#, 404),
        (r#"{"database":"orders","group":"default","scope":"full-access"}"#, 400),
        (r#"{"scope":"everything"}"#, 400),
        ("{}", 400),
    ] {
        assert_eq!(call(&cloud, Method::GET, TEMPLATE, Body::from(body)).await.status, status, "{body}");
    }
}
