//! A request with its whole body.

use axum::body::Body;
use bytes::Bytes;
use http::{Extensions, Request};

use super::admission::policy_of;
use super::body;
use crate::clock::Clock;
use crate::data::database::{Database, Policy};
use crate::data::refusal::Refusal;

/// A request that was let in, and then read.
pub(crate) struct Received {
    head: Request<()>,
    pub(crate) body: Bytes,
}

impl Received {
    /// Reads the body of a request, unless it may not come in.
    pub(crate) async fn read(request: Request<Body>, database: &Database, clock: &Clock) -> Result<Self, Refusal> {
        policy_of(&request, database, clock)?;
        let (head, body) = request.into_parts();
        let body = body::read(&head, body).await?;
        Ok(Self { head: Request::from_parts(head, ()), body })
    }

    /// The rules of this moment: a body may have taken its time, and its token may have ended meanwhile.
    pub(crate) fn policy(&self, database: &Database, clock: &Clock) -> Result<Policy, Refusal> {
        policy_of(&self.head, database, clock)
    }

    pub(crate) fn extensions(&self) -> &Extensions {
        self.head.extensions()
    }
}
