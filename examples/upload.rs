//! A SQLite file becomes a database of a local cloud, and its rows are read back over HTTP.
#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::path::Path;

use anyhow::{Result, ensure};
use turso_cloud::{Client, Expiration, NewDatabase};
use turso_cloud_local::Cloud;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("shop.db");
    make_shop(&path)?;

    let cloud = Cloud::new()?;
    let server = cloud.serve("127.0.0.1:0").await?;
    let turso = Client::builder(cloud.token()).base_url(server.url()).organization(cloud.organization()).build()?;
    let created = turso
        .databases()
        .create_from_file(NewDatabase::new("shop", "default"), &path)
        .on_progress(|progress| println!("{} of {} bytes", progress.bytes_sent, progress.bytes_total))
        .await?;

    let access = turso.databases().access(created.name, Expiration::hours(1)).await?;
    let driver =
        turso_serverless::Builder::new_remote(&access.url).with_auth_token(access.token.expose()).build().await?;
    let mut rows = driver.connect()?.query("SELECT count(*) FROM goods", ()).await?;
    let row = rows.next().await?.ok_or_else(|| anyhow::anyhow!("a count is always a row"))?;
    let count: i64 = row.get(0)?;
    println!("{count} goods arrived");
    ensure!(count == 10_000, "all of them should have");
    server.shutdown().await;
    Ok(())
}

/// A database as the service takes it: pages of 4096 bytes, in WAL mode, with nothing left in the log.
fn make_shop(path: &Path) -> Result<()> {
    let database = rusqlite::Connection::open(path)?;
    database.execute_batch(
        "PRAGMA page_size = 4096;
         PRAGMA journal_mode = WAL;
         CREATE TABLE goods (name TEXT NOT NULL);
         WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000)
             INSERT INTO goods SELECT 'thing ' || n FROM numbers;
         PRAGMA wal_checkpoint(TRUNCATE);",
    )?;
    Ok(())
}
