//! What this process holds open. Linux tells; elsewhere nothing is held.

use std::fs;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::timeout;

/// Giving memory back takes no longer unless something is wrong.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Files and sockets.
pub(crate) fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Bytes of memory in use.
pub(crate) fn memory() -> u64 {
    status("VmRSS:")
}

/// Bytes of memory in use once they are less than so many, or have not become that in time: what threads have had, they
/// give back when they come to it.
pub(crate) async fn memory_in_the_end(bound: u64) -> u64 {
    let settled = async {
        while memory() >= bound {
            yield_now().await;
        }
    };
    let _still_more = timeout(PATIENCE, settled).await;
    memory()
}

/// The most bytes of memory that were in use since the last call.
pub(crate) fn take_most_memory() -> u64 {
    let most = status("VmHWM:");
    // What makes it begin anew.
    let _elsewhere = fs::write("/proc/self/clear_refs", "5");
    most
}

fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0, |line| line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024)
}
