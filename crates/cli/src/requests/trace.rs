use std::{fmt::Write as _, time::Instant};

use http::{HeaderMap, Request};
use turso_cloud::transport::{Body, SendFuture, Transport};

use super::redact;
use crate::context;

/// Writes each request and the head of its answer to standard error, without secrets.
#[derive(Debug)]
pub(crate) struct Tracer(Box<dyn Transport>);

impl Tracer {
    pub(crate) fn over(inner: Box<dyn Transport>) -> Box<dyn Transport> {
        Box::new(Self(inner))
    }
}

impl Transport for Tracer {
    fn send(&self, request: Request<Body>) -> SendFuture<'_> {
        let mut said = format!("> {} {}\n", request.method(), redact::uri(request.uri()));
        push_headers(&mut said, '>', request.headers());
        push_body(&mut said, request.body());
        say(&said);
        Box::pin(async move {
            let started = Instant::now();
            let outcome = self.0.send(request).await;
            let took = started.elapsed().as_millis();
            match &outcome {
                Ok(response) => {
                    let mut said = format!("< {} ({took} ms)\n", response.status());
                    push_headers(&mut said, '<', response.headers());
                    say(&said);
                }
                Err(error) => say(&format!("< no answer ({took} ms): {error}\n")),
            }
            outcome
        })
    }
}

fn push_headers(said: &mut String, direction: char, headers: &HeaderMap) {
    for (name, value) in headers {
        let _ = writeln!(said, "{direction}   {name}: {}", redact::header(name.as_str(), value));
    }
}

fn push_body(said: &mut String, body: &Body) {
    let Some(bytes) = body.as_bytes() else {
        said.push_str(">   (the content of a file)\n");
        return;
    };
    if bytes.is_empty() {
        return;
    }
    match serde_json::from_slice(bytes) {
        Ok(json) => {
            let _ = writeln!(said, ">   {}", redact::body(json));
        }
        Err(_) => {
            let _ = writeln!(said, ">   ({} bytes)", bytes.len());
        }
    }
}

fn say(text: &str) {
    context::say(text.trim_end());
}
