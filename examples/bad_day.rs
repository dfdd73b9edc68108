//! A bad day of the service: what a client does about it, and what has really happened.
#![expect(clippy::print_stdout, reason = "it shows what it does")]

use anyhow::Result;
use turso_cloud::{NewDatabase, contract::endpoints::CreateDatabase};
use turso_cloud_local::Cloud;

#[tokio::main]
async fn main() -> Result<()> {
    let cloud = Cloud::new()?;
    let turso = cloud.client().build()?;
    cloud.snapshot("before").await?;

    // The first answer never arrives, although the database is made. It is not asked for a second time.
    cloud.faults().on::<CreateDatabase>().nth(1).carried_out().reset();
    if let Err(error) = turso.databases().create(NewDatabase::new("orders", "default")).await {
        println!("{error}");
        println!("it may have happened: {}", error.may_have_happened());
    }
    println!("it has: {}", turso.databases().find("orders").await?.is_some());
    println!("requests to create: {}", cloud.requests().of::<CreateDatabase>().len());

    cloud.restore("before").await?;
    println!("and now it has not: {}", turso.databases().find("orders").await?.is_none());
    Ok(())
}
