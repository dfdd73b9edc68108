//! Many databases and many clients: what the cloud holds open for them is bounded, and is given back.
#![cfg(test)]

mod clients;
mod cursors;
mod databases;
mod memory;
mod process;
mod requests;
#[cfg(unix)]
mod streams;

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};
use tokio::runtime::Builder;

/// Held by each test: what a process holds open cannot be told apart test by test.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs a test while no other one runs, in a runtime that is made for it then, for that holds files open too.
fn alone(mut runtime: Builder, test: impl Future<Output = ()>) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    runtime.enable_all().build().unwrap().block_on(test);
}

/// The body of a pipeline; one that is `closed` ends its stream.
fn pipeline(statements: &[&str], closed: bool) -> Value {
    let run = statements.iter().map(|sql| json!({ "type": "execute", "stmt": { "sql": sql } }));
    let requests: Vec<_> = run.chain(closed.then(|| json!({ "type": "close" }))).collect();
    json!({ "requests": requests })
}
