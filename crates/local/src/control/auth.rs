use jiff::Timestamp;

use super::{Refusal, jwt::Verifier, request::Received};
use crate::{
    bearer::bearer,
    store::{ApiTokenRow, Transaction},
};

/// Who sends a request: the user of a token that this cloud has signed and still knows, or of a session.
pub(super) fn authenticate(
    transaction: &Transaction<'_>,
    verifier: &Verifier,
    received: &Received,
    now: Timestamp,
) -> Result<ApiTokenRow, Refusal> {
    let token =
        bearer(&received.head.headers).ok_or_else(|| Refusal::unauthorized("no token in the Authorization header"))?;
    let id = verifier.verify(token)?;
    let token = match transaction.find_api_token(&id)? {
        None => transaction.find_session(&id, now)?.map(|session| session.token),
        token => token,
    };
    token.ok_or_else(|| Refusal::unauthorized("invalid api token"))
}
