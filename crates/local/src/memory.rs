//! The memory that the engine takes, and what is kept of its answers: how much it is, and how much it may be.
//!
//! All databases of a process have so much together, and whoever runs a statement no more than it leaves to the others:
//! one alone half of it, one of two a third. So there is always some for a small statement, however many large ones run,
//! and nobody has to say what a large one is.
//!
//! Only what runs for a client is held to that. The server's own work is counted, and is given what it asks for.

mod account;
mod allocator;
mod kept;
mod lease;

use std::sync::Once;

pub(crate) use account::{bounded, has_enough, stepping, unbounded};
pub(crate) use lease::{Exhausted, Lease, counted};

/// What all of it may be.
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
