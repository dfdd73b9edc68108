//! What keeps the calls of one client from overrunning the service: a bound on requests in flight, and a pause
//! for all of them after the service said that there are too many.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

/// The longest pause for all calls, whatever the service asks for: an absurd `Retry-After` must not silence a client for
/// ever. One request asks again after it.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub(crate) struct Throttle {
    in_flight: Semaphore,
    cool_until: Mutex<Option<Instant>>,
    pauses: AtomicU64,
}

impl Throttle {
    pub(crate) fn new(max_in_flight: usize) -> Self {
        let in_flight = Semaphore::new(max_in_flight.min(Semaphore::MAX_PERMITS));
        Self { in_flight, cool_until: Mutex::new(None), pauses: AtomicU64::new(0) }
    }

    /// Lets no request out for this long, and at most for [`LONGEST_PAUSE`].
    pub(crate) fn cool_for(&self, pause: Duration) {
        let until = Instant::now() + pause.min(LONGEST_PAUSE);
        let mut current = self.cool_until.lock().unwrap_or_else(PoisonError::into_inner);
        *current = (*current).max(Some(until));
        self.pauses.fetch_add(1, Ordering::Relaxed);
    }

    /// How often the service asked for a pause so far.
    pub(crate) fn pauses(&self) -> u64 {
        self.pauses.load(Ordering::Relaxed)
    }

    /// The end of the pause, where one is on.
    pub(crate) fn cooling(&self) -> Option<Instant> {
        let until = *self.cool_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.filter(|until| *until > Instant::now())
    }

    /// Waits for the end of the pause and for a place among the requests in flight.
    pub(crate) async fn admit(&self) -> Option<SemaphorePermit<'_>> {
        loop {
            while let Some(until) = self.cooling() {
                sleep_until(until).await;
            }
            // The semaphore is never closed; a pause may have begun while this call was waiting for its place.
            let permit = self.in_flight.acquire().await.ok();
            if self.cooling().is_none() {
                return permit;
            }
        }
    }
}
