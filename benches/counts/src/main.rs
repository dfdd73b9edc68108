//! Does one kind of work a number of times, for `counts/run` to count the instructions of.
//!
//! `turso-cloud-counts WORK TIMES`

use anyhow::{Context as _, Result, bail, ensure};
use axum::body::{Body, Bytes};
use http::{Request, Response};
use serde_json::json;
use turso_cloud::{
    ApiToken, Client, NewDatabase, NewToken,
    contract::databases::DatabasesAnswer,
    transport::{SendFuture, Transport},
};
use turso_cloud_local::Cloud;

/// What nobody checks.
const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.eyJqdGkiOiJ4In0.c2ln";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [work, times] = arguments.as_slice() else { bail!("usage: turso-cloud-counts WORK TIMES") };
    let times = times.parse().context("TIMES is no number")?;
    // One thread, so that the same work is the same instructions.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build()?;
    runtime.block_on(async {
        match work.as_str() {
            "client-build" => client_build(times),
            "client-call" => client_call(times).await,
            "list-1000-databases" => list(times),
            "create-database" => create(times).await,
            "cloud-lists-100-databases" => list_of_cloud(times).await,
            "select-1" => select(times).await,
            other => bail!("unknown work {other:?}"),
        }
    })
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
    fn send(&self, _: Request<turso_cloud::transport::Body>) -> SendFuture<'_> {
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

/// A statement, from its request to its answer.
async fn select(times: usize) -> Result<()> {
    let (cloud, turso) = cloud()?;
    turso.databases().create(NewDatabase::new("orders", "default")).await?;
    let token = turso.databases().create_token("orders", NewToken::full_access()).await?;
    let execute = json!({"type": "execute", "stmt": {"sql": "SELECT 1"}});
    let body = json!({"requests": [execute, {"type": "close"}]}).to_string();
    for _ in 0..times {
        let request = Request::post("/db/orders-acme/v2/pipeline")
            .header("authorization", format!("Bearer {}", token.expose()))
            .body(Body::from(body.clone()))?;
        ensure!(cloud.handle(request).await.status().is_success());
    }
    Ok(())
}

fn cloud() -> Result<(Cloud, Client)> {
    let cloud = Cloud::builder().seed(1).build()?;
    let turso = cloud.client().build()?;
    Ok((cloud, turso))
}
