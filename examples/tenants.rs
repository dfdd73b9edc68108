//! One database for each user: made when they first come, opened with a token of their own.
#![expect(clippy::print_stdout, reason = "it shows what it does")]

use anyhow::Result;
use turso_cloud::{Client, DatabaseAccess, Expiration, NewDatabase};
use turso_cloud_local::Cloud;

#[tokio::main]
async fn main() -> Result<()> {
    let cloud = Cloud::new()?;
    let server = cloud.serve("127.0.0.1:0").await?;
    let turso = Client::builder(cloud.token()).base_url(server.url()).organization(cloud.organization()).build()?;

    for (user, note) in [("ada", "buy tea"), ("grace", "fix the relay"), ("ada", "drink tea")] {
        let access = tenant(&turso, user).await?;
        println!("{user} has {} notes", add_note(&access, note).await?);
    }
    server.shutdown().await;
    Ok(())
}

/// Safe to call at every sign-in: the database is made once and waited for, as Turso Cloud may need some seconds until a new
/// one answers, and the token is kept as long as it is good.
async fn tenant(turso: &Client, user: &str) -> Result<DatabaseAccess> {
    let name = format!("tenant-{user}");
    turso.databases().ensure(NewDatabase::new(&name, "default")).wait_ready().await?;
    Ok(turso.databases().access(name, Expiration::hours(1)).await?)
}

async fn add_note(access: &DatabaseAccess, note: &str) -> Result<i64> {
    let driver =
        turso_serverless::Builder::new_remote(&access.url).with_auth_token(access.token.expose()).build().await?;
    let connection = driver.connect()?;
    connection.execute("CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL)", ()).await?;
    connection.execute("INSERT INTO notes VALUES (?1)", (note,)).await?;
    let mut rows = connection.query("SELECT count(*) FROM notes", ()).await?;
    let row = rows.next().await?.ok_or_else(|| anyhow::anyhow!("a count is always a row"))?;
    Ok(row.get(0)?)
}
