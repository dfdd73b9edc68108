//! Who may use a database now: the same questions for a request of every protocol.

use http::header::AUTHORIZATION;
use http::{HeaderMap, Request};

use super::Peer;
use super::database::Database;
use super::policy::Policy;
use super::refusal::Refusal;
use super::tokens::authorize;
use crate::clock::Clock;

/// The rules a request over HTTP runs under.
pub(crate) fn policy_of<B>(request: &Request<B>, database: &Database, clock: &Clock) -> Result<Policy, Refusal> {
    policy_for(peer(request), bearer(request.headers()), database, clock)
}

/// The rules that hold for a peer with a token at this moment.
pub(crate) fn policy_for(peer: Peer, token: &str, database: &Database, clock: &Clock) -> Result<Policy, Refusal> {
    let record = database.record();
    // Before the token, as a firewall would.
    if !record.allowed_ips.admits(peer) {
        return Err(Refusal::AddressNotAllowed(peer.0));
    }
    let access = authorize(token, &record, database.verified_tokens(), clock.now()).map_err(Refusal::Token)?;
    if record.archived {
        return Err(Refusal::Archived);
    }
    Ok(Policy::new(access, &record))
}

/// Where a request comes from.
pub(crate) fn peer<B>(request: &Request<B>) -> Peer {
    request.extensions().get::<Peer>().copied().unwrap_or_default()
}

/// The token of the `Authorization` header, empty if there is none.
fn bearer(headers: &HeaderMap) -> &str {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    }
}
