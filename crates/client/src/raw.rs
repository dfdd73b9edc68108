use std::{fmt, future::IntoFuture};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use turso_cloud_contract::{InvalidInput, Repeatability, without_query};

use crate::{
    Call, Client, Error, ErrorKind,
    call::{CallOptions, Context, decode_answer, option_setters, uri},
    exchange::{Answer, Authorization, Prepared},
    headers::OwnHeaders,
};

/// A request of one's own: [`Client::request`](crate::Client::request).
#[derive(Clone)]
#[must_use = "a call does nothing until it is awaited or sent"]
pub struct RawCall {
    client: Client,
    method: Method,
    path: String,
    headers: OwnHeaders,
    body: Result<Option<Bytes>, Error>,
    repeatability: Repeatability,
    options: CallOptions,
}

impl RawCall {
    pub(crate) fn new(client: &Client, method: Method, path: String) -> Self {
        let repeatability = if method == Method::GET { Repeatability::Safe } else { Repeatability::Once };
        let (client, options) = (client.clone(), client.inner().options);
        Self { client, method, path, headers: OwnHeaders::new(), body: Ok(None), repeatability, options }
    }

    /// Sends a value as JSON. One that cannot be written as JSON is an error of the call.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use serde_json::json;
    /// use turso_cloud::http::Method;
    ///
    /// let group = json!({ "name": "europe", "location": "aws-eu-west-1" });
    /// turso.request(Method::POST, "/v1/organizations/acme/groups").json(&group).await?;
    /// assert_eq!(turso.groups().get("europe").await?.name, "europe");
    /// # Ok(())
    /// # }
    /// ```
    pub fn json<B: Serialize + ?Sized>(mut self, value: &B) -> Self {
        let written = serde_json::to_vec(value).map(|json| Some(json.into()));
        self.body = written.map_err(|error| {
            Error::new(ErrorKind::InvalidInput).with_detail("the body cannot be written as JSON").with_source(error)
        });
        self
    }

    /// Sends a body as it is, said to be JSON unless a [`header`](Self::header) gives its `Content-Type`.
    pub fn body(mut self, bytes: impl Into<Bytes>) -> Self {
        self.body = Ok(Some(bytes.into()));
        self
    }

    /// Sends a header, in place of the client's own of that name, such as `Accept`. One that cannot be sent is an error of
    /// the call, and so is one that is for the client alone to set: `Authorization`, `Host`, and what says how long the body
    /// is or is about the connection, such as `Content-Length` and `Connection`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let turso = turso_cloud_local::Cloud::new()?.client().build()?;
    /// use turso_cloud::http::Method;
    ///
    /// let groups = turso.request(Method::GET, "/v1/organizations/acme/groups").header("x-request-id", "7").await?;
    /// let groups: serde_json::Value = groups.json()?;
    /// assert_eq!(groups["groups"][0]["name"], "default");
    /// # Ok(())
    /// # }
    /// ```
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.headers.set(name, value);
        self
    }

    /// Says that twice is the same as once, so that the request is retried as those of idempotent operations are. A `GET` is
    /// so without being told.
    pub fn repeatable(mut self) -> Self {
        if self.repeatability == Repeatability::Once {
            self.repeatability = Repeatability::Idempotent;
        }
        self
    }

    option_setters!();

    /// The call itself.
    pub fn call(self) -> Call<RawAnswer> {
        let (client, options) = (self.client.clone(), self.options);
        let call = Call::new(&client, move |cx| async move {
            let request = self.prepare(&cx)?;
            let answer = cx.send_raw(&request).await?;
            Ok(RawAnswer { answer, repeatability: request.repeatability })
        });
        call.with_options(options)
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
            repeatability: self.repeatability,
            method: self.method,
            uri,
            headers: self.headers.into_map()?,
            payload: self.body?.into(),
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
    answer: Answer,
    repeatability: Repeatability,
}

impl RawAnswer {
    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.answer.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.answer.headers
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.answer.body
    }

    /// Reads the body as JSON. Fails with [`Decode`](crate::ErrorKind::Decode) where it is something else.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        decode_answer(self.answer.clone(), self.repeatability)
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
            .field("status", &self.answer.status)
            .field("bytes", &self.answer.body.len())
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
