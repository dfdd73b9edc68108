//! A copy of a database to try something on, and a deleted database brought back.
#![expect(clippy::print_stdout, reason = "it shows what it does")]

use anyhow::Result;
use turso_cloud::NewDatabase;
use turso_cloud_local::Cloud;

#[tokio::main]
async fn main() -> Result<()> {
    let turso = Cloud::new()?.client().build()?;
    turso.databases().create(NewDatabase::new("orders", "default")).wait_ready().await?;

    turso.databases().branch("orders", "orders-preview").await?;
    let branch = turso.databases().get("orders-preview").await?;
    if let Some(parent) = branch.parent {
        println!("{} is a branch of {} made at {}", branch.name, parent.name, parent.branched_at);
    }

    let id = turso.databases().get("orders").await?.id;
    turso.databases().delete("orders").await?;
    let restored = turso.recovery().restore_database(id).await?;
    println!("{} is back", restored.name);
    Ok(())
}
