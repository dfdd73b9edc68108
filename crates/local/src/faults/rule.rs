use std::time::Duration;

use super::{
    Fault, FaultEffect, FaultSpec, Faults,
    spec::{FIRST_OF_PATHS, milliseconds},
};
use crate::rate_limit::whole_seconds;

/// A fault that has no effect yet. All that is said of it is said first: with its effect it is complete, and hits from
/// then on.
#[must_use = "a rule says what is hit: without `reply` or another effect nothing happens"]
#[derive(Debug)]
pub struct FaultRule<'a> {
    faults: &'a Faults,
    spec: FaultSpec,
    retry_after: Option<u64>,
    error: Option<String>,
    code: Option<String>,
}

#[expect(clippy::must_use_candidate, reason = "the fault is in effect whether its handle is kept or not")]
impl<'a> FaultRule<'a> {
    pub(super) fn new(faults: &'a Faults, spec: FaultSpec) -> Self {
        Self { faults, spec, retry_after: None, error: None, code: None }
    }

    /// Hits only requests with this path, in which `*` stands for any text. The `/` of one that begins neither with it nor with
    /// `*` is added.
    pub fn path(mut self, pattern: impl Into<String>) -> Self {
        let mut pattern = pattern.into();
        if !pattern.starts_with(FIRST_OF_PATHS) {
            pattern.insert(0, '/');
        }
        self.spec.path = Some(pattern);
        self
    }

    /// Hits only requests for this database, which is meant by its name or by `{database}-{organization}`: those to its
    /// SQL endpoint, and those of the Platform API that name it in their path, and for the second form its organization by
    /// the slug.
    pub fn database(mut self, database: impl Into<String>) -> Self {
        self.spec.database = Some(database.into());
        self
    }

    /// Hits the nth request from now on, counted from 1, and no other unless [`times`](Self::times) says so. 0 stands for 1.
    pub fn nth(mut self, nth: u64) -> Self {
        self.spec.nth = Some(nth.max(1));
        self
    }

    /// Hits this many requests: in a row, or, with a [`probability`](Self::probability), until so many were hit.
    pub fn times(mut self, times: u64) -> Self {
        self.spec.times = Some(times);
        self
    }

    /// Leaves it to chance which requests are hit, each with this probability from 0 to 1. The same seed hits the same ones.
    /// What is less stands for 0, what is more for 1, and NaN for 0.
    pub fn probability(mut self, probability: f64, seed: u64) -> Self {
        self.spec.probability = Some(if probability.is_nan() { 0.0 } else { probability.clamp(0.0, 1.0) });
        self.spec.seed = Some(seed);
        self
    }

    /// Lets this time pass before the effect. It is real time, not that of the cloud's clock.
    pub fn delayed(mut self, latency: Duration) -> Self {
        self.spec.latency_ms = Some(milliseconds(latency));
        self
    }

    /// Carries the request out before its answer is lost to the effect: what a client fears most.
    pub fn carried_out(mut self) -> Self {
        self.spec.carried_out = true;
        self
    }

    /// Sends `Retry-After`, in which any part of a second counts as a whole one, if the effect is a [`reply`](Self::reply).
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(whole_seconds(wait));
        self
    }

    /// Sends this sentence as the `error` of the body, if the effect is a [`reply`](Self::reply).
    pub fn error(mut self, sentence: impl Into<String>) -> Self {
        self.error = Some(sentence.into());
        self
    }

    /// Sends this machine-readable `code` in the body, if the effect is a [`reply`](Self::reply).
    pub fn code(mut self, text: impl Into<String>) -> Self {
        self.code = Some(text.into());
        self
    }

    /// Answers with this status, from 200 to 599. Any other number stands for 500.
    pub fn reply(mut self, status: u16) -> Fault {
        let status = if (200..600).contains(&status) { status } else { 500 };
        let (retry_after, error, code) = (self.retry_after, self.error.take(), self.code.take());
        self.take_effect(FaultEffect::Reply { status, retry_after, error, code })
    }

    /// Answers as usual, after this time. It is real time, not that of the cloud's clock.
    pub fn latency(mut self, latency: Duration) -> Fault {
        self.spec.latency_ms = Some(milliseconds(latency));
        self.faults.insert(self.spec)
    }

    /// Never answers, and keeps the connection open: what the client does then is up to its timeouts.
    pub fn hang(self) -> Fault {
        self.take_effect(FaultEffect::Hang)
    }

    /// Resets the connection without an answer. In the process, the client's transport fails.
    pub fn reset(self) -> Fault {
        self.take_effect(FaultEffect::Reset)
    }

    /// Carries the request out, and breaks the answer off after so many bytes of its body.
    pub fn cut_body(self, after: usize) -> Fault {
        self.take_effect(FaultEffect::cut_body(after))
    }

    /// Carries the request out, and answers with a body that is no JSON.
    pub fn wrong_json(self) -> Fault {
        self.take_effect(FaultEffect::WrongJson)
    }

    /// Carries the request out, and sends the body of the answer in pieces of so many bytes, with a pause before each. 0 bytes
    /// stand for 1.
    pub fn slow_body(self, piece: usize, every: Duration) -> Fault {
        self.take_effect(FaultEffect::slow_body(piece.max(1), every))
    }

    fn take_effect(mut self, effect: FaultEffect) -> Fault {
        self.spec.effect = Some(effect);
        self.faults.insert(self.spec)
    }
}
