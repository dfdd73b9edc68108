use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Uri, header};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use turso_cloud_contract::{Endpoint, InvalidInput, Repeatability, RequestError, RequestPart, Service, without_query};

use crate::{
    Client, Error, ErrorKind, RetryPolicy,
    client::Inner,
    decode::decode,
    error::RequestContext,
    exchange::{Answer, Authorization, Prepared, exchange},
    handles::{Scope, absent_as_none},
};

type CallFuture<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

type Run<T> = Box<dyn FnOnce(Context) -> CallFuture<T> + Send>;

/// Timeouts and retries of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallOptions {
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) retry: RetryPolicy,
}

/// `timeout`, `deadline` and `retry`, on whatever becomes a call, or one call for each page. The words are those of [`Call`].
macro_rules! option_setters {
    () => {
        crate::call::option_setters!("the call as a whole");

        fn with_options_changed(mut self, change: impl FnOnce(&mut crate::call::CallOptions)) -> Self {
            change(&mut self.options);
            self
        }
    };
    // For what has `with_options_changed` of its own.
    ($bounded:literal) => {
        /// Bounds each attempt; see [`Call::timeout`](crate::Call::timeout).
        pub fn timeout(self, timeout: std::time::Duration) -> Self {
            self.with_options_changed(|options| options.timeout = timeout)
        }

        #[doc = concat!("Bounds ", $bounded, "; see [`Call::deadline`](crate::Call::deadline).")]
        pub fn deadline(self, deadline: std::time::Duration) -> Self {
            self.with_options_changed(|options| options.deadline = deadline)
        }

        /// Sets how failed requests are retried; see [`Call::retry`](crate::Call::retry).
        pub fn retry(self, policy: crate::RetryPolicy) -> Self {
            self.with_options_changed(|options| options.retry = policy)
        }
    };
}
pub(crate) use option_setters;

/// A call that has not been made yet: await it, or [`send`](Self::send) it where there is no async runtime.
///
/// It is awaited inside a [Tokio](https://tokio.rs) runtime with timers and, for the HTTP transport, I/O enabled, as
/// `#[tokio::main]` sets one up. Without any it fails with [`ErrorKind::Config`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
/// use std::time::Duration;
///
/// let groups = turso.groups().list().timeout(Duration::from_secs(5)).await?;
/// assert_eq!(groups[0].name, "default");
/// # Ok(())
/// # }
/// ```
///
/// What takes a future rather than what becomes one (`tokio::spawn`, `JoinSet`, `join_all`) takes `into_future()`, which is
/// `Send` and `'static`; `tokio::try_join!`, `select!` and `timeout` take the call itself. The same call for many inputs is a
/// [`Bulk`](crate::Bulk).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
/// use std::future::IntoFuture;
///
/// let groups = tokio::spawn(turso.groups().list().into_future());
/// let (databases, locations) = tokio::try_join!(turso.databases().list(), turso.locations().list())?;
///
/// let mut calls = tokio::task::JoinSet::new();
/// calls.spawn(turso.groups().get("default").into_future());
/// while let Some(group) = calls.join_next().await {
///     assert_eq!(group??.name, "default");
/// }
/// # assert!(groups.await??.len() == 1 && databases.is_empty() && !locations.is_empty());
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing until it is awaited or sent"]
pub struct Call<T> {
    client: Client,
    options: CallOptions,
    /// For calls that follow it.
    scope: CallScope,
    run: Run<T>,
}

/// Where a call does its work.
#[derive(Clone, Debug)]
pub(crate) enum CallScope {
    Organization(Scope),
    /// Only the request itself knows.
    Unknown,
    /// Its result was there before it.
    #[cfg(feature = "mock")]
    Nowhere,
}

impl<T: Send + 'static> Call<T> {
    /// Bounds each attempt, from the connection to the last byte of the answer.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// Bounds the whole call, with all its attempts and the waits between them, from when it is first polled.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = deadline;
        self
    }

    /// Sets how failed requests of this call are retried.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = policy;
        self
    }

    /// The same call with something else made of what it yields. It stays the call it is: it can still be bounded, sent, made
    /// for many inputs, and waited for ([`wait_ready`](Self::wait_ready)) where it still yields a database that was created.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::Call;
    ///
    /// let names: Call<Vec<_>> = turso.groups().list().map(|groups| groups.into_iter().map(|group| group.name).collect());
    /// assert_eq!(names.await?, ["default"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn map<U: Send + 'static>(self, change: impl FnOnce(T) -> U + Send + 'static) -> Call<U> {
        self.map_result(|result| result.map(change))
    }

    pub(crate) fn with_options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Makes the call and waits for its answer, on a client of [`blocking`](crate::blocking).
    ///
    /// Fails with [`ErrorKind::Config`] on any other client, and inside a task of a tokio runtime, which it would stall;
    /// `spawn_blocking` and `block_in_place` are where a task may send it. A task inside `tokio::task::unconstrained` cannot be
    /// told from those threads: there the call is made, and stalls what else runs on its thread.
    #[cfg(feature = "blocking")]
    pub fn send(self) -> Result<T, Error> {
        let client = self.client.clone();
        client.runtime()?.run(self.into_future())
    }

    pub(crate) fn new<F>(client: &Client, run: impl FnOnce(Context) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let options = client.inner().options;
        Self { client: client.clone(), options, scope: CallScope::Unknown, run: Box::new(move |cx| Box::pin(run(cx))) }
    }

    /// A call that sends nothing.
    #[cfg(feature = "mock")]
    pub(crate) fn ready(client: &Client, result: Result<T, Error>) -> Self {
        Self { scope: CallScope::Nowhere, ..Self::new(client, move |_| std::future::ready(result)) }
    }

    /// One request, and what to make of its answer.
    pub(crate) fn one<E: Endpoint>(
        client: &Client,
        endpoint: Result<E, Error>,
        read: impl FnOnce(E::Answer) -> T + Send + 'static,
    ) -> Self {
        Self::new(client, move |cx| async move { cx.send(&endpoint.map_err(unsent::<E>)?).await.map(read) })
    }

    pub(crate) fn then<U, F>(self, next: impl FnOnce(Context, Result<T, Error>) -> F + Send + 'static) -> Call<U>
    where
        U: Send + 'static,
        F: Future<Output = Result<U, Error>> + Send + 'static,
    {
        self.around(|cx, run| async move {
            let result = run(cx.clone()).await;
            next(cx, result).await
        })
    }

    /// The same call with something that is held from its beginning until it is over or dropped.
    pub(crate) fn holding<G: Send + 'static>(self, begin: impl FnOnce(&Context) -> G + Send + 'static) -> Self {
        self.around(|cx, run| async move {
            let _held = begin(&cx);
            run(cx).await
        })
    }

    /// The same call as a part of something.
    fn around<U, F>(self, whole: impl FnOnce(Context, Run<T>) -> F + Send + 'static) -> Call<U>
    where
        U: Send + 'static,
        F: Future<Output = Result<U, Error>> + Send + 'static,
    {
        let Self { client, options, scope, run } = self;
        Call { client, options, scope, run: Box::new(move |cx| Box::pin(whole(cx, run))) }
    }

    /// A call that fails before anything is sent.
    pub(crate) fn instead(self, error: Error) -> Self {
        self.around(|_, _| std::future::ready(Err(error)))
    }

    /// Notes the organization it works on, for calls that follow it.
    pub(crate) fn within(mut self, scope: &Scope) -> Self {
        self.scope = CallScope::Organization(scope.clone());
        self
    }

    pub(crate) fn scope(&self) -> &CallScope {
        &self.scope
    }

    /// Makes the call as a part of another one, within its deadline.
    pub(crate) fn run_in(self, cx: Context) -> CallFuture<T> {
        (self.run)(cx)
    }

    /// The same call with its result changed.
    fn map_result<U: Send + 'static>(
        self,
        change: impl FnOnce(Result<T, Error>) -> Result<U, Error> + Send + 'static,
    ) -> Call<U> {
        self.then(move |_, result| std::future::ready(change(result)))
    }

    /// For `find`: nothing, where there is no such thing.
    pub(crate) fn or_none(self) -> Call<Option<T>> {
        self.map_result(absent_as_none)
    }

    /// For `delete_if_exists`: whether there was something to delete. It was there, too, when an earlier attempt may
    /// have deleted it and only the last one found nothing.
    pub(crate) fn or_absent(self) -> Call<bool> {
        self.map_result(|result| match result {
            Err(error) if error.says_absent() => Ok(error.may_have_happened()),
            result => result.map(|_| true),
        })
    }
}

impl<T: Send + 'static> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = CallFuture<T>;

    /// The deadline counts from when the future is first polled.
    fn into_future(self) -> CallFuture<T> {
        Box::pin(async move { (self.run)(Context::new(self.client, self.options)).await })
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("options", &self.options).finish_non_exhaustive()
    }
}

/// What the requests of one call share: the client, the options and the deadline.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    client: Client,
    options: CallOptions,
    deadline: Instant,
}

impl Context {
    pub(crate) fn new(client: Client, options: CallOptions) -> Self {
        let far = Duration::from_secs(30 * 365 * 86_400);
        Self { client, options, deadline: Instant::now() + options.deadline.min(far) }
    }

    pub(crate) fn client(&self) -> &Inner {
        self.client.inner()
    }

    pub(crate) fn options(&self) -> &CallOptions {
        &self.options
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// How long to wait before it is looked whether a change has happened, and it is tried again if not: as before any other
    /// attempt. Nothing where that would be after the deadline.
    pub(crate) fn wait_after(&self, error: &Error, attempt: u32) -> Option<Duration> {
        let wait = self.options.retry.wait(error, Repeatability::Idempotent, attempt, &self.client().jitter);
        let wait = wait.or(error.retry_after()).unwrap_or_default();
        self.has_time_for(wait).then_some(wait)
    }

    /// Whether the deadline is later than the end of such a wait.
    pub(crate) fn has_time_for(&self, wait: Duration) -> bool {
        wait < self.deadline.saturating_duration_since(Instant::now())
    }

    /// Sends one request of the catalogue.
    pub(crate) async fn send<E: Endpoint>(&self, endpoint: &E) -> Result<E::Answer, Error> {
        let request = self.prepare(endpoint).map_err(unsent::<E>)?;
        decode_answer(exchange(self, &request).await?, E::REPEATABILITY)
    }

    /// Sends any request and hands out the answer as it is.
    pub(crate) async fn send_raw(&self, request: &Prepared) -> Result<Answer, Error> {
        exchange(self, request).await
    }

    fn prepare<E: Endpoint>(&self, endpoint: &E) -> Result<Prepared, Error> {
        endpoint.check()?;
        let target = endpoint.path_and_query().map_err(unwritable)?;
        let (origin, authorization) = match E::SERVICE {
            Service::Region => (&self.client().region_url, Authorization::Anonymous),
            _ => (&self.client().base_url, Authorization::Client),
        };
        Ok(Prepared {
            operation: E::NAME,
            template: E::PATH.into(),
            method: E::METHOD,
            uri: uri(origin, &target)?,
            headers: HeaderMap::new(),
            payload: endpoint.encode_body().map_err(unwritable)?.map(Bytes::from).into(),
            repeatability: E::REPEATABILITY,
            authorization,
        })
    }
}

pub(crate) fn uri(origin: &str, target: &str) -> Result<Uri, Error> {
    Uri::try_from([origin, target].concat())
        .map_err(|_| InvalidInput::new("path", without_query(target), "is not a valid path of a URL").into())
}

/// A change whose answer is not understood has been made all the same.
pub(crate) fn decode_answer<A: DeserializeOwned>(answer: Answer, repeatability: Repeatability) -> Result<A, Error> {
    decode(&answer.body, media_type(&answer.headers)).map_err(|detail| {
        Error::new(ErrorKind::Decode)
            .with_detail(detail)
            .with_status(answer.status)
            .having_maybe_happened(repeatability != Repeatability::Safe)
            .with_request(answer.request)
    })
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').next().map(str::trim)
}

/// Holds a request that is not the first of its call to the rules that are known without asking.
pub(crate) fn checked<E: Endpoint>(endpoint: Result<E, Error>) -> Result<E, Error> {
    let checked = endpoint.and_then(|endpoint| Ok(endpoint.check().map(|()| endpoint)?));
    checked.map_err(unsent::<E>)
}

/// As [`checked`], for a part of a request the rest of which has to be asked for first.
pub(crate) fn check_part<E: Endpoint>(part: &impl RequestPart) -> Result<(), Error> {
    part.check().map_err(|refused| unsent::<E>(refused.into()))
}

/// Names the operation in an error that came before its first attempt.
pub(crate) fn unsent<E: Endpoint>(error: Error) -> Error {
    error.with_request(RequestContext {
        operation: E::NAME,
        method: E::METHOD,
        path: E::PATH.into(),
        attempts: 0,
        elapsed: Duration::ZERO,
    })
}

fn unwritable(error: RequestError) -> Error {
    match error {
        RequestError::Path(refused) => refused.into(),
        error => Error::new(ErrorKind::InvalidInput).with_detail("the request cannot be written").with_source(error),
    }
}
