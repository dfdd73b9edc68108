//! Faults on purpose: an operation that fails when it should, so that a program can show what it does then.

use std::{fmt, sync::Arc};

use http::{HeaderValue, StatusCode, header};
use parking_lot::Mutex;
use turso_cloud_contract::Endpoint;

use crate::Refusal;

/// The faults of one local cloud. Every clone is a handle to the same ones.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::body::Body;
/// use turso_cloud_contract::locations::GetClosestRegion;
/// use turso_cloud_local::Cloud;
///
/// let cloud = Cloud::new()?;
/// let fault = cloud.faults().on::<GetClosestRegion>().nth(2).reply(503).retry_after(1);
///
/// let mut statuses = Vec::new();
/// for _ in 0..3 {
///     let request = http::Request::get("/_region").body(Body::empty())?;
///     statuses.push(cloud.handle(request).await.status().as_u16());
/// }
/// assert_eq!(statuses, [200, 503, 200]);
/// assert_eq!(fault.count(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<Fault>>>);

/// A fault that has no reply yet, and therefore no effect.
#[must_use = "a fault without a reply has no effect"]
#[derive(Debug)]
pub struct FaultRule<'a> {
    faults: &'a Faults,
    operation: &'static str,
    nth: Option<u64>,
    times: Option<u64>,
}

/// A fault in effect. The request it answers is not carried out: nothing of it happened.
#[derive(Clone)]
pub struct Fault(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    operation: &'static str,
    first: u64,
    last: u64,
    seen: u64,
    count: u64,
    reply: Refusal,
}

impl Faults {
    /// Begins a fault of one operation. As it stands it hits every request from now on.
    pub fn on<E: Endpoint>(&self) -> FaultRule<'_> {
        FaultRule { faults: self, operation: E::NAME, nth: None, times: None }
    }

    /// Ends all faults.
    pub fn clear(&self) {
        self.0.lock().clear();
    }

    /// Shows a request to every fault of its operation, for all of them count it; the oldest that hits answers it.
    pub(crate) fn strike(&self, operation: &str) -> Option<Refusal> {
        let faults = self.0.lock();
        let seen = |fault: &Fault| fault.0.lock().see(operation);
        faults.iter().map(seen).fold(None, Option::or)
    }
}

impl FaultRule<'_> {
    /// Hits the nth request from now on, counted from 1, and no other unless [`times`](Self::times) says so.
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = Some(nth);
        self
    }

    /// Hits this many requests in a row.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Puts the fault into effect: requests it hits are answered with this status, from 200 to 599. Any other number
    /// stands for 500.
    #[expect(clippy::must_use_candidate, reason = "the fault is in effect whether its handle is kept or not")]
    pub fn reply(self, status: u16) -> Fault {
        let status = StatusCode::from_u16(status).ok().filter(|status| (200..600).contains(&status.as_u16()));
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let first = self.nth.unwrap_or(1);
        let times = self.times.or(self.nth.map(|_| 1)).unwrap_or(u64::MAX);
        let fault = Fault(Arc::new(Mutex::new(State {
            operation: self.operation,
            first,
            last: first.saturating_add(times).saturating_sub(1),
            seen: 0,
            count: 0,
            reply: Refusal::new(status, "fault injected by the local cloud"),
        })));
        self.faults.0.lock().push(fault.clone());
        fault
    }
}

impl Fault {
    /// Sends `Retry-After` with this many seconds.
    #[expect(
        clippy::must_use_candidate,
        clippy::return_self_not_must_use,
        reason = "the fault is in effect whether its handle is kept or not"
    )]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.change(|reply| reply.header(header::RETRY_AFTER, HeaderValue::from(seconds)))
    }

    /// Sends this sentence as the `error` of the body.
    #[expect(clippy::return_self_not_must_use, reason = "the fault is in effect whether its handle is kept or not")]
    pub fn error(self, sentence: impl Into<String>) -> Self {
        self.change(|reply| reply.sentence(sentence))
    }

    /// Sends this machine-readable `code` in the body.
    #[expect(clippy::return_self_not_must_use, reason = "the fault is in effect whether its handle is kept or not")]
    pub fn code(self, code: impl Into<String>) -> Self {
        self.change(|reply| reply.code(code))
    }

    /// How many requests it has hit.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.lock().count
    }

    fn change(self, change: impl FnOnce(Refusal) -> Refusal) -> Self {
        let mut state = self.0.lock();
        state.reply = change(state.reply.clone());
        drop(state);
        self
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0.lock(), f)
    }
}

impl State {
    fn see(&mut self, operation: &str) -> Option<Refusal> {
        if self.operation != operation {
            return None;
        }
        self.seen += 1;
        if !(self.first..=self.last).contains(&self.seen) {
            return None;
        }
        self.count += 1;
        Some(self.reply.clone())
    }
}
