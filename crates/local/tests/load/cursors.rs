//! Answers larger than anybody wants to keep.

use futures_util::{StreamExt as _, future::join_all};
use serde_json::json;
use tokio::runtime::Builder;
use turso_cloud::{NewDatabase, NewToken};
use turso_cloud_local::Cloud;

use crate::{alone, pipeline, process};

const ROWS: usize = 1_000_000;

/// Far less than the rows take together.
const MOST_MEMORY: u64 = 16 * 1024 * 1024;

#[test]
fn a_cursor_of_a_million_rows_does_not_grow_the_process() {
    alone(Builder::new_multi_thread(), read_a_million_rows());
}

async fn read_a_million_rows() {
    let cloud = Cloud::new().unwrap();
    let turso = cloud.client().build().unwrap();
    turso.databases().create(NewDatabase::new("app", "default")).wait_ready().await.unwrap();
    let token = turso.databases().create_token("app", NewToken::full_access()).await.unwrap();
    let sql = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {ROWS}) SELECT i FROM n");
    let body = json!({ "batch": { "steps": [{ "stmt": { "sql": sql } }] } });
    let request = http::Request::post("/db/app-acme/v3/cursor")
        .header("authorization", format!("Bearer {}", token.expose()))
        .body(body.to_string().into())
        .unwrap();
    let before = process::memory();
    let mut answer = cloud.handle(request).await.into_body();
    let (mut lines, mut bytes, mut most) = (0, 0, 0);
    while let Some(piece) = answer.next().await {
        let piece = piece.unwrap();
        lines += piece.split(|byte| *byte == b'\n').count() - 1;
        bytes += piece.len() as u64;
        most = most.max(process::memory());
    }
    let grown = most.saturating_sub(before);
    eprintln!("{bytes} bytes of rows grew the process by {grown}");
    // A line before the rows, and three around them.
    assert_eq!(lines, ROWS + 4);
    assert!(bytes > 2 * MOST_MEMORY && grown < MOST_MEMORY, "{grown} bytes");
}

#[test]
fn cursors_that_nobody_reads_do_not_keep_other_databases_from_answering() {
    alone(Builder::new_multi_thread(), leave_many_unread());
}

async fn leave_many_unread() {
    let cloud = Cloud::new().unwrap();
    let turso = cloud.client().build().unwrap();
    let names = ["one", "another", "innocent"];
    for outcome in turso.databases().create_many(names.map(|name| NewDatabase::new(name, "default"))).await {
        outcome.result.unwrap();
    }
    let token = turso.groups().create_token("default", NewToken::full_access()).await.unwrap();
    let ask = |database: &str, path: &str, body: &serde_json::Value| {
        let request = http::Request::post(format!("/db/{database}-acme{path}"))
            .header("authorization", format!("Bearer {}", token.expose()))
            .body(body.to_string().into());
        cloud.handle(request.unwrap())
    };
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let cursor = json!({ "batch": { "steps": [{ "stmt": { "sql": endless } }] } });
    let before_they_are_given_up = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    // As many as a runtime has threads for what blocks.
    let asked = (0..256).flat_map(|_| ["one", "another"]).map(|database| ask(database, "/v3/cursor", &cursor));
    let unread = join_all(asked).await;

    let change = pipeline(&["CREATE TABLE t (x)"], true);
    let answer = tokio::time::timeout_at(before_they_are_given_up, ask("innocent", "/v2/pipeline", &change)).await;
    assert_eq!(answer.expect("an answer meanwhile").status(), 200);
    drop(unread);
}
