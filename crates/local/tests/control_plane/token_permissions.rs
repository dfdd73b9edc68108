//! Tokens that may do some things to some tables, and tokens that attach.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use turso_cloud_local::Cloud;

use crate::support::{ACME, SEED, get, ok, outcome, patch, post, query, send};

const DATABASES: &str = "/v1/organizations/acme/databases";
const GROUP_TOKENS: &str = "/v1/organizations/acme/groups/eu/auth/tokens";

/// `orders` and `other` in a group whose databases can be attached, and `far` in another one.
async fn cloud() -> Cloud {
    let cloud = Cloud::builder().seed(SEED).with_group("eu", "lhr").build().unwrap();
    for (name, group) in [("orders", "eu"), ("other", "eu"), ("far", "default")] {
        let body = json!({"name": name, "group": group}).to_string();
        assert_eq!(post(&cloud, DATABASES, &body).await.status, 200);
    }
    cloud
}

async fn id(cloud: &Cloud, name: &str) -> String {
    let answer = get(cloud, &format!("{DATABASES}/{name}")).await.json();
    answer["database"]["DbId"].as_str().unwrap().to_owned()
}

async fn mint(cloud: &Cloud, path: &str, body: &Value) -> String {
    let answer = post(cloud, path, &body.to_string()).await;
    assert_eq!(answer.status, 200, "{path} {body}: {}", answer.text);
    answer.json()["jwt"].as_str().unwrap().to_owned()
}

fn claims(token: &str) -> String {
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn every_route_mints_tokens_with_rules_and_they_are_kept() {
    let cloud = cloud().await;
    let full = mint(&cloud, &format!("{DATABASES}/orders/auth/tokens"), &json!({})).await;
    assert_eq!(outcome(&cloud, "orders-acme", &full, "CREATE TABLE users (x)").await, ok());
    let group = get(&cloud, "/v1/organizations/acme/groups/eu").await.json()["group"]["uuid"].clone();
    let (database, group) = (id(&cloud, "orders").await, group.as_str().unwrap().to_owned());
    let paths = [
        format!("{DATABASES}/orders/auth/tokens"),
        GROUP_TOKENS.to_owned(),
        format!("{ACME}/databases/{database}/auth/tokens"),
        format!("{ACME}/groups/{group}/auth/tokens"),
    ];
    let body = json!({"fine_grained_permissions": [
        {"t": ["users"], "a": ["data_read", "data_add"]},
        {"t": null, "a": ["schema_add"]},
    ]});
    for path in paths {
        let token = mint(&cloud, &path, &body).await;
        let perm = r#""perm":[{"a":["data_read","data_add"],"t":["users"]},{"a":["schema_add"],"t":null}],"rid":"#;
        assert!(claims(&token).contains(perm), "{}", claims(&token));
        assert_eq!(outcome(&cloud, "orders-acme", &token, "INSERT INTO users VALUES (1)").await, ok());
        let refused = query(&cloud, "orders-acme", &token, "DELETE FROM users").await;
        let sentence = "BLOCKED: SQL write operations are forbidden (current session doesn't have data_delete permission on table users)";
        assert_eq!(refused.refusal(), (403, sentence.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn every_action_allows_what_it_is_called_and_no_other_does() {
    let cloud = cloud().await;
    let path = format!("{DATABASES}/orders/auth/tokens");
    let full = mint(&cloud, &path, &json!({})).await;
    assert_eq!(outcome(&cloud, "orders-acme", &full, "CREATE TABLE users (x)").await, ok());
    let actions =
        ["data_read", "data_add", "data_update", "data_delete", "schema_add", "schema_update", "schema_delete"];
    for action in actions {
        let token = mint(&cloud, &path, &json!({"fine_grained_permissions": [{"t": null, "a": [action]}]})).await;
        let statements = [
            "SELECT x FROM users",
            "INSERT INTO users VALUES (1)",
            "UPDATE users SET x = 2",
            "DELETE FROM users",
            &format!("CREATE INDEX by_{action} ON users (x)"),
            &format!("ALTER TABLE users ADD COLUMN {action}"),
            "DROP TABLE users",
        ];
        for (needed, sql) in actions.into_iter().zip(statements) {
            let answer = query(&cloud, "orders-acme", &token, sql).await;
            if needed == action {
                assert_eq!(
                    (answer.status, &answer.json()["results"][0]["type"]),
                    (200, &json!("ok")),
                    "{action}: {sql}"
                );
            } else {
                assert_eq!(answer.status, 403, "{action}: {sql}: {}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn rules_the_service_would_not_know_are_refused() {
    let cloud = cloud().await;
    for (rules, part) in [
        (json!([{"t": null, "a": ["data_fly"]}]), "data_fly"),
        (json!([{"t": null, "a": []}]), "one action or more"),
        (json!([{"t": null}]), "one action or more"),
        (json!([{"t": [], "a": ["data_read"]}]), "one table or more"),
        (json!([{"t": [""], "a": ["data_read"]}]), "empty"),
        (json!([{"t": "users", "a": ["data_read"]}]), "t"),
        (json!([{"t": null, "a": "data_read"}]), "a"),
        (json!(["data_read"]), "fine_grained_permissions"),
        (json!({"t": null}), "fine_grained_permissions"),
    ] {
        for path in [format!("{DATABASES}/orders/auth/tokens"), GROUP_TOKENS.to_owned()] {
            let refused = post(&cloud, &path, &json!({"fine_grained_permissions": rules}).to_string()).await;
            assert_eq!(refused.status, 400, "{rules}: {}", refused.text);
            assert!(refused.error().contains(part), "{rules}: {}", refused.error());
        }
    }
}

#[tokio::test]
async fn a_token_attaches_the_databases_it_was_minted_for() {
    let cloud = cloud().await;
    let other = id(&cloud, "other").await;
    let body = json!({"permissions": {"read_attach": {"databases": ["other"]}}});
    let attach_and_read = format!("ATTACH \"{other}\" AS o");
    for path in [format!("{DATABASES}/orders/auth/tokens"), GROUP_TOKENS.to_owned()] {
        let token = mint(&cloud, &path, &body).await;
        assert!(claims(&token).contains(&format!(r#""roa":{{"ns":["{other}"]}}"#)), "{}", claims(&token));
        assert_eq!(outcome(&cloud, "orders-acme", &token, "SELECT 1").await, ok());
        patch(&cloud, &format!("{DATABASES}/other/configuration"), r#"{"allow_attach":false}"#).await;
        let refused = query(&cloud, "orders-acme", &token, &attach_and_read).await.text;
        assert!(refused.contains("does not allow to be attached"), "{refused}");
        let allowed = patch(&cloud, &format!("{DATABASES}/other/configuration"), r#"{"allow_attach":true}"#).await;
        assert_eq!(allowed.status, 200, "{}", allowed.text);
        assert_eq!(outcome(&cloud, "orders-acme", &token, &attach_and_read).await, ok());
    }
    // The attached database may be opened for reading by itself, until the token's own role ends.
    let token = mint(&cloud, &format!("{DATABASES}/orders/auth/tokens"), &body).await;
    assert_eq!(outcome(&cloud, "other-acme", &token, "SELECT 1").await, ok());
    assert_eq!(query(&cloud, "other-acme", &token, "CREATE TABLE t (x)").await.status, 403);
    assert_eq!(query(&cloud, "far-acme", &token, "SELECT 1").await.status, 401);
    post(&cloud, &format!("{DATABASES}/orders/auth/rotate"), "").await;
    for label in ["orders-acme", "other-acme"] {
        assert!(query(&cloud, label, &token, "SELECT 1").await.text.contains("role was invalidated"), "{label}");
    }
}

#[tokio::test]
async fn only_databases_of_the_same_group_can_be_attached() {
    let cloud = cloud().await;
    for name in ["far", "none"] {
        let body = json!({"permissions": {"read_attach": {"databases": ["other", name]}}}).to_string();
        for path in [format!("{DATABASES}/orders/auth/tokens"), GROUP_TOKENS.to_owned()] {
            let refused = post(&cloud, &path, &body).await;
            let sentence = format!("cannot attach {name}: there is no such database in group eu");
            assert_eq!(refused.refusal(), (400, sentence));
        }
    }
}

#[tokio::test]
async fn a_database_of_the_new_engine_says_so_and_takes_fewer_options() {
    let cloud = cloud().await;
    let body = r#"{"name":"new","group":"eu","use_tursodb":true}"#;
    let created = post(&cloud, DATABASES, body).await;
    assert_eq!(created.status, 200, "{}", created.text);
    let id = id(&cloud, "new").await;
    // The official command line looks at this byte.
    assert_eq!(&id[11..13], "10", "{id}");
    assert_eq!(get(&cloud, &format!("{ACME}/databases/{id}")).await.json()["database"]["engine"], "tursodb");
    let tokens = format!("{DATABASES}/new/auth/tokens");
    for body in [
        r#"{"permissions":{"read_attach":{"databases":[]}}}"#,
        r#"{"permissions":{"read_attach":{"databases":["other"]}}}"#,
    ] {
        let sentence = "Permissions are not supported for db-api controlled databases".to_owned();
        assert_eq!(post(&cloud, &tokens, body).await.refusal(), (400, sentence), "{body}");
    }
    let token = mint(&cloud, &tokens, &json!({})).await;
    assert_eq!(outcome(&cloud, "new-acme", &token, "CREATE TABLE t (x)").await, ok());
    let sentence = "size_limit is not supported for db-api controlled databases".to_owned();
    let limited = patch(&cloud, &format!("{DATABASES}/new/configuration"), r#"{"size_limit":"1gb"}"#).await;
    assert_eq!(limited.refusal(), (400, sentence.clone()));
    let body = r#"{"name":"newer","group":"eu","use_tursodb":true,"size_limit":"1gb"}"#;
    assert_eq!(post(&cloud, DATABASES, body).await.refusal(), (400, sentence));
    let body = r#"{"name":"copy","group":"eu","seed":{"type":"database","name":"new"}}"#;
    assert_eq!(post(&cloud, DATABASES, body).await.status, 200);
    assert_eq!(&self::id(&cloud, "copy").await[11..13], "10");
}

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

async fn query_with_key(cloud: &Cloud, label: &str, token: &str, key: Option<&str>) -> (u16, String) {
    let mut request = http::Request::post("/v2/pipeline")
        .header("host", format!("{label}.localhost"))
        .header("authorization", format!("Bearer {token}"));
    if let Some(key) = key {
        request = request.header("x-turso-encryption-key", key);
    }
    let body = r#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}},{"type":"close"}]}"#;
    let answer = send(cloud, request.body(body.into()).unwrap()).await;
    let error = answer.json()["error"].as_str().unwrap_or_default().to_owned();
    (answer.status, error)
}

#[tokio::test]
async fn an_encrypted_database_opens_with_its_key_only() {
    let cloud = cloud().await;
    let option = json!({"encryption_key": KEY, "encryption_cipher": "aes256gcm"});
    let body = json!({"name": "vault", "group": "eu", "remote_encryption": option}).to_string();
    let created = post(&cloud, DATABASES, &body).await;
    assert_eq!(created.status, 200, "{}", created.text);
    assert!(!created.text.contains(KEY));
    let shown = get(&cloud, &format!("{DATABASES}/vault")).await;
    assert_eq!(shown.json()["database"]["encryption_cipher"], "aes256gcm");
    assert!(!shown.text.contains(KEY));
    let token = mint(&cloud, GROUP_TOKENS, &json!({})).await;
    assert_eq!(query_with_key(&cloud, "vault-acme", &token, Some(KEY)).await, (200, String::new()));
    let missing = "the database is encrypted: the header x-turso-encryption-key is missing".to_owned();
    assert_eq!(query_with_key(&cloud, "vault-acme", &token, None).await, (400, missing));
    let wrong = "the database is encrypted: the header x-turso-encryption-key does not hold its key";
    for key in ["", "?", "AAAA", &KEY.replace('B', "C"), &format!("{KEY}{KEY}")] {
        assert_eq!(query_with_key(&cloud, "vault-acme", &token, Some(key)).await, (400, wrong.to_owned()), "{key}");
    }
    assert_eq!(query_with_key(&cloud, "vault-acme", "", Some(KEY)).await.0, 401);
    // A key nobody asks for does no harm.
    assert_eq!(query_with_key(&cloud, "orders-acme", &token, Some(KEY)).await.0, 200);
}

#[tokio::test]
async fn a_copy_of_an_encrypted_database_takes_the_same_key() {
    let cloud = cloud().await;
    let with = |name: &str, seed: Option<&str>, key: Option<&str>| {
        let mut body = json!({"name": name, "group": "eu"});
        if let Some(seed) = seed {
            body["seed"] = json!({"type": "database", "name": seed});
        }
        if let Some(key) = key {
            body["remote_encryption"] = json!({"encryption_key": key, "encryption_cipher": "aegis256"});
        }
        body.to_string()
    };
    assert_eq!(post(&cloud, DATABASES, &with("vault", None, Some(KEY))).await.status, 200);
    let other_key = KEY.replace('B', "C");
    for (body, part) in [
        (with("copy", Some("vault"), None), "is required"),
        (with("copy", Some("vault"), Some(&other_key)), "is not the key of the original"),
        (with("copy", Some("other"), Some(KEY)), "must not be given"),
        (with("plain", None, Some("AAAA")), "must have 32 bytes"),
        (with("plain", None, Some("?")), "base64"),
        (with("plain", None, Some(KEY)).replace("aegis256", "rot13"), "rot13"),
    ] {
        let refused = post(&cloud, DATABASES, &body).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.text);
        assert!(refused.error().contains(part), "{body}: {}", refused.error());
        assert!(!refused.text.contains(KEY) && !refused.text.contains(&other_key));
    }
    assert_eq!(post(&cloud, DATABASES, &with("copy", Some("vault"), Some(KEY))).await.status, 200);
    let token = mint(&cloud, GROUP_TOKENS, &json!({})).await;
    assert_eq!(query_with_key(&cloud, "copy-acme", &token, Some(KEY)).await.0, 200);
    assert_eq!(query_with_key(&cloud, "copy-acme", &token, None).await.0, 400);
}
