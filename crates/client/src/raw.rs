use std::{fmt, future::IntoFuture};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use turso_cloud_contract::{InvalidInput, Repeatability, without_query};

use crate::{
    Call, Client, Error,
    call::{Context, uri},
    exchange::{Answer, Authorization, Prepared},
};

/// A request of one's own: [`Client::request`](crate::Client::request).
#[derive(Clone)]
#[must_use = "a call does nothing until it is awaited or sent"]
pub struct RawCall {
    client: Client,
    method: Method,
    path: String,
    body: Option<Bytes>,
}

impl RawCall {
    pub(crate) fn new(client: &Client, method: Method, path: String) -> Self {
        Self { client: client.clone(), method, path, body: None }
    }

    /// Sends a body, which is to be JSON.
    pub fn json(mut self, json: impl Into<Bytes>) -> Self {
        self.body = Some(json.into());
        self
    }

    /// The call, to set its timeouts and retries.
    pub fn call(self) -> Call<RawAnswer> {
        let client = self.client.clone();
        Call::new(&client, move |cx| async move { cx.send_raw(&self.prepare(&cx)?).await.map(RawAnswer::from) })
    }

    /// Makes the call and waits for its answer; see [`Call::send`].
    #[cfg(feature = "blocking")]
    pub fn send(self) -> Result<RawAnswer, Error> {
        self.call().send()
    }

    fn prepare(self, cx: &Context) -> Result<Prepared, Error> {
        check_path(&self.path)?;
        let uri = uri(&cx.client().base_url, &self.path)?;
        Ok(Prepared {
            operation: "Request",
            template: without_query(&self.path).to_owned().into(),
            repeatability: if self.method == Method::GET { Repeatability::Safe } else { Repeatability::Once },
            method: self.method,
            uri,
            payload: self.body.into(),
            authorization: Authorization::Client,
        })
    }
}

impl IntoFuture for RawCall {
    type Output = Result<RawAnswer, Error>;
    type IntoFuture = <Call<RawAnswer> as IntoFuture>::IntoFuture;

    fn into_future(self) -> Self::IntoFuture {
        self.call().into_future()
    }
}

/// The answer to a request of one's own. Its status is one of success: others are errors.
#[derive(Clone)]
pub struct RawAnswer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl RawAnswer {
    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

impl From<Answer> for RawAnswer {
    fn from(answer: Answer) -> Self {
        Self { status: answer.status, headers: answer.headers, body: answer.body }
    }
}

/// Without bodies, headers and queries, which may hold secrets; so for the answer.
impl fmt::Debug for RawCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawCall")
            .field("method", &self.method)
            .field("path", &without_query(&self.path))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RawAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawAnswer")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The path is put behind an origin that gets the token: it must not be able to move to another one, nor to
/// another resource than it spells out.
fn check_path(path: &str) -> Result<(), InvalidInput> {
    let refuse = |rule| Err(InvalidInput::new("path", without_query(path), rule));
    if !path.starts_with('/') {
        return refuse("must start with a slash");
    }
    let segments = without_query(path).split('/');
    if segments
        .map(|segment| segment.to_ascii_lowercase().replace("%2e", "."))
        .any(|segment| matches!(&*segment, "." | ".."))
    {
        return refuse("must not hold a relative segment");
    }
    if path.contains(|character: char| !character.is_ascii_graphic() || matches!(character, '#' | '\\')) {
        return refuse("must be percent-encoded and without a fragment");
    }
    Ok(())
}
