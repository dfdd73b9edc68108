//! Many databases and many clients: what the cloud holds open for them is bounded, and is given back.
#![cfg(test)]

mod clients;
mod databases;
mod process;

use serde_json::{Value, json};
use tokio::sync::Mutex;

/// Held by each test: what a process holds open cannot be told apart test by test.
static ALONE: Mutex<()> = Mutex::const_new(());

/// The body of a pipeline; one that is `closed` ends its stream.
fn pipeline(statements: &[&str], closed: bool) -> Value {
    let run = statements.iter().map(|sql| json!({ "type": "execute", "stmt": { "sql": sql } }));
    let requests: Vec<_> = run.chain(closed.then(|| json!({ "type": "close" }))).collect();
    json!({ "requests": requests })
}
