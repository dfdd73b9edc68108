use std::{fmt, sync::Arc};

use http::{HeaderValue, Method, StatusCode, header};
use turso_cloud_contract::{Endpoint, Service};

use super::{Context, Handles, Refusal, Routes, request::Received};

/// Where the region service, which has an origin of its own, is found on the local cloud.
const REGION_PREFIX: &str = "/_region";

/// One operation with its answer.
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) service: Service,
    method: Method,
    template: &'static str,
    answer: Box<Answer>,
}

type Answer = dyn Fn(&Received, &mut Context<'_>) -> Result<Vec<u8>, Refusal> + Send + Sync;

impl Operation {
    pub(super) fn new<E: Endpoint, A: Handles<E> + Send + Sync + 'static>(answers: A) -> Self {
        Self {
            name: E::NAME,
            service: E::SERVICE,
            method: E::METHOD,
            template: E::PATH,
            answer: Box::new(move |received, cx| answer::<E, A>(&answers, received, cx)),
        }
    }

    pub(super) fn answer(&self, received: &Received, cx: &mut Context<'_>) -> Result<Vec<u8>, Refusal> {
        (self.answer)(received, cx)
    }

    fn matches(&self, path: &str) -> bool {
        let Some(path) = path_of(self.service, path) else { return false };
        let (wanted, given) = (segments(self.template), segments(path));
        wanted.clone().count() == given.clone().count()
            && wanted
                .zip(given)
                .all(|(wanted, given)| if is_field(wanted) { !given.is_empty() } else { wanted == given })
    }

    fn fields(&self) -> usize {
        segments(self.template).filter(|segment| is_field(segment)).count()
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.name, self.method, self.template)
    }
}

impl Routes {
    /// The operation a request is for. Of two that a path fits, it is the one with more literal segments.
    pub(super) fn find(&self, method: &Method, path: &str) -> Result<Arc<Operation>, Refusal> {
        let fitting = || self.0.iter().filter(|operation| operation.matches(path));
        let found = fitting().filter(|operation| operation.method == method).min_by_key(|operation| operation.fields());
        if let Some(operation) = found {
            return Ok(Arc::clone(operation));
        }
        let allowed: Vec<_> = fitting().map(|operation| operation.method.as_str()).collect();
        if allowed.is_empty() { Err(unknown_route(method, path)) } else { Err(wrong_method(method, &allowed)) }
    }
}

fn answer<E: Endpoint, A: Handles<E>>(
    answers: &A,
    received: &Received,
    cx: &mut Context<'_>,
) -> Result<Vec<u8>, Refusal> {
    let path = path_of(E::SERVICE, received.head.uri.path()).unwrap_or_default();
    let request = E::decode(path, received.head.uri.query(), &received.body)?;
    request.check()?;
    let json = serde_json::to_vec(&answers.handle(request, cx)?).map_err(Refusal::internal)?;
    // The service sends no bytes where there is nothing to say.
    Ok(if json == b"null" { Vec::new() } else { json })
}

/// The path as the service knows it.
fn path_of(service: Service, path: &str) -> Option<&str> {
    match service {
        Service::Platform => Some(path),
        Service::Region => path.strip_prefix(REGION_PREFIX).map(|rest| if rest.is_empty() { "/" } else { rest }),
    }
}

/// One slash at the end makes no difference.
fn segments(path: &str) -> std::str::Split<'_, char> {
    path.strip_suffix('/').unwrap_or(path).split('/')
}

fn is_field(segment: &str) -> bool {
    segment.starts_with('{')
}

fn unknown_route(method: &Method, path: &str) -> Refusal {
    Refusal::not_found(format!("no operation answers {method} {path}"))
}

fn wrong_method(method: &Method, allowed: &[&str]) -> Refusal {
    let refusal = Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{method} is not allowed here, only {}", allowed.join(", ")),
    );
    match HeaderValue::from_str(&allowed.join(", ")) {
        Ok(allowed) => refusal.header(header::ALLOW, allowed),
        Err(_) => refusal,
    }
}
