//! The token of the header `Authorization`.

use http::{HeaderMap, header};

/// The token of a bearer, if there is one. The word `Bearer` may be written in any case, as in every HTTP authentication
/// scheme.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
