//! Writes the deletions of the last day to standard output, one JSON object a line.
#![expect(clippy::print_stdout, reason = "it writes what it found")]

use anyhow::Result;
use futures_util::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};
use turso_cloud::{AuditCode, Client, NewDatabase};
use turso_cloud_local::Cloud;

#[tokio::main]
async fn main() -> Result<()> {
    let turso = Cloud::new()?.client().build()?;
    for name in ["orders", "invoices"] {
        turso.databases().create(NewDatabase::new(name, "default")).await?;
        turso.databases().delete(name).await?;
    }
    export(&turso, Timestamp::now() - SignedDuration::from_hours(24)).await
}

async fn export(turso: &Client, since: Timestamp) -> Result<()> {
    let deletions = [AuditCode::DbDelete, AuditCode::GroupDelete, AuditCode::OrgDelete];
    let mut log = turso.audit_logs().stream().since(since).only(deletions);
    while let Some(entry) = log.try_next().await? {
        println!("{}", serde_json::to_string(&entry)?);
    }
    Ok(())
}
