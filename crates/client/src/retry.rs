//! Which failure is followed by another attempt, and when.

use std::{sync::Mutex, time::Duration};

use turso_cloud_contract::Repeatability;

use crate::{Error, ErrorKind};

/// How often and how soon a failed request is sent again.
///
/// | situation | safe and idempotent operations | operations that must happen once |
/// |---|---|---|
/// | could not connect | retry | retry |
/// | 429 | retry after the cool-down | retry after the cool-down |
/// | 408, 5xx | retry, after `Retry-After` where given | no |
/// | timeout or cut while waiting for or reading the answer | retry | no |
/// | any other answer | no | no |
///
/// Each operation says which it is ([`Endpoint::REPEATABILITY`](crate::contract::Endpoint::REPEATABILITY)). Creating,
/// restoring, transferring and rotating must happen once; minting a token of a database or a group is idempotent, because
/// nobody knows one whose answer was lost.
///
/// After a 429 all calls of the client to the host that gave it pause, for as long as it asks and five minutes at the most:
/// the Platform API, the region service and each database are hosts of their own. A call whose deadline comes first fails at
/// once. [`Error::retry_after`](crate::Error::retry_after) is what the service asked for.
///
/// Between attempts the client waits a random time up to an exponentially growing bound. Retries are paid from an
/// allowance of the client, so that an outage is not answered with a storm of them: it holds a hundred, and five calls that
/// succeed pay for one more. One after a 429 with a `Retry-After` is free. An error says so where the allowance, or the
/// deadline, was in the way of another attempt.
///
/// ```
/// use std::time::Duration;
/// use turso_cloud::RetryPolicy;
///
/// let patient = RetryPolicy::default().max_retries(8).backoff(Duration::from_secs(1), Duration::from_secs(30));
/// assert_eq!(RetryPolicy::none(), RetryPolicy::default().max_retries(0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct RetryPolicy {
    max_retries: u32,
    first: Duration,
    longest: Duration,
}

impl Default for RetryPolicy {
    /// Three retries, after at most 200 ms, 400 ms and 800 ms.
    fn default() -> Self {
        Self { max_retries: 3, first: Duration::from_millis(200), longest: Duration::from_secs(10) }
    }
}

impl RetryPolicy {
    /// The longest pause for all calls, whatever the service asks for: an absurd `Retry-After` must not silence a client for
    /// ever. One request asks again after it.
    pub const LONGEST_PAUSE: Duration = Duration::from_secs(300);

    /// Every request is sent once.
    pub fn none() -> Self {
        Self::default().max_retries(0)
    }

    /// Sets how many attempts may follow the first.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets the bound of the first wait, which doubles with each retry, and the bound it never exceeds.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.first = first;
        self.longest = longest;
        self
    }

    /// How long to wait before the next attempt; `None` where there is to be none.
    pub(crate) fn wait(
        &self,
        error: &Error,
        repeatability: Repeatability,
        attempt: u32,
        jitter: &Jitter,
    ) -> Option<Duration> {
        // Before the first attempt only the deadline can have been in the way.
        let retries = attempt.checked_sub(1)?;
        if retries >= self.max_retries || !may_repeat(error, repeatability) {
            return None;
        }
        let bound = self.first.saturating_mul(2_u32.saturating_pow(retries)).min(self.longest);
        let backoff = jitter.up_to(bound);
        Some(error.retry_after().map_or(backoff, |asked| asked.max(backoff)))
    }
}

fn may_repeat(error: &Error, repeatability: Repeatability) -> bool {
    match error.kind() {
        ErrorKind::Connect | ErrorKind::RateLimited => true,
        ErrorKind::Server | ErrorKind::Timeout | ErrorKind::Interrupted => repeatability != Repeatability::Once,
        _ => false,
    }
}

/// The source of the random part of each wait.
pub(crate) struct Jitter(Mutex<fastrand::Rng>);

impl Jitter {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self(Mutex::new(seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed)))
    }

    /// Anything from nothing to `bound`: full jitter spreads the retries of many clients best.
    fn up_to(&self, bound: Duration) -> Duration {
        let mut random = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        bound.mul_f64(random.f64())
    }
}

/// What retries are paid from, shared by all calls of a client.
#[derive(Debug)]
pub(crate) struct Allowance(Mutex<u32>);

impl Allowance {
    const FULL: u32 = 500;
    const RETRY: u32 = 5;

    pub(crate) fn new() -> Self {
        Self(Mutex::new(Self::FULL))
    }

    /// Pays for one retry; `false` where too little is left.
    pub(crate) fn spend(&self) -> bool {
        let mut left = self.lock();
        let paid = left.checked_sub(Self::RETRY);
        *left = paid.unwrap_or(*left);
        paid.is_some()
    }

    /// One call that succeeded.
    pub(crate) fn refill(&self) {
        let mut left = self.lock();
        *left = (*left + 1).min(Self::FULL);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, u32> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
