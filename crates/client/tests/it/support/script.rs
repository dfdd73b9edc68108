//! A transport that follows a script, on the clock of the tokio runtime.
#![expect(clippy::unwrap_used, reason = "a transport that cannot be set up fails its test")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use tokio::time::{Instant, sleep};
use turso_cloud::{
    ApiToken, Client, ClientBuilder,
    transport::{Body, SendFuture, Transport, TransportError},
};

use super::operations::TOKEN;

/// What becomes of one request.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    after: Duration,
    outcome: Outcome,
}

#[derive(Clone, Debug)]
enum Outcome {
    Answer(u16, HeaderMap, Bytes),
    Unreachable,
    Interrupted,
    Never,
}

impl Step {
    pub(crate) fn answer(status: u16, body: impl Into<Bytes>) -> Self {
        Self { after: Duration::ZERO, outcome: Outcome::Answer(status, HeaderMap::new(), body.into()) }
    }

    /// A refusal without a body.
    pub(crate) fn status(status: u16) -> Self {
        Self::answer(status, "")
    }

    /// The service's refusal where there is no such thing.
    pub(crate) fn absent() -> Self {
        Self::answer(404, r#"{"error":"could not find it: record not found"}"#)
    }

    /// No connection can be made.
    pub(crate) fn unreachable() -> Self {
        Self { after: Duration::ZERO, outcome: Outcome::Unreachable }
    }

    /// The connection breaks off.
    pub(crate) fn interrupted() -> Self {
        Self { after: Duration::ZERO, outcome: Outcome::Interrupted }
    }

    /// Nothing comes back.
    pub(crate) fn never() -> Self {
        Self { after: Duration::ZERO, outcome: Outcome::Never }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        if let Outcome::Answer(_, headers, _) = &mut self.outcome {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        self
    }

    pub(crate) fn after(mut self, wait: Duration) -> Self {
        self.after = wait;
        self
    }
}

/// A request as the transport got it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Instant,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
}

/// Follows the script step by step; the last one is repeated. Clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct Script(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    next: VecDeque<Step>,
    last: Step,
    sent: Vec<Sent>,
    in_flight: usize,
    most_in_flight: usize,
    dropped: usize,
}

impl Script {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let mut next: VecDeque<_> = steps.into_iter().collect();
        let last = next.pop_back().unwrap();
        Self(Arc::new(Mutex::new(State { next, last, sent: vec![], in_flight: 0, most_in_flight: 0, dropped: 0 })))
    }

    /// Goes on with other steps.
    pub(crate) fn go_on_with(&self, steps: impl IntoIterator<Item = Step>) {
        let mut next: VecDeque<_> = steps.into_iter().collect();
        let mut state = self.lock();
        state.last = next.pop_back().unwrap();
        state.next = next;
    }

    pub(crate) fn client(&self) -> ClientBuilder {
        Client::builder(ApiToken::new(TOKEN).unwrap()).organization("acme").transport(self.clone())
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.lock().sent.clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().sent.len()
    }

    /// The times between one request and the next.
    pub(crate) fn gaps(&self) -> Vec<Duration> {
        self.lock().sent.windows(2).map(|pair| pair[1].at - pair[0].at).collect()
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        self.lock().most_in_flight
    }

    /// How many exchanges were dropped before they ended.
    pub(crate) fn dropped(&self) -> usize {
        self.lock().dropped
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl Transport for Script {
    fn send(&self, request: http::Request<Body>) -> SendFuture<'_> {
        Box::pin(async move {
            let (parts, _) = request.into_parts();
            let sent = Sent { at: Instant::now(), method: parts.method, uri: parts.uri, headers: parts.headers };
            let mut under_way = UnderWay { script: self, ended: false };
            let step = {
                let mut state = self.lock();
                state.sent.push(sent);
                state.in_flight += 1;
                state.most_in_flight = state.most_in_flight.max(state.in_flight);
                state.next.pop_front().unwrap_or_else(|| state.last.clone())
            };
            sleep(step.after).await;
            let outcome = match step.outcome {
                Outcome::Never => std::future::pending().await,
                Outcome::Unreachable => Err(TransportError::not_sent("the script says so")),
                Outcome::Interrupted => Err(TransportError::interrupted("the script says so")),
                Outcome::Answer(status, headers, body) => {
                    let mut response = http::Response::new(Body::from(body));
                    *response.status_mut() = status.try_into().unwrap();
                    *response.headers_mut() = headers;
                    Ok(response)
                }
            };
            under_way.ended = true;
            outcome
        })
    }
}

struct UnderWay<'a> {
    script: &'a Script,
    ended: bool,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut state = self.script.lock();
        state.in_flight -= 1;
        state.dropped += usize::from(!self.ended);
    }
}
