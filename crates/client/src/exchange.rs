//! One request from its parts to its answer: token, admission, attempts, retries, deadline.

use std::{borrow::Cow, pin::pin, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep, timeout_at},
};
use tracing::{Instrument as _, debug, debug_span, info, warn};
use turso_cloud_contract::{ErrorBody, Repeatability};

use crate::{
    Error, ErrorKind,
    call::Context,
    credentials::token_of,
    error::RequestContext,
    payload::Payload,
    retry_after::retry_after,
    transport::{Body, TransportError},
};

/// The body of a refusal is a sentence; whatever is longer is not one.
const LONGEST_REFUSAL: usize = 64 * 1024;

/// Why there is no other attempt although one is due.
pub(crate) const NO_TIME: &str = "the next attempt would come after the deadline";

/// A request, ready to be sent any number of times.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) operation: &'static str,
    /// The path with a `{field}` in place of each name.
    pub(crate) template: Cow<'static, str>,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    /// Beside those every request has.
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
    pub(crate) repeatability: Repeatability,
    pub(crate) authorization: Authorization,
}

/// What a request is authorized by.
#[derive(Clone, Debug)]
pub(crate) enum Authorization {
    /// The platform token of the client.
    Client,
    /// A header of its own, such as a database token.
    Header(HeaderValue),
    Anonymous,
}

/// An answer with a status of success.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) request: RequestContext,
}

impl Prepared {
    fn context(&self, attempts: u32, elapsed: Duration) -> RequestContext {
        RequestContext {
            operation: self.operation,
            method: self.method.clone(),
            path: self.template.clone(),
            attempts,
            elapsed,
        }
    }
}

pub(crate) async fn exchange(cx: &Context, request: &Prepared) -> Result<Answer, Error> {
    inside_a_runtime().map_err(|error| error.with_request(request.context(0, Duration::ZERO)))?;
    let span =
        debug_span!("turso_cloud", operation = request.operation, method = %request.method, path = %request.template);
    Exchange { cx, request, attempts: 0, started: Instant::now() }.run().instrument(span).await
}

struct Exchange<'a> {
    cx: &'a Context,
    request: &'a Prepared,
    attempts: u32,
    started: Instant,
}

impl Exchange<'_> {
    async fn run(mut self) -> Result<Answer, Error> {
        let mut answer_lost = false;
        loop {
            let error = match self.attempt().await {
                Ok(answer) => {
                    debug!(status = answer.status.as_u16(), attempts = self.attempts, "answered");
                    self.cx.client().allowance.refill();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            answer_lost |= error.may_have_happened();
            match self.wait_before_retry(&error) {
                Ok(wait) => sleep(wait).await,
                Err(reason) => {
                    let error = reason.into_iter().fold(error, Error::and_detail);
                    return Err(error.having_maybe_happened(answer_lost).with_request(self.context()));
                }
            }
        }
    }

    async fn attempt(&mut self) -> Result<Answer, Error> {
        let client = self.cx.client();
        self.refuse_while_cooling()?;
        let late = || timed_out("no request could be sent before the deadline");
        timeout_at(self.cx.deadline(), client.throttle.pause_over(&self.request.uri)).await.map_err(|_| late())?;
        // Before there is a place: a provider may be slow, or make calls of this client, which need one themselves.
        let authorized = timeout_at(self.cx.deadline(), self.authorization()).await;
        let authorization =
            authorized.map_err(|_| timed_out("the token provider gave no token before the deadline"))??;
        let admitted = timeout_at(self.cx.deadline(), client.throttle.admit(&self.request.uri)).await;
        let _place = admitted.map_err(|_| late())?;
        // A timeout lets through what is ready at once, even after the deadline.
        if Instant::now() >= self.cx.deadline() {
            return Err(late());
        }

        self.attempts += 1;
        let payload = &self.request.payload;
        let answer = self.send(authorization.clone()).await;
        let answer = answer.map_err(|error| payload.redact(payload.failure().unwrap_or(error)));
        answer.map_err(|error| self.without_secrets(error, authorization.as_ref()))
    }

    async fn authorization(&self) -> Result<Option<HeaderValue>, Error> {
        match &self.request.authorization {
            Authorization::Anonymous => Ok(None),
            Authorization::Header(header) => Ok(Some(header.clone())),
            Authorization::Client => self.cx.client().credentials.authorization().await.map(Some),
        }
    }

    /// Those set for all requests, where this one goes to whom they are for.
    fn headers_of_client(&self) -> Option<&HeaderMap> {
        let is_of_client = matches!(self.request.authorization, Authorization::Client);
        is_of_client.then_some(&self.cx.client().headers)
    }

    fn without_secrets(&self, error: Error, authorization: Option<&HeaderValue>) -> Error {
        let headers = self.headers_of_client().into_iter().flat_map(HeaderMap::values);
        let secrets =
            authorization.and_then(token_of).into_iter().chain(headers.filter_map(|value| value.to_str().ok()));
        secrets.fold(error, Error::without_secret)
    }

    async fn send(&self, authorization: Option<HeaderValue>) -> Result<Answer, Error> {
        let (body, pace) = self.request.payload.open(self.cx.options().timeout, self.cx.deadline());
        let mut alarm = pin!(pace.alarm());
        let sending = self.cx.client().transport.send(self.http_request(authorization, body));
        let sent = pace.bound(alarm.as_mut(), sending).await;
        let response = sent.ok_or_else(|| self.no_answer())?.map_err(|e| self.broken(e))?;
        let (parts, body) = response.into_parts();
        if !parts.status.is_success() {
            // The status decides; a body that is late, cut or too long takes nothing away from it.
            let body = pace.bound(alarm, body.collect(LONGEST_REFUSAL)).await;
            return Err(self.refused(parts.status, &parts.headers, &body.and_then(Result::ok).unwrap_or_default()));
        }
        let collecting = body.collect_expecting(length(&parts.headers), self.cx.client().max_answer);
        let body = pace.bound(alarm, collecting).await;
        let body = body.ok_or_else(|| self.no_answer())?.map_err(|e| self.broken(e))?;
        Ok(Answer { status: parts.status, headers: parts.headers, body, request: self.context() })
    }

    fn http_request(&self, authorization: Option<HeaderValue>, body: Body) -> http::Request<Body> {
        let mut request = http::Request::new(body);
        *request.method_mut() = self.request.method.clone();
        *request.uri_mut() = self.request.uri.clone();
        let headers = request.headers_mut();
        headers.insert(header::USER_AGENT, self.cx.client().user_agent.clone());
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.extend(self.headers_of_client().cloned().unwrap_or_default());
        self.request.payload.write_headers(&self.request.method, headers);
        headers.extend(self.request.headers.clone());
        if let Some(authorization) = authorization {
            headers.insert(header::AUTHORIZATION, authorization);
        }
        request
    }

    /// A pause that outlasts the deadline is reported at once rather than waited for.
    fn refuse_while_cooling(&self) -> Result<(), Error> {
        match self.cx.client().throttle.cooling(&self.request.uri) {
            Some(until) if until >= self.cx.deadline() => Err(Error::new(ErrorKind::RateLimited)
                .with_detail("the pause the service asked for ends after the deadline")
                .with_retry_after(Some(until - Instant::now()))),
            _ => Ok(()),
        }
    }

    /// How long to wait before the next attempt. Where there is to be none although the policy has one, why.
    fn wait_before_retry(&self, error: &Error) -> Result<Duration, Option<&'static str>> {
        let client = self.cx.client();
        let (operation, attempts) = (self.request.operation, self.attempts);
        let wait = self.cx.options().retry.wait(error, self.request.repeatability, attempts, &client.jitter);
        let is_limited = error.is_rate_limited() && error.status().is_some();
        if is_limited {
            // Other calls of that host would be told the same: they all pause, whether this one goes on or not.
            if let Some(pause) = wait.or(error.retry_after()) {
                client.throttle.cool_for(&self.request.uri, pause);
            }
        }
        // A retry at the time the service has named puts no load on it that it did not ask for.
        let is_invited = is_limited && error.retry_after().is_some();
        let reason = match wait {
            None => None,
            Some(wait) if !self.cx.has_time_for(wait) => Some(NO_TIME),
            Some(_) if !is_invited && !client.allowance.spend() => {
                Some("too many requests of this client fail to repeat this one")
            }
            Some(wait) => {
                info!(operation, attempts, ?wait, %error, "trying again");
                return Ok(wait);
            }
        };
        let why = reason.unwrap_or("no other attempt is due");
        // A refusal is an answer: `find` gets one each time that there is nothing.
        if error.is_retryable() {
            warn!(operation, attempts, reason = why, %error, "giving up");
        } else {
            debug!(operation, attempts, reason = why, %error, "giving up");
        }
        Err(reason)
    }

    fn refused(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
        let body = ErrorBody::parse(body);
        let now = (self.cx.client().wall_clock)();
        let asked = retry_after(headers, &body, now);
        let error = Error::refused(self.request.operation, status, &body)
            .with_retry_after(asked)
            .having_maybe_happened(may_have_been_done(status) && self.changes_something());
        if status.is_redirection() { error.with_detail("redirects are not followed") } else { error }
    }

    fn broken(&self, error: TransportError) -> Error {
        let kind = match error.may_have_been_sent() {
            false => ErrorKind::Connect,
            true if error.is_too_large() => ErrorKind::Decode,
            true => ErrorKind::Interrupted,
        };
        let maybe = error.may_have_been_sent() && self.changes_something();
        Error::new(kind).with_source(error).having_maybe_happened(maybe)
    }

    fn no_answer(&self) -> Error {
        timed_out("no complete answer came in time").having_maybe_happened(self.changes_something())
    }

    fn changes_something(&self) -> bool {
        self.request.repeatability != Repeatability::Safe
    }

    fn context(&self) -> RequestContext {
        self.request.context(self.attempts, self.started.elapsed())
    }
}

/// Timers and files panic without a runtime around them.
pub(crate) fn inside_a_runtime() -> Result<(), Error> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::config(
            "there is no Tokio runtime here: await the call inside one, or build the client with `build_blocking`",
        )),
    }
}

/// How long a body is to be, where its sender says so.
fn length(headers: &HeaderMap) -> usize {
    headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or_default()
}

/// Whether a server that answers with this status may have done what it was asked. Redirects send the request elsewhere,
/// except for the one that leads to its result.
fn may_have_been_done(status: StatusCode) -> bool {
    let says_no = status.is_client_error() || status.is_redirection();
    !says_no || matches!(status, StatusCode::SEE_OTHER | StatusCode::REQUEST_TIMEOUT)
}

fn timed_out(detail: &'static str) -> Error {
    Error::new(ErrorKind::Timeout).with_detail(detail)
}
