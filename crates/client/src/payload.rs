//! What a request carries: bytes at hand, or a stream of them made anew for each attempt.

use std::{
    fmt,
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::{
    StreamExt as _,
    future::{Either, select},
};
use http::{HeaderMap, HeaderValue, Method, header};
use tokio::{
    task::coop::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

use crate::{
    Error,
    transport::{Body, TransportError},
};

/// Whatever is slower does not get anywhere: bytes per second.
const SLOWEST: u64 = 16 * 1024;

/// What a request carries.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Empty,
    Json(Bytes),
    Streamed(Arc<Streamed>),
}

impl Payload {
    /// The body of one attempt, and how long the attempt may take. `timeout` bounds a body at hand as a whole, and
    /// of a stream every single step.
    pub(crate) fn open(&self, timeout: Duration, deadline: Instant) -> (Body, Pace) {
        let within = |time: Duration| Instant::now().checked_add(time).map_or(deadline, |until| until.min(deadline));
        match self {
            Self::Empty => (Body::empty(), Pace::Until(within(timeout))),
            Self::Json(bytes) => (bytes.clone().into(), Pace::Until(within(timeout))),
            Self::Streamed(streamed) => {
                let until = within(timeout.saturating_add(self.slowest()));
                let moved = Moved::default();
                (streamed.body(moved.clone()), Pace::WhileMoving { moved, timeout, until })
            }
        }
    }

    /// How long a stream takes that only just moves.
    pub(crate) fn slowest(&self) -> Duration {
        match self {
            Self::Streamed(streamed) => Duration::from_secs(streamed.length / SLOWEST),
            Self::Empty | Self::Json(_) => Duration::ZERO,
        }
    }

    /// Some gateways answer 411 to a change without a length, even where there is no body (RFC 9110, 8.6).
    pub(crate) fn write_headers(&self, method: &Method, headers: &mut HeaderMap) {
        match self {
            Self::Empty if matches!(*method, Method::POST | Method::PUT | Method::PATCH) => {
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            Self::Empty => {}
            Self::Json(_) => {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            Self::Streamed(streamed) => {
                headers.insert(header::CONTENT_LENGTH, streamed.length.into());
                headers.extend(streamed.headers.clone());
            }
        }
    }

    /// Takes the secrets of its headers out of an error, in case the service repeated them.
    pub(crate) fn redact(&self, error: Error) -> Error {
        let Self::Streamed(streamed) = self else { return error };
        let secrets = streamed.headers.values().filter(|value| value.is_sensitive());
        secrets.filter_map(|value| value.to_str().ok()).fold(error, Error::without_secret)
    }

    /// Why the bytes could not be read, if that is what made the attempt fail.
    pub(crate) fn failure(&self) -> Option<Error> {
        let Self::Streamed(streamed) = self else { return None };
        streamed.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl From<Option<Bytes>> for Payload {
    fn from(bytes: Option<Bytes>) -> Self {
        bytes.map_or(Self::Empty, Self::Json)
    }
}

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

/// A body of known length that does not fit into memory.
pub(crate) struct Streamed {
    length: u64,
    headers: HeaderMap,
    pieces: Box<dyn Fn() -> Pieces + Send + Sync>,
    failure: Arc<Mutex<Option<Error>>>,
}

impl Streamed {
    /// `headers` has the type of the body; `pieces` is asked for all its bytes once per attempt.
    pub(crate) fn payload<S>(length: u64, headers: HeaderMap, pieces: impl Fn() -> S + Send + Sync + 'static) -> Payload
    where
        S: Stream<Item = Result<Bytes, Error>> + Send + 'static,
    {
        let pieces = Box::new(move || Box::pin(pieces()) as Pieces);
        Payload::Streamed(Arc::new(Self { length, headers, pieces, failure: Arc::default() }))
    }

    fn body(&self, moved: Moved) -> Body {
        let failure = Arc::clone(&self.failure);
        Body::stream((self.pieces)().map(move |piece| {
            moved.now();
            piece.map_err(|error| {
                *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
                TransportError::interrupted(error)
            })
        }))
    }
}

/// Without its headers, which may hold a key.
impl fmt::Debug for Streamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streamed").field("length", &self.length).finish_non_exhaustive()
    }
}

/// How long the steps of one attempt may take.
#[derive(Debug)]
pub(crate) enum Pace {
    /// All of them together.
    Until(Instant),
    /// Each for itself, as long as bytes go out; all together until a time that only a stuck peer reaches.
    WhileMoving { moved: Moved, timeout: Duration, until: Instant },
}

impl Pace {
    /// The one timer of an attempt, for all its steps: to set one up for each costs more than to reset it.
    pub(crate) fn alarm(&self) -> Sleep {
        sleep_until(self.patience())
    }

    /// What a step yields, or nothing when its time is up before.
    pub(crate) async fn bound<F: Future>(&self, mut alarm: Pin<&mut Sleep>, step: F) -> Option<F::Output> {
        let mut step = pin!(step);
        if let Self::WhileMoving { moved, .. } = self {
            moved.now();
        }
        loop {
            let patience = self.patience();
            if alarm.deadline() != patience {
                alarm.as_mut().reset(patience);
            }
            // A step that is always ready for more would leave tokio's budget for nothing else.
            match select(step.as_mut(), unconstrained(alarm.as_mut())).await {
                Either::Left((output, _)) => return Some(output),
                Either::Right(_) if self.patience() > patience => {}
                Either::Right(_) => return None,
            }
        }
    }

    fn patience(&self) -> Instant {
        match self {
            Self::Until(until) => *until,
            Self::WhileMoving { moved, timeout, until } => {
                moved.last().checked_add(*timeout).map_or(*until, |patience| patience.min(*until))
            }
        }
    }
}

/// When the last bytes were taken.
#[derive(Clone, Debug)]
pub(crate) struct Moved(Arc<Mutex<Instant>>);

impl Default for Moved {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl Moved {
    fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
