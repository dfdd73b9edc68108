//! Who may use a database now: the same questions for a request of every protocol.

use http::request::Parts;
use http::{Extensions, HeaderMap, Request};

use crate::bearer;
use crate::clock::Clock;
use crate::data::access::{Peer, authorize};
use crate::data::database::{Database, Policy};
use crate::data::refusal::Refusal;

/// The rules a request over HTTP runs under.
pub(crate) fn policy_of<B>(request: &Request<B>, database: &Database, clock: &Clock) -> Result<Policy, Refusal> {
    let (extensions, headers) = (request.extensions(), request.headers());
    rules(peer(extensions), bearer(headers), headers, database, clock)
}

/// The rules that hold at this moment on a connection that began with a request, for the bearer of a token.
pub(crate) fn policy_for(head: &Parts, token: &str, database: &Database, clock: &Clock) -> Result<Policy, Refusal> {
    // Its name was looked up when the connection began.
    if !database.is_in_service() {
        return Err(Refusal::UnknownDatabase);
    }
    rules(peer(&head.extensions), token, &head.headers, database, clock)
}

fn rules(peer: Peer, token: &str, headers: &HeaderMap, database: &Database, clock: &Clock) -> Result<Policy, Refusal> {
    let policy = admit(peer, token, database, clock)?;
    let record = database.record();
    if record.draft {
        return Err(Refusal::Draft);
    }
    if let Some(key) = &record.encryption {
        key.check(headers, &record.id).map_err(Refusal::Key)?;
    }
    Ok(policy)
}

/// What a peer with a token may do at this moment, if they may come in at all.
pub(crate) fn admit(peer: Peer, token: &str, database: &Database, clock: &Clock) -> Result<Policy, Refusal> {
    let record = database.record();
    // Before the token, as a firewall would.
    if !record.allowed_ips.admits(peer) {
        return Err(Refusal::AddressNotAllowed(peer.0));
    }
    let role_of = |id: &str| database.neighbour(id).map(|other| other.record().role_id.clone());
    let grant = authorize(token, &record, database.verified_tokens(), clock.now(), role_of).map_err(Refusal::Token)?;
    if record.archived {
        return Err(Refusal::Archived);
    }
    Ok(Policy::new(grant, &record, database.used_up(), peer))
}

/// Where a request comes from.
pub(crate) fn peer(extensions: &Extensions) -> Peer {
    extensions.get::<Peer>().copied().unwrap_or_default()
}

/// The token of the `Authorization` header, empty if there is none.
pub(crate) fn bearer(headers: &HeaderMap) -> &str {
    bearer::bearer(headers).unwrap_or_default()
}
