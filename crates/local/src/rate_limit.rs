//! How many requests of the Platform API a token may send in a second, if that is to be limited.
//!
//! It goes by real time, not by the clock of the cloud: a client that is told to come back in a second waits a real one,
//! and under a clock that stands still it would wait for ever.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    num::NonZeroU32,
};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use parking_lot::Mutex;
use tokio::time::{Duration, Instant};

use crate::Refusal;

/// Tokens that are told apart; those whose allowance is full again are forgotten first.
const MAX_TOKENS: usize = 4096;

/// The limit of one local cloud.
#[derive(Debug, Default)]
pub(crate) struct RateLimit {
    /// The limit it began with.
    usual: Option<NonZeroU32>,
    state: Mutex<State>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct State {
    limit: Option<NonZeroU32>,
    /// By a digest of the token: when its allowance is full again.
    full_at: HashMap<u64, Instant>,
}

impl RateLimit {
    pub(crate) fn new(limit: Option<NonZeroU32>) -> Self {
        let limiter = Self { usual: limit, ..Self::default() };
        limiter.reset();
        limiter
    }

    pub(crate) fn limit(&self) -> Option<NonZeroU32> {
        self.state.lock().limit
    }

    /// Sets the requests of a second. Every token begins with a full allowance.
    pub(crate) fn set(&self, limit: Option<NonZeroU32>) {
        *self.state.lock() = State { limit, full_at: HashMap::new() };
    }

    /// Sets the limit it began with.
    pub(crate) fn reset(&self) {
        self.set(self.usual);
    }

    /// Counts a request, or refuses it. A second's worth of requests may come at once.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let mut state = self.state.lock();
        let Some(limit) = state.limit else { return Ok(()) };
        let (now, share) = (Instant::now(), Duration::from_secs(1) / limit.get());
        let token = self.hasher.hash_one(headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes));
        if state.full_at.len() >= MAX_TOKENS {
            state.full_at.retain(|_, full_at| *full_at > now);
        }
        let full_at = state.full_at.entry(token).or_insert(now);
        let next = (*full_at).max(now) + share;
        let excess = next.saturating_duration_since(now).saturating_sub(Duration::from_secs(1));
        if excess.is_zero() {
            *full_at = next;
            return Ok(());
        }
        Err(too_many(limit, excess))
    }
}

fn too_many(limit: NonZeroU32, excess: Duration) -> Refusal {
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, format!("more than {limit} requests in a second"))
        .header(header::RETRY_AFTER, HeaderValue::from(whole_seconds(excess)))
}

/// `Retry-After` knows whole seconds, and who comes back sooner than asked comes back in vain.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(token: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(token).unwrap())])
    }

    #[tokio::test(start_paused = true)]
    async fn each_token_has_its_own_allowance_which_comes_back_with_time() {
        let limiter = RateLimit::new(NonZeroU32::new(4));
        let admitted = |token| (0..10).filter(|_| limiter.admit(&of(token)).is_ok()).count();
        assert_eq!((admitted("Bearer a"), admitted("Bearer b")), (4, 4));
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(admitted("Bearer a"), 2);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(admitted("Bearer a"), 4);
        limiter.set(None);
        assert_eq!(admitted("Bearer a"), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_has_used_its_allowance_has_none_however_many_others_there_are() {
        let limiter = RateLimit::new(NonZeroU32::new(1));
        assert!(limiter.admit(&of("Bearer a")).is_ok());
        for other in 0..=MAX_TOKENS {
            assert!(limiter.admit(&of(&format!("Bearer {other}"))).is_ok());
        }
        assert!(limiter.admit(&of("Bearer a")).is_err());
    }
}
