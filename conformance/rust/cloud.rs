//! What every test needs: the Platform API of the local cloud that the environment names, in plain HTTP.

use std::env::var;
use std::process::id;
use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

static DATABASES: AtomicU32 = AtomicU32::new(1);

/// As many rows as the promises ask for.
pub const HUNDRED_THOUSAND: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n";

/// A database that the Platform API made, at the host and with the token that it gave out.
pub struct Database {
    name: String,
    pub url: String,
    pub token: String,
}

impl Database {
    pub async fn new() -> Self {
        let name = format!("rust-{}-{}", id(), DATABASES.fetch_add(1, Ordering::Relaxed));
        let created = post("/databases", json!({ "name": name, "group": "default" })).await;
        let url = format!("http://{}", text(&created["database"]["Hostname"]));
        let mut database = Self { name, url, token: String::new() };
        database.token = database.token_for("").await;
        database
    }

    /// Another token, as with `authorization=read-only`.
    pub async fn token_for(&self, options: &str) -> String {
        text(&post(&format!("/databases/{}/auth/tokens?{options}", self.name), json!({})).await["jwt"])
    }

    /// Another token, whose time is over.
    pub async fn expired_token(&self) -> String {
        let token = self.token_for("expiration=1s").await;
        send(Method::PATCH, "/_local/clock", json!({ "advance": "2s" })).await;
        token
    }
}

async fn post(path: &str, body: Value) -> Value {
    send(Method::POST, &format!("/v1/organizations/{}{path}", variable("TURSO_ORG")), body).await
}

async fn send(method: Method, path: &str, body: Value) -> Value {
    let url = format!("{}{path}", variable("TURSO_API_BASEURL"));
    let request = reqwest::Client::new().request(method, url).bearer_auth(variable("TURSO_API_TOKEN")).json(&body);
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap()
}

fn variable(name: &str) -> String {
    var(name).expect("conformance/run sets it")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
