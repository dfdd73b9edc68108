//! The same calls without an async runtime.
#![expect(clippy::print_stdout, reason = "it shows what it does")]

use anyhow::Result;
use turso_cloud::{NewDatabase, NewToken};
use turso_cloud_local::Cloud;

fn main() -> Result<()> {
    let turso = Cloud::new()?.client().build_blocking()?;

    turso.databases().create(NewDatabase::new("orders", "default")).wait_ready().send()?;
    let token = turso.databases().create_token("orders", NewToken::read_only()).send()?;
    println!("a token of {} characters", token.expose().len());

    for database in turso.databases().stream().send()? {
        println!("database {}", database?.name);
    }
    for entry in turso.audit_logs().stream().send()? {
        println!("{}", entry?.code);
    }
    Ok(())
}
