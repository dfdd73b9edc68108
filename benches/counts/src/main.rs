//! Does one kind of work a number of times, for `counts/run` to count the instructions of.
//!
//! `turso-cloud-counts WORK TIMES`

use anyhow::{Context as _, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [work, times] = arguments.as_slice() else { bail!("usage: turso-cloud-counts WORK TIMES") };
    let times = times.parse().context("TIMES is no number")?;
    // One thread, so that the same work is the same instructions.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build()?;
    runtime.block_on(turso_cloud_counts::perform(work, times))
}
