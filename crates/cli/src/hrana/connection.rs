//! One stream of statements to one database.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use reqwest::{
    Method, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde::Serialize;
use turso_cloud::{
    DatabaseToken, EncryptionKey,
    contract::{ErrorBody, uploads::ENCRYPTION_KEY_HEADER},
    refuse_in_clear, retry_after,
};
use url::Url;

use super::{
    HranaError, Http,
    cursor::Cursor,
    value::{Statement, Value},
    wire::{Batch, Condition, CursorBody, Opening, PipelineAnswer, PipelineBody, Request, Step, StepStatement},
};
use crate::context::say;

/// An answer that is no success is read up to here.
const LONGEST_REFUSAL: usize = 4096;

/// The results of a batch have no rows worth mentioning.
const LONGEST_ANSWER: usize = 64 << 20;

/// How long the end of a stream may take: a statement that was left has to be stopped before.
const CLOSING: Duration = Duration::from_secs(5);

/// A connection: statements run one after another, and a transaction may stay open between them.
pub(crate) struct Connection {
    http: Http,
    base: String,
    token: Option<DatabaseToken>,
    key: Option<EncryptionKey>,
    is_traced: bool,
    retries: u32,
    pub(super) stream: Stream,
    /// The stream of a statement that is not read to its end: it can only be ended.
    pub(super) left: Option<Stream>,
}

/// Where a stream stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    pub(super) baton: Option<String>,
    /// Where its next request goes, if not to the URL of the database.
    base: Option<String>,
    pub(super) is_in_transaction: bool,
}

impl Connection {
    /// Connects with the first request.
    pub(crate) fn new(http: Http, url: &str, token: Option<DatabaseToken>) -> Self {
        let (stream, left) = Default::default();
        Self { http, base: base(url), token, key: None, is_traced: false, retries: 0, stream, left }
    }

    /// Opens a database that is encrypted.
    pub(crate) fn opened_by(mut self, key: Option<EncryptionKey>) -> Self {
        self.key = key;
        self
    }

    /// Tells of each request on standard error: where it goes and what is answered, but no SQL, which may hold anything.
    pub(crate) fn traced(mut self, is_traced: bool) -> Self {
        self.is_traced = is_traced;
        self
    }

    /// Says how often whoever makes a request may repeat one that certainly changed nothing.
    pub(crate) fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    pub(crate) fn retries(&self) -> u32 {
        self.retries
    }

    /// Another connection to the same database.
    fn another(&self) -> Self {
        Self {
            http: self.http.clone(),
            base: self.base.clone(),
            token: self.token.clone(),
            key: self.key.clone(),
            is_traced: self.is_traced,
            retries: self.retries,
            stream: Stream::default(),
            left: None,
        }
    }

    /// Whether a transaction is open, as far as the last answer tells.
    pub(crate) fn is_in_transaction(&self) -> bool {
        self.stream.is_in_transaction
    }

    /// Runs one statement. Its rows come while it runs. One that is not read to its end takes the stream with it, which
    /// [`close`](Self::close) ends with an open transaction.
    pub(crate) async fn query(&mut self, statement: &Statement) -> Result<Cursor<'_>, HranaError> {
        let stream = std::mem::take(&mut self.stream);
        // Until more is known: whoever waits for the answer may give up.
        self.left = Some(stream.clone());
        // The last step only runs where no transaction is open, and so tells whether one is.
        let probe =
            Step { condition: Some(Condition::IsAutocommit), stmt: StepStatement::Own(Statement::new("SELECT 1")) };
        let batch = Batch { steps: vec![Step { condition: None, stmt: StepStatement::Given(statement) }, probe] };
        let mut body = CursorBody { baton: stream.baton.as_deref(), batch };
        let answer = match self.post(stream.base.as_deref(), "/v3/cursor", &body).await {
            Err(error) if stream.baton.is_some() && error.is_lost_stream() => {
                if stream.is_in_transaction {
                    return Err(HranaError::lost_transaction());
                }
                // Services end streams that were idle for some seconds.
                body.baton = None;
                self.post(None, "/v3/cursor", &body).await?
            }
            answer => answer?,
        };
        Cursor::open(self, answer).await
    }

    /// Runs one statement and yields its rows.
    pub(crate) async fn rows(&mut self, statement: &Statement) -> Result<Vec<Vec<Value>>, HranaError> {
        let mut cursor = self.query(statement).await?;
        let mut rows = Vec::new();
        while let Some(row) = cursor.next().await? {
            rows.push(row);
        }
        Ok(rows)
    }

    /// The rows of one statement, in a stream of its own, so that a transaction that is open in this one does not matter.
    pub(crate) async fn rows_beside(&self, statement: &Statement) -> Result<Vec<Vec<Value>>, HranaError> {
        let mut beside = self.another();
        let rows = beside.rows(statement).await;
        beside.close().await;
        rows
    }

    /// Ends the stream, and the transaction that may be open in it; says whether there was one. It would end by itself
    /// soon: that it could not be told is no failure.
    pub(crate) async fn close(&mut self) -> bool {
        let open = std::mem::take(&mut self.stream);
        let stream = self.left.take().unwrap_or(open);
        if stream.baton.is_some() {
            let body = PipelineBody { baton: stream.baton.as_deref(), requests: vec![Request::Close] };
            let close = self.post(stream.base.as_deref(), "/v3/pipeline", &body);
            let _ends_by_itself = tokio::time::timeout(CLOSING, close).await;
        }
        stream.is_in_transaction
    }

    /// Makes a request outside of any stream.
    pub(super) async fn pipeline(&self, requests: Vec<Request<'_>>) -> Result<PipelineAnswer, HranaError> {
        let answer = self.post(None, "/v3/pipeline", &PipelineBody { baton: None, requests }).await?;
        let bytes = body(answer, LONGEST_ANSWER).await?;
        serde_json::from_slice(&bytes).map_err(|error| HranaError::answer(error.to_string()))
    }

    /// Gets something that is no SQL.
    pub(crate) async fn get(&self, path: &str) -> Result<reqwest::Response, HranaError> {
        accepted(self.get_any(path).await?).await
    }

    /// The same, whatever the answer.
    pub(crate) async fn get_any(&self, path: &str) -> Result<reqwest::Response, HranaError> {
        self.send(self.http.request(Method::GET, &format!("{}{path}", self.base))?).await
    }

    async fn post(
        &self,
        base: Option<&str>,
        path: &str,
        body: &impl Serialize,
    ) -> Result<reqwest::Response, HranaError> {
        let json = serde_json::to_vec(body).map_err(|error| HranaError::answer(error.to_string()))?;
        let request = self.http.request(Method::POST, &format!("{}{path}", base.unwrap_or(&self.base)))?;
        accepted(self.send(request.header(CONTENT_TYPE, "application/json").body(json)).await?).await
    }

    async fn send(&self, mut request: reqwest::RequestBuilder) -> Result<reqwest::Response, HranaError> {
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, secret("token", &format!("Bearer {}", token.expose()))?);
        }
        if let Some(key) = &self.key {
            request = request.header(ENCRYPTION_KEY_HEADER, secret("encryption key", key.expose())?);
        }
        let (http, request) = request.build_split();
        let request = request.map_err(HranaError::transport)?;
        let what = format!("{} {}", request.method(), request.url());
        let answer = http.execute(request).await.map_err(HranaError::transport);
        if self.is_traced {
            let outcome = answer.as_ref().map_or_else(ToString::to_string, |answer| answer.status().to_string());
            say(format_args!("> {what}\n< {outcome}"));
        }
        answer
    }

    /// The stream at the place an answer names. A server may move a stream, but not out of TLS, nor to Turso Cloud in clear.
    pub(super) fn stream_at(&self, Opening { baton, base_url: base }: Opening) -> Stream {
        let is_allowed = |base: &String| {
            let is_encrypted = Url::parse(base).is_ok_and(|url| url.scheme() == "https");
            is_encrypted || (self.base.starts_with("http://") && refuse_in_clear("base URL", base).is_ok())
        };
        let base = base.filter(is_allowed).map(|base| base.trim_end_matches('/').to_owned());
        let is_in_transaction = self.left.as_ref().is_some_and(|stream| stream.is_in_transaction);
        Stream { baton, base, is_in_transaction }
    }
}

fn secret(what: &str, text: &str) -> Result<HeaderValue, HranaError> {
    let header = HeaderValue::try_from(text);
    let mut header = header.map_err(|_| HranaError::answer(format!("the {what} holds what no header can")))?;
    header.set_sensitive(true);
    Ok(header)
}

/// Where requests to a database go. A `libsql://` URL means TLS, as everywhere, and so it does in capitals.
pub(crate) fn base(url: &str) -> String {
    let parsed = Url::parse(url).map_or_else(|_| url.to_owned(), String::from);
    let base = match parsed.split_once("://") {
        Some(("libsql" | "turso" | "wss", rest)) => format!("https://{rest}"),
        Some(("ws", rest)) => format!("http://{rest}"),
        _ => parsed,
    };
    base.trim_end_matches('/').to_owned()
}

/// The body of an answer that is held in memory as a whole, if it is no longer than that.
pub(crate) async fn body(mut answer: reqwest::Response, most: usize) -> Result<Vec<u8>, HranaError> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(HranaError::transport)? {
        body.extend_from_slice(&piece);
        if body.len() > most {
            return Err(HranaError::answer(format!("it has more than {most} bytes")));
        }
    }
    Ok(body)
}

async fn accepted(answer: reqwest::Response) -> Result<reqwest::Response, HranaError> {
    if answer.status().is_success() { Ok(answer) } else { Err(refused(answer).await.0) }
}

/// An answer that is no success, and its body as far as it was read.
pub(crate) async fn refused(mut answer: reqwest::Response) -> (HranaError, Vec<u8>) {
    let mut text = Vec::new();
    while text.len() < LONGEST_REFUSAL {
        match answer.chunk().await {
            Ok(Some(piece)) => text.extend_from_slice(&piece),
            _ => break,
        }
    }
    (refusal(answer.status(), answer.headers(), &text), text)
}

fn refusal(status: StatusCode, headers: &HeaderMap, text: &[u8]) -> HranaError {
    let body = ErrorBody::parse(text);
    let first_line = || String::from_utf8_lossy(text).lines().next().unwrap_or_default().chars().take(200).collect();
    HranaError::Refused {
        status: status.as_u16(),
        message: body.message().map_or_else(first_line, str::to_owned),
        code: body.code().unwrap_or_default().to_owned(),
        retry_after: retry_after(headers, &body, Timestamp::now()),
    }
}

/// Never the token, nor the key.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("base", &self.base).field("stream", &self.stream).finish_non_exhaustive()
    }
}
