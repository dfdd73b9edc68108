//! Whoever speaks on a socket.

use std::sync::Arc;

use http::request::Parts;

use crate::clock::Clock;
use crate::data::database::{Database, Policy};
use crate::data::host::admission::policy_for;
use crate::data::hrana::SqlError;

/// What a request on a socket is let in for: the request for the socket itself, and the token of the last greeting.
#[derive(Clone)]
pub(super) struct Guest {
    pub(super) head: Arc<Parts>,
    pub(super) token: Arc<str>,
    pub(super) database: Arc<Database>,
    pub(super) clock: Clock,
}

impl Guest {
    /// The rules of this moment: the token may have ended since the greeting, and since the request came.
    pub(super) fn policy(&self) -> Result<Policy, SqlError> {
        Ok(policy_for(&self.head, &self.token, &self.database, &self.clock)?)
    }
}
