//! Work that is counted by `counts/run` and timed by `cargo bench`: each kind does the same thing a number of times.

use anyhow::{Result, bail, ensure};
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use turso_cloud::{
    ApiToken, Client, NewDatabase, NewToken,
    contract::databases::DatabasesAnswer,
    transport::{Body, SendFuture, Transport},
};
use turso_cloud_local::Cloud;

/// What nobody checks.
const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.eyJqdGkiOiJ4In0.c2ln";

/// Every kind of work.
pub const WORK: [&str; 9] = [
    "client-build",
    "client-call",
    "list-1000-databases",
    "create-database",
    "cloud-new",
    "cloud-lists-100-databases",
    "select-1",
    "pipeline-1000-rows",
    "cursor-1000-rows",
];

/// Does one of [`WORK`] `times` times, after what it takes to begin.
pub async fn perform(work: &str, times: usize) -> Result<()> {
    match work {
        "client-build" => client_build(times),
        "client-call" => client_call(times).await,
        "list-1000-databases" => list(times),
        "create-database" => create(times).await,
        "cloud-new" => cloud_new(times),
        "cloud-lists-100-databases" => list_of_cloud(times).await,
        "select-1" => statements(times, PIPELINE, pipeline("SELECT 1")).await,
        "pipeline-1000-rows" => statements(times, PIPELINE, pipeline(ROWS)).await,
        "cursor-1000-rows" => statements(times, CURSOR, cursor(ROWS)).await,
        other => bail!("unknown work {other:?}"),
    }
}

/// A client of a plain HTTP origin.
fn client_build(times: usize) -> Result<()> {
    for _ in 0..times {
        Client::builder(ApiToken::new(TOKEN)?).base_url("http://127.0.0.1:8080").organization("acme").build()?;
    }
    Ok(())
}

/// A call from the handle to the transport and back.
async fn client_call(times: usize) -> Result<()> {
    let turso = Client::builder(ApiToken::new(TOKEN)?).organization("acme").transport(Told).build()?;
    for _ in 0..times {
        turso.databases().get("my-db").await?;
    }
    Ok(())
}

/// Answers without looking at the request.
#[derive(Debug)]
struct Told;

impl Transport for Told {
    fn send(&self, _: Request<Body>) -> SendFuture<'_> {
        const ANSWER: &[u8] = br#"{"database":{"Name":"my-db","DbId":"0eb771dd-6906-11ee-8553-eaa7715aeaf2",
            "Hostname":"my-db-acme.aws-us-east-1.turso.io","regions":["aws-us-east-1"],
            "primaryRegion":"aws-us-east-1","group":"default","block_reads":false,"block_writes":false,
            "delete_protection":false,"parent":null}}"#;
        Box::pin(async { Ok(Response::new(Bytes::from_static(ANSWER).into())) })
    }
}

/// The answer of a long listing, read.
fn list(times: usize) -> Result<()> {
    let database = |number: usize| {
        let name = format!("tenant-{number:05}");
        let hostname = format!("{name}-acme.aws-us-east-1.turso.io");
        json!({
            "Name": name, "DbId": format!("0eb771dd-6906-11ee-8553-eaa7715{number:05}"), "Hostname": hostname,
            "hostname": hostname, "regions": ["aws-us-east-1"], "primaryRegion": "aws-us-east-1", "group": "default",
            "type": "logical", "block_reads": false, "block_writes": false, "delete_protection": false, "parent": null,
        })
    };
    let body = serde_json::to_vec(&json!({"databases": (0..1000).map(database).collect::<Vec<_>>()}))?;
    for _ in 0..times {
        ensure!(serde_json::from_slice::<DatabasesAnswer>(&body)?.databases.len() == 1000);
    }
    Ok(())
}

/// A database of the local cloud, from the client to the store.
async fn create(times: usize) -> Result<()> {
    let (_cloud, turso) = cloud()?;
    for number in 0..times {
        turso.databases().create(NewDatabase::new(format!("tenant-{number}"), "default")).await?;
    }
    Ok(())
}

/// A local cloud, as a test sets one up.
fn cloud_new(times: usize) -> Result<()> {
    for _ in 0..times {
        drop(Cloud::new()?);
    }
    Ok(())
}

/// A listing of the local cloud, from its store to the client.
async fn list_of_cloud(times: usize) -> Result<()> {
    let (_cloud, turso) = cloud()?;
    for number in 0..100 {
        turso.databases().create(NewDatabase::new(format!("tenant-{number}"), "default")).await?;
    }
    for _ in 0..times {
        ensure!(turso.databases().list().await?.len() == 100);
    }
    Ok(())
}

const PIPELINE: &str = "/db/orders-acme/v2/pipeline";
const CURSOR: &str = "/db/orders-acme/v3/cursor";
const ROWS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
    SELECT i, 'value of row ' || i, i / 7.0 FROM n";

fn pipeline(sql: &str) -> Value {
    json!({"requests": [{"type": "execute", "stmt": {"sql": sql}}, {"type": "close"}]})
}

fn cursor(sql: &str) -> Value {
    json!({"batch": {"steps": [{"stmt": {"sql": sql}}]}})
}

/// A statement, from its request to the end of its answer.
async fn statements(times: usize, path: &str, body: Value) -> Result<()> {
    let (cloud, turso) = cloud()?;
    turso.databases().create(NewDatabase::new("orders", "default")).await?;
    let token = turso.databases().create_token("orders", NewToken::full_access()).await?;
    let body = body.to_string();
    for _ in 0..times {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {}", token.expose()))
            .body(Body::from(body.clone()))?;
        let answer = cloud.handle(request).await;
        ensure!(answer.status().is_success());
        ensure!(!answer.into_body().collect(usize::MAX).await?.is_empty());
    }
    Ok(())
}

fn cloud() -> Result<(Cloud, Client)> {
    let cloud = Cloud::builder().seed(1).build()?;
    let turso = cloud.client().build()?;
    Ok((cloud, turso))
}
