//! What to do about an error: who is to blame, whether to wait, whether it may have happened all the same.
#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::time::Duration;

use anyhow::Result;
use turso_cloud::{Client, Error, NewDatabase, RetryPolicy, contract::databases::CreateDatabase};
use turso_cloud_local::Cloud;

#[tokio::main]
async fn main() -> Result<()> {
    let cloud = Cloud::new()?;
    // The local cloud fails on purpose: the second creation is one too many, the third breaks inside.
    cloud.faults().on::<CreateDatabase>().nth(2).retry_after(Duration::from_secs(1)).reply(429);
    cloud.faults().on::<CreateDatabase>().nth(3).reply(500);
    // Without retries of its own, so that the errors are to be seen.
    let turso = cloud.client().retry(RetryPolicy::none()).build()?;

    for (name, group) in
        [("a", "default"), ("b", "default"), ("c", "default"), ("a", "default"), ("A/B", "default"), ("d", "none")]
    {
        match create(&turso, name, group).await {
            Ok(()) => println!("{name}: created"),
            Err(error) => println!("{name}: {}", advice(&error)),
        }
    }
    Ok(())
}

async fn create(turso: &Client, name: &str, group: &str) -> Result<(), Error> {
    turso.databases().create(NewDatabase::new(name, group)).await.map(drop)
}

fn advice(error: &Error) -> String {
    match error {
        _ if error.is_already_exists() => "it is there already, use it".to_owned(),
        _ if error.is_invalid_input() => format!("ask the user again: {error}"),
        _ if error.is_rate_limited() => format!("wait {:?} and repeat", error.retry_after().unwrap_or_default()),
        _ if error.may_have_happened() => "look whether it is there before repeating".to_owned(),
        _ if error.is_retryable() => "repeat".to_owned(),
        _ => format!("tell the operator: {error}"),
    }
}
