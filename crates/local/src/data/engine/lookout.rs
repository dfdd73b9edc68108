//! What the engine looks at now and then while it runs a statement.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::time::Instant;

use crate::memory;

/// How many instructions of the engine's virtual machine pass between two looks: about 10 µs.
const STEPS_BETWEEN_LOOKS: i32 = 1000;

/// A flag that a connection looks at while it runs. It stays up until it is taken down, so that an interrupt cannot come
/// too early, as the engine's own can.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupter(Arc<AtomicBool>);

impl Interrupter {
    pub(crate) fn interrupt(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn reset(&self) {
        self.0.store(false, Ordering::Release);
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Ends the statements of a connection that nobody waits for, those whose time is up, and those that take too much memory.
#[derive(Debug)]
pub(super) struct Lookout {
    interrupter: Interrupter,
    begun: Instant,
    /// Nanoseconds after the beginning.
    until: Arc<AtomicU64>,
}

impl Lookout {
    pub(super) fn install(connection: &rusqlite::Connection, interrupter: Interrupter) -> Self {
        let lookout = Self { interrupter, begun: Instant::now(), until: Arc::new(u64::MAX.into()) };
        let (interrupter, until, begun) = (lookout.interrupter.clone(), Arc::clone(&lookout.until), lookout.begun);
        let is_over = move || {
            interrupter.is_interrupted() || nanos_since(begun) >= until.load(Ordering::Relaxed) || !memory::has_enough()
        };
        connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(is_over));
        lookout
    }

    pub(super) fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    pub(super) fn end_at(&self, time: Instant) {
        let after = time.saturating_duration_since(self.begun).as_nanos();
        self.until.store(u64::try_from(after).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Lets statements run as long as they like.
    pub(super) fn relax(&self) {
        self.interrupter.reset();
        self.until.store(u64::MAX, Ordering::Relaxed);
    }
}

fn nanos_since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
