//! How much memory the engine and the answers kept for clients take, and how much they may take.
//!
//! All databases of a process share one budget, and a statement may take no more than it leaves free: one that runs alone
//! gets half, one of two a third. So there is always some left for a small statement, however many large ones run, and
//! nobody has to define a large one.
//!
//! Only statements of clients are held to the budget. The server's own work is counted, but gets what it asks for.

mod account;
mod allocator;
mod kept;
mod lease;

use std::sync::Once;

pub(crate) use account::{bounded, has_enough, stepping, unbounded};
pub(crate) use lease::{Exhausted, Lease, Tally, counted};

/// The budget.
const LIMIT: usize = 512 * 1024 * 1024;

/// Has the engine's memory counted. To be called before the first connection of the process is opened: if somebody else
/// has used the engine before, its memory is not counted and has no limit.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        kept::limit();
        if !allocator::install() {
            tracing::warn!("the engine was in use before the local cloud: its memory has no limit");
        }
    });
}
