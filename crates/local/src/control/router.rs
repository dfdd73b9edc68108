use std::{fmt, sync::Arc};

use http::{HeaderValue, Method, header};
use turso_cloud_contract::{Endpoint, EndpointInfo, Service};

use super::{
    Context, Handles, Refusal, Routes,
    permissions::{Guarded, Needs},
    request::Received,
};

/// Where the region service, which has an origin of its own, is found on the local cloud.
const REGION_PREFIX: &str = "/_region";

/// One operation with its answer.
pub(crate) struct Operation {
    pub(super) info: EndpointInfo,
    pub(super) needs: Needs,
    answer: Box<Answer>,
}

type Answer = dyn Fn(&str, &Received, &mut Context<'_>) -> Result<Vec<u8>, Refusal> + Send + Sync;

impl Operation {
    pub(super) fn new<E: Guarded, A: Handles<E> + Send + Sync + 'static>(answers: A) -> Self {
        Self {
            info: EndpointInfo::of::<E>(),
            needs: E::NEEDS,
            answer: Box::new(move |path, received, cx| answer::<E, A>(&answers, path, received, cx)),
        }
    }

    pub(super) fn answer(&self, path: &str, received: &Received, cx: &mut Context<'_>) -> Result<Vec<u8>, Refusal> {
        (self.answer)(path, received, cx)
    }

    /// How well a path fits: the number of its literal segments.
    fn fits(&self, path: &str) -> Option<usize> {
        self.info.literals_in(path_of(self.info.service, path)?)
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.info.name, self.info.method, self.info.path)
    }
}

impl Routes {
    /// These operations too.
    pub(super) fn and(mut self, more: impl IntoIterator<Item = Operation>) -> Self {
        self.0.extend(more.into_iter().map(Arc::new));
        self
    }

    /// The operation a request is for. Of two that a path fits, it is the one with more literal segments. A refusal
    /// names the path as it was sent.
    pub(super) fn find(&self, method: &Method, path: &str, sent: &str) -> Result<Arc<Operation>, Refusal> {
        let fitting = || self.0.iter().filter_map(|operation| Some((operation.fits(path)?, operation)));
        let found = fitting().filter(|(_, operation)| operation.info.method == method);
        if let Some((_, operation)) = found.max_by_key(|(literals, _)| *literals) {
            return Ok(Arc::clone(operation));
        }
        let allowed: Vec<_> = fitting().map(|(_, operation)| operation.info.method.as_str()).collect();
        if allowed.is_empty() { Err(unknown_route(method, sent)) } else { Err(wrong_method(method, sent, &allowed)) }
    }
}

fn answer<E: Endpoint, A: Handles<E>>(
    answers: &A,
    path: &str,
    received: &Received,
    cx: &mut Context<'_>,
) -> Result<Vec<u8>, Refusal> {
    let path = path_of(E::SERVICE, path).unwrap_or_default();
    let request = E::decode(path, received.head.uri.query(), &received.body)?;
    answers.check(&request)?;
    let json = serde_json::to_vec(&answers.handle(request, cx)?).map_err(Refusal::internal)?;
    // The service sends no bytes where there is nothing to say.
    Ok(if json == b"null" { Vec::new() } else { json })
}

/// The path as the service knows it.
fn path_of(service: Service, path: &str) -> Option<&str> {
    match service {
        Service::Region => path.strip_prefix(REGION_PREFIX).map(|rest| if rest.is_empty() { "/" } else { rest }),
        _ => Some(path),
    }
}

fn unknown_route(method: &Method, path: &str) -> Refusal {
    Refusal::not_found(format!("no operation answers {method} {path}"))
}

/// The service does not tell a wrong method from a wrong path; whoever reads the sentence or the header is told.
fn wrong_method(method: &Method, path: &str, allowed: &[&str]) -> Refusal {
    let allowed = allowed.join(", ");
    let refusal = Refusal::not_found(format!("no operation answers {method} {path}, only {allowed}"));
    match HeaderValue::from_str(&allowed) {
        Ok(allowed) => refusal.header(header::ALLOW, allowed),
        Err(_) => refusal,
    }
}
