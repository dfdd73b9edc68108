//! What the engine looks at now and then while it runs a statement.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::time::{Duration, Instant};

use super::waiters::Waiters;
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

/// How long a connection may hold what others wait for. It may be set while a statement runs.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    end: Moment,
    has_yielded: Arc<AtomicBool>,
}

impl Lease {
    fn new(begun: Instant) -> Self {
        Self { end: Moment::never(begun), has_yielded: Arc::default() }
    }

    /// From the end of this term on, a statement ends as soon as anybody waits. One that has begun goes on.
    pub(crate) fn begin(&self, term: Duration) {
        if self.end().is_none() {
            self.end.set(Instant::now() + term);
        }
    }

    /// When the term ends, if there is one.
    pub(crate) fn end(&self) -> Option<Instant> {
        self.end.time()
    }

    /// Whether it was held until the end of the term and longer.
    pub(crate) fn is_over(&self) -> bool {
        self.end.has_come()
    }

    /// Whether a statement has ended for others.
    pub(crate) fn has_yielded(&self) -> bool {
        self.has_yielded.load(Ordering::Acquire)
    }

    /// Nothing is held.
    pub(crate) fn release(&self) {
        self.end.clear();
        self.has_yielded.store(false, Ordering::Release);
    }

    fn yields_to(&self, waiters: &Waiters) -> bool {
        let yields = self.is_over() && waiters.are_there();
        if yields {
            self.has_yielded.store(true, Ordering::Release);
        }
        yields
    }
}

/// A time that is set from elsewhere.
#[derive(Clone, Debug)]
struct Moment {
    begun: Instant,
    /// Nanoseconds after the beginning.
    nanos: Arc<AtomicU64>,
}

impl Moment {
    fn never(begun: Instant) -> Self {
        Self { begun, nanos: Arc::new(u64::MAX.into()) }
    }

    fn set(&self, time: Instant) {
        self.nanos.store(nanos(time.saturating_duration_since(self.begun)), Ordering::Relaxed);
    }

    fn time(&self) -> Option<Instant> {
        let after = self.nanos.load(Ordering::Relaxed);
        (after != u64::MAX).then(|| self.begun + Duration::from_nanos(after))
    }

    fn clear(&self) {
        self.nanos.store(u64::MAX, Ordering::Relaxed);
    }

    fn has_come(&self) -> bool {
        let after = self.nanos.load(Ordering::Relaxed);
        // The clock is looked at only where there is anything to compare.
        after != u64::MAX && nanos(self.begun.elapsed()) >= after
    }
}

/// Ends the statements of a connection that nobody waits for, those whose time is up, those that hold up others for too
/// long, and those that take too much memory.
#[derive(Clone, Debug)]
pub(super) struct Lookout {
    interrupter: Interrupter,
    until: Moment,
    lease: Lease,
    waiters: Waiters,
}

impl Lookout {
    pub(super) fn install(connection: &rusqlite::Connection, interrupter: Interrupter, waiters: Waiters) -> Self {
        let begun = Instant::now();
        let lookout = Self { interrupter, until: Moment::never(begun), lease: Lease::new(begun), waiters };
        let looks = lookout.clone();
        connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || looks.ends_statements()));
        lookout
    }

    /// Whether what runs has to end. The engine asks while a statement runs: a short one is over before it does, however
    /// many of them there are.
    pub(super) fn ends_statements(&self) -> bool {
        self.interrupter.is_interrupted()
            || self.until.has_come()
            || self.lease.yields_to(&self.waiters)
            || !memory::has_enough()
    }

    pub(super) fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    pub(super) fn end_at(&self, time: Instant) {
        self.until.set(time);
    }

    pub(super) fn lease(&self) -> Lease {
        self.lease.clone()
    }

    /// Lets statements run as long as they like.
    pub(super) fn relax(&self) {
        self.interrupter.reset();
        self.until.clear();
        self.lease.release();
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
