use http::header;
use jiff::Timestamp;

use super::{Refusal, jwt::Verifier, request::Received};
use crate::store::{ApiTokenRow, Transaction};

/// Who sends a request: the user of a token that this cloud has signed and still knows, or of a session.
pub(super) fn authenticate(
    transaction: &Transaction<'_>,
    verifier: &Verifier,
    received: &Received,
    now: Timestamp,
) -> Result<ApiTokenRow, Refusal> {
    let token = bearer(received).ok_or_else(|| Refusal::unauthorized("no token in the Authorization header"))?;
    let id = verifier.verify(token)?;
    let token = match transaction.find_api_token(&id)? {
        None => transaction.find_session(&id, now)?.map(|session| session.token),
        token => token,
    };
    token.ok_or_else(|| Refusal::unauthorized("invalid api token"))
}

/// The word `Bearer` may be written in any case, as in every HTTP authentication scheme.
fn bearer(received: &Received) -> Option<&str> {
    let value = received.head.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty()).then_some(token)
}
