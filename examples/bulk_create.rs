//! Creates many databases at once, waits until each answers, and shows how far it is. Safe to run again: what is there
//! already is left as it is.
#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::io::Write as _;

use anyhow::{Result, ensure};
use turso_cloud::NewDatabase;
use turso_cloud_local::Cloud;

const DATABASES: usize = 200;
const BAR: usize = 40;

#[tokio::main]
async fn main() -> Result<()> {
    let turso = Cloud::new()?.client().build()?;
    let tenants = (0..DATABASES).map(|number| NewDatabase::new(format!("tenant-{number}"), "default"));

    let mut events = turso.databases().ensure_many(tenants).wait_ready().concurrency(16).events();
    let (mut done, mut failed) = (0, Vec::new());
    while let Some(outcome) = events.next().await {
        done += 1;
        failed.extend(outcome.result.err().map(|error| (outcome.input.name, error)));
        let filled = BAR * done / DATABASES;
        print!("\r[{}{}] {done} of {DATABASES}", "#".repeat(filled), " ".repeat(BAR - filled));
        std::io::stdout().flush()?;
    }
    println!();
    for (name, error) in &failed {
        println!("{name}: {error}");
    }
    ensure!(failed.is_empty(), "{} of {DATABASES} could not be created", failed.len());
    Ok(())
}
