//! What keeps the calls of one client from overrunning the service: a bound on requests in flight, and a pause
//! for all those to a host that said that there are too many.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::{Uri, uri::Authority};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

use crate::RetryPolicy;

#[derive(Debug)]
pub(crate) struct Throttle {
    in_flight: Semaphore,
    /// Pauses that are over are removed when the next one begins, so that this stays small.
    cool_until: Mutex<HashMap<Option<Authority>, Instant>>,
    pauses: AtomicU64,
}

impl Throttle {
    pub(crate) fn new(max_in_flight: usize) -> Self {
        let in_flight = Semaphore::new(max_in_flight.min(Semaphore::MAX_PERMITS));
        Self { in_flight, cool_until: Mutex::default(), pauses: AtomicU64::new(0) }
    }

    /// Lets no request out to the host of this one for this long, and at most for [`RetryPolicy::LONGEST_PAUSE`].
    pub(crate) fn cool_for(&self, uri: &Uri, pause: Duration) {
        let now = Instant::now();
        let until = now + pause.min(RetryPolicy::LONGEST_PAUSE);
        let mut cool_until = self.cool_until.lock().unwrap_or_else(PoisonError::into_inner);
        cool_until.retain(|_, until| *until > now);
        cool_until
            .entry(uri.authority().cloned())
            .and_modify(|current| *current = until.max(*current))
            .or_insert(until);
        self.pauses.fetch_add(1, Ordering::Relaxed);
    }

    /// How often a host asked for a pause so far.
    pub(crate) fn pauses(&self) -> u64 {
        self.pauses.load(Ordering::Relaxed)
    }

    /// The end of the pause that the host of this request asked for, where one is on.
    pub(crate) fn cooling(&self, uri: &Uri) -> Option<Instant> {
        if self.pauses() == 0 {
            return None;
        }
        let cool_until = self.cool_until.lock().unwrap_or_else(PoisonError::into_inner);
        cool_until.get(&uri.authority().cloned()).copied().filter(|until| *until > Instant::now())
    }

    /// Waits for the end of the pause.
    pub(crate) async fn pause_over(&self, uri: &Uri) {
        while let Some(until) = self.cooling(uri) {
            sleep_until(until).await;
        }
    }

    /// Waits for the end of the pause and for a place among the requests in flight.
    pub(crate) async fn admit(&self, uri: &Uri) -> Option<SemaphorePermit<'_>> {
        loop {
            self.pause_over(uri).await;
            // The semaphore is never closed; a pause may have begun while this call was waiting for its place.
            let permit = self.in_flight.acquire().await.ok();
            if self.cooling(uri).is_none() {
                return permit;
            }
        }
    }
}
