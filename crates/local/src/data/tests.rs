//! The data plane through raw HTTP requests and raw JSON.

mod attach;
mod batons;
mod brief;
mod conditions;
mod cursor;
mod dump;
mod engine;
mod export;
mod files;
mod first_version;
mod group_commit;
mod history;
mod hostile_tokens;
mod limits;
mod opening;
mod permissions;
mod protobuf;
mod protocol;
mod pull;
mod requests;
mod rules;
mod sessions;
mod tokens;
mod transactions;
mod upload;
mod values;
mod vectors;
mod writers;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::Request;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::database::{Database, Patience, ThreadPermit};
use super::{
    Access, AllowList, DataPlane, DatabaseRecord, Files, Hours, Rules, SigningSeed, Subject, TokenClaims, Usage, mint,
};
use crate::clock::Clock;

pub(super) const DATABASE: &str = "7d0f3c1e-0b7a-4b0e-9a55-2a6f3f1f5b10";
const GROUP: &str = "2d1c0a52-3d0c-4e0f-9a1f-5f1de1b6c001";
const ROLE: &str = "0f9c2f54-2f4c-4a54-9d2e-aa3b0a90c001";
const GROUP_ROLE: &str = "1f9c2f54-2f4c-4a54-9d2e-aa3b0a90c002";
const LABEL: &str = "app-acme";

/// Produces no row and never ends.
const BUSY: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

/// One database and somebody who talks to it.
#[derive(Clone)]
struct Host {
    plane: DataPlane,
    clock: Clock,
    label: String,
    token: String,
}

impl Host {
    fn new() -> Self {
        Self::with_files(Files::Memory)
    }

    fn in_directory(directory: impl Into<PathBuf>) -> Self {
        Self::with_files(Files::Directory(directory.into(), Arc::new(())))
    }

    fn with_files(files: Files) -> Self {
        // Some tests open all connections that there may be, and macOS lets a process begin with 256 files.
        rlimit::increase_nofile_limit(2048).unwrap();
        let clock = Clock::frozen_at("2026-06-01T12:00:00Z".parse().unwrap());
        let plane = DataPlane::new(files, Arc::default(), clock.clone());
        plane.put(record());
        let token = mint(&claims(&clock), &seed()).unwrap();
        Self { plane, clock, label: LABEL.to_owned(), token }
    }

    fn read_only(&self) -> Self {
        let claims = TokenClaims { access: Access::ReadOnly, ..claims(&self.clock) };
        Self { token: mint(&claims, &seed()).unwrap(), ..self.clone() }
    }

    fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: token.into(), ..self.clone() }
    }

    /// Sends a body and returns the status and the answer's text.
    async fn post(&self, path: &str, body: impl Into<Body>) -> (u16, String) {
        let response = self.send(path, body).await;
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn send(&self, path: &str, body: impl Into<Body>) -> http::Response<Body> {
        let authorization = format!("Bearer {}", self.token);
        let request = Request::post(path).header("authorization", authorization).body(body.into()).unwrap();
        self.answer(request).await
    }

    /// What the cloud hands to the data plane is the path alone.
    async fn answer(&self, request: Request<Body>) -> http::Response<Body> {
        let path = request.uri().path().to_owned();
        self.plane.handle(&self.label, &path, request).await
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let response = self.answer(Request::get(path).body(Body::empty()).unwrap()).await;
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// Sends requests on a new or continued stream, which must be accepted.
    async fn pipeline(&self, baton: Option<&str>, requests: Value) -> Value {
        let body = json!({ "baton": baton, "requests": requests }).to_string();
        let (status, text) = self.post("/v3/pipeline", body).await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Runs statements on a stream of their own; the result of each, which must be a success.
    async fn run(&self, statements: &[&str]) -> Vec<Value> {
        let mut requests: Vec<Value> = statements.iter().map(|sql| execute(sql)).collect();
        requests.push(json!({ "type": "close" }));
        let answer = self.pipeline(None, requests.into()).await;
        let results = answer["results"].as_array().unwrap();
        assert!(results.iter().all(|result| result["type"] == "ok"), "{answer}");
        results.iter().map(|result| result["response"]["result"].clone()).take(statements.len()).collect()
    }

    /// The only value of a query's answer, as its wire object.
    /// Goes away while a request runs, in a transaction that has written a row to table `t`.
    async fn leave_within(&self, request: Value) {
        let written = self.usage().rows.written;
        let requests = json!([execute("BEGIN IMMEDIATE"), execute("INSERT INTO t VALUES (1)"), request]);
        let running = tokio::spawn({
            let host = self.clone();
            async move { host.pipeline(None, requests).await }
        });
        while self.usage().rows.written == written {
            tokio::task::yield_now().await;
        }
        running.abort();
    }

    async fn value(&self, sql: &str) -> Value {
        self.run(&[sql]).await[0]["rows"][0][0].clone()
    }

    /// The error of a statement that must fail.
    async fn error(&self, sql: &str) -> Value {
        let answer = self.pipeline(None, json!([execute(sql), { "type": "close" }])).await;
        assert_eq!(answer["results"][0]["type"], "error", "{answer}");
        answer["results"][0]["error"].clone()
    }

    /// What the database has used since the clock was set.
    fn usage(&self) -> Usage {
        self.plane.usage(DATABASE, Hours::between(self.clock.now(), self.clock.now()))
    }

    fn database(&self) -> Arc<Database> {
        self.plane.0.databases.read().in_service(DATABASE).unwrap()
    }

    /// The right to every thread that the database may block.
    async fn all_threads(&self) -> Vec<ThreadPermit> {
        let database = self.database();
        let mut threads = Vec::new();
        for _ in 0..128 {
            threads.push(database.thread(&mut Patience::default()).await.unwrap());
        }
        threads
    }

    /// The lines of a cursor's answer.
    async fn cursor(&self, baton: Option<&str>, steps: Value) -> Vec<Value> {
        let body = json!({ "baton": baton, "batch": { "steps": steps } }).to_string();
        let (status, text) = self.post("/v3/cursor", body).await;
        assert_eq!(status, 200, "{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

pub(super) fn record() -> DatabaseRecord {
    DatabaseRecord {
        name: "orders".into(),
        id: DATABASE.to_owned(),
        label: LABEL.to_owned(),
        group_id: GROUP.to_owned(),
        role_id: ROLE.to_owned(),
        group_role_id: GROUP_ROLE.to_owned(),
        signing_key: seed(),
        block_reads: false,
        block_writes: false,
        organization: 1,
        size_limit: None,
        allowed_ips: AllowList::default(),
        archived: false,
        draft: false,
        allow_attach: false,
        encryption: None,
    }
}

fn seed() -> SigningSeed {
    SigningSeed::new([7; 32])
}

fn claims(clock: &Clock) -> TokenClaims {
    TokenClaims {
        access: Access::Full,
        subject: Subject::Database { id: DATABASE.to_owned() },
        role_id: ROLE.to_owned(),
        rules: Rules::default(),
        attachable: Vec::new(),
        issued_at: clock.now(),
        expires_at: None,
    }
}

fn execute(sql: &str) -> Value {
    json!({ "type": "execute", "stmt": { "sql": sql } })
}

fn sequence(sql: &str) -> Value {
    json!({ "type": "sequence", "sql": sql })
}

fn step(sql: &str) -> Value {
    json!({ "stmt": { "sql": sql } })
}

fn integer(value: i64) -> Value {
    json!({ "type": "integer", "value": value.to_string() })
}

fn baton(answer: &Value) -> &str {
    answer["baton"].as_str().expect("a baton")
}

/// The text with every duration replaced by 0, so that it can be compared.
fn without_durations(text: &str) -> String {
    const KEY: &str = "\"query_duration_ms\":";
    let mut parts = text.split(KEY);
    let mut result = parts.next().unwrap().to_owned();
    for part in parts {
        let end = part.find([',', '}']).unwrap();
        result.push_str(KEY);
        result.push('0');
        result.push_str(&part[end..]);
    }
    result
}

/// Moves tokio's time, which must be paused.
async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn timestamp(text: &str) -> Timestamp {
    text.parse().unwrap()
}
