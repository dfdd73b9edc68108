//! The way of every request: it is logged, held to the rate limit, shown to the faults, and answered.

use std::sync::Arc;

use axum::body::{Body, HttpBody as _, to_bytes};
use http::{Request, Response, header, request::Parts};
use tokio::time::{Instant, sleep};

use crate::{
    Cloud, FaultEffect, Refusal, Requests,
    control::{Control, Host, Route, drain, label},
    cross_origin,
    data::{self, Peer},
    faults::{Sighting, Strike, is_broken},
    request_log::{Encrypted, Entry, Heard, MAX_BODY, Message, copied},
};

/// Answers a request to the Platform API or to the region service.
pub(crate) async fn platform(cloud: &Cloud, request: Request<Body>) -> Response<Body> {
    let control = cloud.control();
    let route = control.route(&request);
    let (head, body) = request.into_parts();
    let mut visit = Visit::begin(cloud, route.name(), None, None, &head);
    let body = visit.listen_to(&head, body);
    if let Err(refusal) = cloud.rate_limit().admit(&head.headers) {
        return visit.refuse(body, refusal).await;
    }
    let path = head.uri.path();
    let database = database_in(path);
    // No fault, no need to know.
    let label = database.filter(|_| cloud.faults().is_any()).and_then(|database| label_in(path, database));
    let sighting = Sighting { operation: route.name(), path, is_sql: false, label: label.as_deref(), database };
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
    let name = label.as_ref().ok().and_then(|label| control.data.name_of(label));
    let mut visit = Visit::begin(cloud, operation, label.as_ref().ok().map(Arc::clone), name.clone(), &head);
    let body = if cloud.requests().keeps_sql() { visit.listen_to(&head, body) } else { body };
    let label = match label {
        Ok(label) => label,
        Err(refusal) => return visit.refuse(body, refusal).await,
    };
    // It is the browser's own, and no request that a fault could be meant for.
    if cross_origin::is_preflight(&head) {
        let response = visit.overhear(cross_origin::anything()).await;
        return visit.end(response);
    }
    let sighting = Sighting { operation, path, is_sql: true, label: Some(&*label), database: name.as_deref() };
    let strike = visit.struck(cloud.faults().strike(&sighting));
    let perform = async |body, visit: &mut Visit| {
        let response = control.data.handle(&label, path, Request::from_parts(head, body)).await;
        visit.overhear(response).await
    };
    let response = suffer(strike, body, &mut visit, perform).await;
    visit.end(response)
}

async fn answer(control: &Arc<Control>, route: Route, head: Parts, body: Body, visit: &mut Visit) -> Response<Body> {
    let is_page = matches!(route, Route::Page(_));
    let response = control.handle(route, head, body).await.map(Body::from);
    // A page may hold a token, written in many ways.
    if is_page { response } else { visit.overhear(response).await }
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
    let reply = effect.answer();
    let is_lost = reply.is_some() || effect == FaultEffect::Hang;
    let real = if strike.carried_out || !is_lost {
        Some(perform(body, visit).await)
    } else {
        // A client that is still sending would not see the answer.
        drain(body).await;
        None
    };
    match (reply, real) {
        (Some(reply), Some(_)) => reply,
        (Some(reply), None) => visit.overhear(reply).await,
        (None, Some(real)) if !is_lost => effect.spoil(real),
        (None, _) => std::future::pending().await,
    }
}

/// The database that a path of the Platform API names.
fn database_in(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/databases/")?;
    rest.split('/').next().filter(|name| !name.is_empty())
}

/// What that database is called on hosts, if the path names its organization by the slug too.
fn label_in(path: &str, database: &str) -> Option<String> {
    let (_, rest) = path.split_once("/organizations/")?;
    let organization = rest.split('/').next().filter(|slug| !slug.is_empty())?;
    Some(label(database, organization))
}

/// A request on its way. When it ends it is counted, and logged if requests are, even if nobody waits for it any more.
struct Visit {
    requests: Requests,
    began: Instant,
    entry: Option<Entry>,
    /// What was read of its body so far; nothing if headers and bodies are not to be kept.
    heard: Option<Heard>,
}

impl Visit {
    /// `label` and `name` are those of the database whose SQL endpoint it is for.
    fn begin(
        cloud: &Cloud,
        operation: Option<&'static str>,
        label: Option<Arc<str>>,
        name: Option<Arc<str>>,
        head: &Parts,
    ) -> Self {
        let requests = cloud.requests().clone();
        let entry = requests.is_on().then(|| Entry {
            number: 0,
            at: cloud.clock().now(),
            operation,
            database: label,
            database_name: name,
            method: head.method.clone(),
            url: head.uri.to_string(),
            is_encrypted: head.extensions.get::<Encrypted>().is_some(),
            host: head.headers.get(header::HOST).map(copied),
            peer: head.extensions.get::<Peer>().map(|peer| peer.0),
            agent: head.headers.get(header::USER_AGENT).map(copied),
            status: None,
            duration: std::time::Duration::ZERO,
            fault: None,
            request: Message::default(),
            response: Message::default(),
        });
        Self { requests, began: Instant::now(), entry, heard: None }
    }

    /// Keeps what is said from now on: the headers of the request, its body as it is read, and the answer.
    fn listen_to(&mut self, head: &Parts, body: Body) -> Body {
        let Some(entry) = &mut self.entry else { return body };
        entry.request = Message::new(&head.headers);
        self.heard.insert(Heard::default()).listen_to(body)
    }

    fn struck(&mut self, strike: Option<Strike>) -> Option<Strike> {
        if let (Some(entry), Some(strike)) = (&mut self.entry, &strike) {
            entry.fault = Some(strike.fault);
        }
        strike
    }

    /// Hands an answer on, and keeps of it what is to be kept.
    async fn overhear(&mut self, response: Response<Body>) -> Response<Body> {
        let Some(entry) = self.entry.as_mut().filter(|_| self.heard.is_some() && !is_broken(&response)) else {
            return response;
        };
        let answered = Message::new(response.headers());
        let length = response.body().size_hint().exact().and_then(|length| usize::try_from(length).ok());
        // Streams are left alone: they may be long, and their client wants the beginning at once.
        let Some(length) = length.filter(|length| *length <= MAX_BODY) else {
            entry.response = answered.length(length);
            return response;
        };
        let (head, body) = response.into_parts();
        let body = to_bytes(body, length).await.unwrap_or_default();
        entry.response = answered.body(&*body, length);
        Response::from_parts(head, Body::from(body))
    }

    /// Refuses a request. Its body is read all the same, because its client would not see the answer otherwise.
    async fn refuse(mut self, body: Body, refusal: Refusal) -> Response<Body> {
        drain(body).await;
        let response = self.overhear(refusal.into_response()).await;
        self.end(response)
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
                if let Some(heard) = self.heard.take() {
                    entry.request = heard.tell(std::mem::take(&mut entry.request));
                }
                self.requests.push(entry);
            }
            None => self.requests.pass(),
        }
    }
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

    #[test]
    fn a_path_may_name_the_organization_of_its_database() {
        let label = |path| label_in(path, "orders");
        assert_eq!(label("/v1/organizations/Acme/databases/orders").as_deref(), Some("orders-acme"));
        assert_eq!(label("/v1/organizations//databases/orders"), None);
        assert_eq!(label("/v1/databases/orders"), None);
    }
}
