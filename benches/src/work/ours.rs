use std::pin::pin;

use anyhow::{Result, ensure};
use futures_util::TryStreamExt as _;
use turso_cloud::{ApiToken, Client, NewDatabase};

use super::TOKEN;
use crate::fixture::{DATABASES, ENTRIES};

/// With the token of the environment, as a program has it, or with one that nobody checks.
pub(super) fn client(url: &str) -> Result<Client> {
    let token = ApiToken::from_env("TURSO_API_TOKEN").or_else(|_| ApiToken::new(TOKEN))?;
    Ok(Client::builder(token).base_url(url).organization("acme").build()?)
}

pub(super) async fn get(turso: &Client) -> Result<()> {
    turso.databases().get("tenant-00000").await?;
    Ok(())
}

pub(super) async fn list(turso: &Client) -> Result<()> {
    ensure!(turso.databases().list().await?.len() == DATABASES);
    Ok(())
}

pub(super) async fn audit(turso: &Client) -> Result<()> {
    let mut entries = pin!(turso.audit_logs().stream().page_size(1000));
    let mut count = 0;
    while entries.try_next().await?.is_some() {
        count += 1;
    }
    ensure!(count == ENTRIES, "{count} entries");
    Ok(())
}

pub(super) async fn create(turso: &Client, count: usize, concurrency: usize) -> Result<()> {
    let databases = (0..count).map(|number| NewDatabase::new(format!("tenant-{number:05}"), "default"));
    for outcome in turso.databases().create_many(databases).concurrency(concurrency).await {
        outcome.result?;
    }
    Ok(())
}
