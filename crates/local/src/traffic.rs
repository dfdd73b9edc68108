//! The way of every request: it is written down, held to the rate limit, shown to the faults, and answered.

use std::sync::Arc;

use axum::body::{Body, HttpBody as _, to_bytes};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::{Request, Response, header, request::Parts};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

use crate::{
    Cloud, FaultEffect, Requests,
    control::{Control, Host, Route, drain, read_body},
    data::{self, Peer},
    faults::{Sighting, Strike, is_broken},
    request_log::{Entry, Message, copied},
};

/// More of a body at a SQL endpoint is not kept.
const KEPT_BYTES: usize = 8 * 1024;

/// Answers a request to the Platform API or to the region service.
pub(crate) async fn platform(cloud: &Cloud, request: Request<Body>) -> Response<Body> {
    let control = cloud.control();
    let route = control.route(&request);
    let (head, body) = request.into_parts();
    let mut visit = Visit::begin(cloud, route.name(), None, &head);
    if let Err(refusal) = cloud.rate_limit().admit(&head.headers) {
        drain(body).await;
        return visit.end(refusal.into_response());
    }
    let sighting = Sighting {
        operation: route.name(),
        path: head.uri.path(),
        is_sql: false,
        label: None,
        database: database_in(head.uri.path()),
    };
    let strike = visit.struck(cloud.faults().strike(&sighting));
    let perform = async |body, visit: &mut Visit| answer(&control, route, head, body, visit).await;
    let response = suffer(strike, body, &mut visit, perform).await;
    visit.end(response)
}

/// Answers a request to the SQL endpoint of a database; `path` is the one on its host.
pub(crate) async fn sql(cloud: &Cloud, host: Host, path: &str, request: Request<Body>) -> Response<Body> {
    let control = cloud.control();
    let label = control.label_of(host).await;
    let operation = data::operation_of(path, &request);
    let (head, body) = request.into_parts();
    let label = match label {
        Ok(label) => label,
        Err(refusal) => {
            let visit = Visit::begin(cloud, operation, None, &head);
            drain(body).await;
            return visit.end(refusal.into_response());
        }
    };
    let mut visit = Visit::begin(cloud, operation, Some(Arc::clone(&label)), &head);
    // No fault, no need to know.
    let name = cloud.faults().is_any().then(|| control.data.name_of(&label)).flatten();
    let sighting = Sighting { operation, path, is_sql: true, label: Some(&*label), database: name.as_deref() };
    let strike = visit.struck(cloud.faults().strike(&sighting));
    let keeps = cloud.requests().is_on() && cloud.requests().keeps_sql();
    let perform = async |body, visit: &mut Visit| {
        let request = Request::from_parts(head, body);
        if keeps {
            visit.listen_to(&control, &label, path, request).await
        } else {
            control.data.handle(&label, path, request).await
        }
    };
    let response = suffer(strike, body, &mut visit, perform).await;
    visit.end(response)
}

async fn answer(control: &Arc<Control>, route: Route, head: Parts, body: Body, visit: &mut Visit) -> Response<Body> {
    if !visit.is_kept() {
        return control.handle(route, head, body).await.map(Body::from);
    }
    let sent = Message::new(&head.headers);
    let response = match route {
        // Its answer is a token, written in many ways.
        Route::Page(_) => {
            visit.sent(sent);
            return control.handle(route, head, body).await.map(Body::from);
        }
        // A file, which nobody wants to read here.
        Route::Dump(_) => {
            visit.sent(sent);
            control.handle(route, head, body).await
        }
        Route::Operation(operation) => {
            let body = read_body(&head.headers, body).await;
            visit.sent(sent.body(body.as_ref().unwrap_or(&Bytes::new())));
            control.answer(operation, head, body).await
        }
    };
    visit.got(Message::new(response.headers()).body(response.body()));
    response.map(Body::from)
}

/// Lets a fault have its way with a request, if there is one.
async fn suffer(
    strike: Option<Strike>,
    body: Body,
    visit: &mut Visit,
    perform: impl AsyncFnOnce(Body, &mut Visit) -> Response<Body>,
) -> Response<Body> {
    let Some(strike) = strike else { return perform(body, visit).await };
    if let Some(latency) = strike.latency {
        sleep(latency).await;
    }
    let Some(effect) = strike.effect else { return perform(body, visit).await };
    let reply = effect.reply();
    let is_lost = reply.is_some() || effect == FaultEffect::Hang;
    let real = if strike.carried_out || !is_lost {
        Some(perform(body, visit).await)
    } else {
        // A client that is still sending would not see the answer.
        drain(body).await;
        None
    };
    match (reply, real) {
        (Some(reply), _) => reply,
        (None, Some(real)) if !is_lost => effect.spoil(real),
        (None, _) => std::future::pending().await,
    }
}

/// The database that a path of the Platform API names.
fn database_in(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/databases/")?;
    rest.split('/').next().filter(|name| !name.is_empty())
}

/// A request on its way, which is counted and perhaps written down when it ends, also if nobody waits for it any more.
struct Visit {
    requests: Requests,
    began: Instant,
    entry: Option<Entry>,
}

impl Visit {
    fn begin(cloud: &Cloud, operation: Option<&'static str>, database: Option<Arc<str>>, head: &Parts) -> Self {
        let requests = cloud.requests().clone();
        let entry = requests.is_on().then(|| Entry {
            number: 0,
            at: cloud.clock().now(),
            operation,
            database,
            method: head.method.clone(),
            url: head.uri.to_string(),
            peer: head.extensions.get::<Peer>().map(|peer| peer.0),
            agent: head.headers.get(header::USER_AGENT).map(copied),
            status: None,
            duration: std::time::Duration::ZERO,
            fault: None,
            request: Message::default(),
            response: Message::default(),
        });
        Self { requests, began: Instant::now(), entry }
    }

    fn is_kept(&self) -> bool {
        self.entry.is_some()
    }

    fn struck(&mut self, strike: Option<Strike>) -> Option<Strike> {
        if let (Some(entry), Some(strike)) = (&mut self.entry, &strike) {
            entry.fault = Some(strike.fault);
        }
        strike
    }

    fn sent(&mut self, message: Message) {
        if let Some(entry) = &mut self.entry {
            entry.request = message;
        }
    }

    fn got(&mut self, message: Message) {
        if let Some(entry) = &mut self.entry {
            entry.response = message;
        }
    }

    /// As [`data::DataPlane::handle`], with a copy of what is said.
    async fn listen_to(
        &mut self,
        control: &Control,
        label: &str,
        path: &str,
        request: Request<Body>,
    ) -> Response<Body> {
        let sent = Message::new(request.headers());
        let said = Arc::new(Mutex::new(Vec::new()));
        let request = request.map(|body| overheard(body, Arc::clone(&said)));
        let response = control.data.handle(label, path, request).await;
        self.sent(sent.body(&Bytes::from(std::mem::take(&mut *said.lock()))));
        let got = Message::new(response.headers());
        // Streams are left alone: they may be long, and their client wants the beginning at once.
        if response.body().size_hint().exact().is_none_or(|length| length > KEPT_BYTES as u64) {
            self.got(got);
            return response;
        }
        let (head, body) = response.into_parts();
        let body = to_bytes(body, KEPT_BYTES).await.unwrap_or_default();
        self.got(got.body(&body));
        Response::from_parts(head, Body::from(body))
    }

    fn end(mut self, response: Response<Body>) -> Response<Body> {
        if let Some(entry) = self.entry.as_mut().filter(|_| !is_broken(&response)) {
            entry.status = Some(response.status());
        }
        response
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        match self.entry.take() {
            Some(mut entry) => {
                entry.duration = self.began.elapsed();
                self.requests.push(entry);
            }
            None => self.requests.pass(),
        }
    }
}

/// A body, of which a copy is made as it is read, up to a bound that tells that it was longer.
fn overheard(body: Body, heard: Arc<Mutex<Vec<u8>>>) -> Body {
    Body::from_stream(body.into_data_stream().inspect_ok(move |piece| {
        let mut heard = heard.lock();
        let room = (KEPT_BYTES + 1).saturating_sub(heard.len());
        heard.extend_from_slice(&piece[..piece.len().min(room)]);
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_name_a_database() {
        assert_eq!(database_in("/v1/organizations/acme/databases/orders/usage"), Some("orders"));
        assert_eq!(database_in("/v1/organizations/acme/databases/orders"), Some("orders"));
        assert_eq!(database_in("/v1/organizations/acme/databases"), None);
        assert_eq!(database_in("/v1/organizations/acme/databases/"), None);
    }
}
