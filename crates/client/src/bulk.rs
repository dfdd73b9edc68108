mod outcomes;

use std::{
    collections::VecDeque,
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_core::Stream;
use futures_util::{StreamExt, stream::FuturesUnordered};
pub use outcomes::{Outcome, Outcomes};
use tokio::time::{Sleep, sleep_until};

#[cfg(feature = "blocking")]
use crate::Error;
use crate::{Call, Client, RetryPolicy, exchange::inside_a_runtime};

type MakeCall<I, T> = Arc<dyn Fn(&I) -> Call<T> + Send + Sync>;
type Running<I, T> = Pin<Box<dyn Future<Output = Outcome<I, T>> + Send>>;

/// The same call for many inputs, by [`Client::many`] or a method of a handle: await it for all outcomes in the order of the
/// inputs, or take them one by one as they come with [`events`](Self::events).
///
/// One failure stops nothing. Where the service says that there are too many requests, fewer run at once from then on,
/// and slowly more again; while it wants a pause, none is started, so that the pause uses up the deadline of no call.
/// Dropping it starts no more calls; those under way may have happened.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
/// use turso_cloud::NewDatabase;
///
/// let tenants = ["ada", "grace", "Not A Name"].map(|name| NewDatabase::new(name, "default"));
/// let outcomes = turso.databases().create_many(tenants).concurrency(2).await;
/// assert!(outcomes[0].result.is_ok() && outcomes[1].result.is_ok());
/// assert!(outcomes[2].result.as_ref().unwrap_err().is_invalid_input());
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is done until it is awaited or its events are read"]
pub struct Bulk<I, T> {
    client: Client,
    inputs: Vec<I>,
    concurrency: usize,
    call: MakeCall<I, T>,
}

impl<I: Send + 'static, T: Send + 'static> Bulk<I, T> {
    pub(crate) fn new(
        client: &Client,
        inputs: impl IntoIterator<Item = I>,
        call: impl Fn(&I) -> Call<T> + Send + Sync + 'static,
    ) -> Self {
        let inputs = inputs.into_iter().collect();
        Self { client: client.clone(), inputs, concurrency: 16, call: Arc::new(call) }
    }

    /// Sets how many calls run at once at the most; 16 by default, and never less than one.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.max(1);
        self
    }

    /// Bounds each attempt; see [`Call::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        self.each(move |call| call.timeout(timeout))
    }

    /// Bounds each call as a whole; see [`Call::deadline`].
    pub fn deadline(self, deadline: Duration) -> Self {
        self.each(move |call| call.deadline(deadline))
    }

    /// Sets how failed requests are retried; see [`Call::retry`].
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.each(move |call| call.retry(policy))
    }

    /// The same with each of its calls changed.
    pub(crate) fn each<U: Send + 'static>(
        self,
        change: impl Fn(Call<T>) -> Call<U> + Send + Sync + 'static,
    ) -> Bulk<I, U> {
        let Self { client, inputs, concurrency, call } = self;
        Bulk { client, inputs, concurrency, call: Arc::new(move |input| change(call(input))) }
    }

    /// The outcomes as they come, in no order.
    pub fn events(self) -> BulkEvents<I, T> {
        let pauses = self.client.inner().throttle.pauses();
        BulkEvents {
            client: self.client,
            inputs: self.inputs.into_iter().enumerate().collect(),
            call: self.call,
            running: FuturesUnordered::new(),
            pause: None,
            pace: Pace { limit: self.concurrency, most: self.concurrency, calm: 0, pauses },
        }
    }

    /// Makes all calls and waits for their outcomes; see [`Call::send`].
    #[cfg(feature = "blocking")]
    pub fn send(self) -> Result<Outcomes<I, T>, Error> {
        let client = self.client.clone();
        let all = self.into_future();
        client.runtime()?.run(async move { Ok(all.await) })
    }
}

impl<I: Send + 'static, T: Send + 'static> IntoFuture for Bulk<I, T> {
    type Output = Outcomes<I, T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut outcomes: Vec<_> = self.events().collect().await;
            outcomes.sort_by_key(|outcome| outcome.index);
            outcomes.into_iter().collect()
        })
    }
}

impl<I, T> fmt::Debug for Bulk<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs = self.inputs.len();
        f.debug_struct("Bulk").field("inputs", &inputs).field("concurrency", &self.concurrency).finish_non_exhaustive()
    }
}

/// The outcomes of a [`Bulk`] as they come.
///
/// Reading is what drives the calls: whoever stops reading for longer than their timeout makes those under way fail.
#[must_use = "nothing is done until the events are read"]
pub struct BulkEvents<I, T> {
    client: Client,
    inputs: VecDeque<(usize, I)>,
    call: MakeCall<I, T>,
    running: FuturesUnordered<Running<I, T>>,
    /// The end of the pause that the next call waits for.
    pause: Option<Pin<Box<Sleep>>>,
    pace: Pace,
}

impl<I: Send + 'static, T: Send + 'static> BulkEvents<I, T> {
    /// The next outcome, or nothing behind the last one. To give up waiting for it loses none.
    pub async fn next(&mut self) -> Option<Outcome<I, T>> {
        StreamExt::next(self).await
    }

    /// The outcomes as an iterator, on a client of [`blocking`](crate::blocking). An error of the iterator itself says that
    /// it is used where it cannot be; those of the calls are in their outcomes.
    #[cfg(feature = "blocking")]
    pub fn send(self) -> Result<crate::blocking::Iter<Outcome<I, T>>, Error> {
        crate::blocking::Iter::new(self.client.clone(), Box::pin(self.map(Ok)))
    }
}

/// No input is ever pinned.
impl<I, T> Unpin for BulkEvents<I, T> {}

impl<I: Send + 'static, T: Send + 'static> Stream for BulkEvents<I, T> {
    type Item = Outcome<I, T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            this.start_calls(cx);
            let Some(outcome) = ready!(this.running.poll_next_unpin(cx)) else {
                return if this.inputs.is_empty() { Poll::Ready(None) } else { Poll::Pending };
            };
            let client = this.client.inner();
            let slowed = this.pace.slow_down(client.throttle.pauses());
            if outcome.met_a_pause() && client.pause().is_some() {
                this.inputs.push_front((outcome.index, outcome.input));
                continue;
            }
            if !slowed {
                this.pace.calm_down();
            }
            return Poll::Ready(Some(outcome));
        }
    }
}

impl<I: Send + 'static, T: Send + 'static> BulkEvents<I, T> {
    fn start_calls(&mut self, cx: &mut Context<'_>) {
        while self.running.len() < self.pace.limit && !self.inputs.is_empty() && self.poll_pause(cx).is_ready() {
            let Some((index, input)) = self.inputs.pop_front() else { break };
            let call = (self.call)(&input).into_future();
            self.running.push(Box::pin(async move { Outcome::new(index, input, call.await) }));
        }
    }

    /// Without a runtime nothing can be waited for: each call says so itself.
    fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if inside_a_runtime().is_err() {
            return Poll::Ready(());
        }
        while let Some(until) = self.client.inner().pause() {
            let pause = self.pause.get_or_insert_with(|| Box::pin(sleep_until(until)));
            if pause.deadline() != until {
                pause.as_mut().reset(until);
            }
            ready!(pause.as_mut().poll(cx));
        }
        Poll::Ready(())
    }
}

impl<I, T> fmt::Debug for BulkEvents<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkEvents").field("left", &self.inputs.len()).field("pace", &self.pace).finish_non_exhaustive()
    }
}

/// How many calls run at once: half as many after each pause the service asked for, and one more after as many calls
/// without a pause as run at once.
#[derive(Debug)]
struct Pace {
    limit: usize,
    most: usize,
    calm: usize,
    pauses: u64,
}

impl Pace {
    /// Whether there were pauses since it was last asked.
    fn slow_down(&mut self, pauses: u64) -> bool {
        let slowed = pauses > self.pauses;
        if slowed {
            self.pauses = pauses;
            self.limit = (self.limit / 2).max(1);
            self.calm = 0;
        }
        slowed
    }

    /// A call without a pause.
    fn calm_down(&mut self) {
        self.calm += 1;
        if self.calm >= self.limit && self.limit < self.most {
            self.limit += 1;
            self.calm = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_calls_run_after_a_pause_and_slowly_more_again() {
        let mut pace = Pace { limit: 8, most: 8, calm: 0, pauses: 0 };
        assert!(pace.slow_down(1));
        assert_eq!(pace.limit, 4);
        for _ in 0..4 {
            assert!(!pace.slow_down(1));
            pace.calm_down();
        }
        assert_eq!(pace.limit, 5);
        (2..9).for_each(|pauses| assert!(pace.slow_down(pauses)));
        assert_eq!(pace.limit, 1);
        (0..1000).for_each(|_| pace.calm_down());
        assert_eq!(pace.limit, 8);
    }
}
