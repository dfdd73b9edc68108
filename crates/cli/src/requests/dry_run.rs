use std::{fmt, sync::Arc};

use anyhow::Result;
use http::{Method, Request};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use turso_cloud::{
    mock::Mock,
    transport::{Body, SendFuture, Transport},
};

use super::redact;
use crate::{
    hrana::Statement,
    output::{Output, Shape, Truth},
};

const REQUEST: Shape = Shape {
    noun: "request",
    name: "method",
    columns: &[("method", "method"), ("url", "url"), ("body", "body")],
    wide: &[],
};

/// A request that would have been sent.
#[derive(Clone, Debug, Serialize)]
struct Recorded {
    method: String,
    url: String,
    /// JSON without its secrets, or a few words about what is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
}

/// Keeps back every request that changes something. What reads is sent, so that a dry run finds what is not there;
/// changes get the mock's answer, so that it goes on to the requests behind them.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    requests: Arc<Mutex<Vec<Recorded>>>,
    answers: Mock,
    truth: Truth,
}

impl Recorder {
    /// With the truth of the data that the first change puts an end to.
    pub(crate) fn new(truth: Truth) -> Self {
        Self { requests: Arc::default(), answers: Mock::default(), truth }
    }

    /// Writes the requests as data. A table without rows would only puzzle, and so would no requests behind what was read.
    pub(crate) fn show(&self, out: &Output) -> Result<()> {
        let requests = self.requests.lock();
        if requests.is_empty() && (!out.is_structured() || self.truth.is_told()) {
            return Ok(());
        }
        out.of_dry_run().list(&REQUEST, &requests)
    }

    pub(crate) fn over(self, inner: Box<dyn Transport>) -> Box<dyn Transport> {
        Box::new(DryRun { recorder: self, inner })
    }

    /// Notes a statement that would go to the endpoint of a database. What it does is only known to whoever runs it.
    pub(crate) fn note_sql(&self, base: &str, statement: &Statement) -> Result<()> {
        let mut body = serde_json::to_value(statement)?;
        if let Some(fields) = body.as_object_mut() {
            fields.remove("want_rows");
        }
        self.note(Recorded { method: "POST".to_owned(), url: format!("{base}/v3/cursor"), body: Some(body) });
        Ok(())
    }

    fn record(&self, request: &Request<Body>) {
        let body = match request.body().as_bytes() {
            Some(bytes) if bytes.is_empty() => None,
            Some(bytes) => Some(match serde_json::from_slice(bytes) {
                Ok(json) => redact::body(json),
                Err(_) => format!("{} bytes", bytes.len()).into(),
            }),
            None => Some("the content of a file".into()),
        };
        self.note(Recorded { method: request.method().to_string(), url: redact::uri(request.uri()), body });
    }

    fn note(&self, request: Recorded) {
        self.truth.lose();
        self.requests.lock().push(request);
    }
}

struct DryRun {
    recorder: Recorder,
    inner: Box<dyn Transport>,
}

impl Transport for DryRun {
    fn send(&self, request: Request<Body>) -> SendFuture<'_> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return self.inner.send(request);
        }
        self.recorder.record(&request);
        // The mock does not know the local cloud's own paths, and nobody reads what they answer to a change.
        if request.uri().path().starts_with("/_local/") {
            return Box::pin(async { Ok(http::Response::new(b"{}".to_vec().into())) });
        }
        self.recorder.answers.send(request)
    }
}

impl fmt::Debug for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DryRun").field("inner", &self.inner).finish_non_exhaustive()
    }
}
