//! Who may use the paths below `/_local/`.

use http::{StatusCode, header, request::Parts};
use subtle::ConstantTimeEq as _;

use crate::{Cloud, Refusal, bearer::bearer};

/// The mark of a request that came in through a server which other machines can reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exposed;

/// A page of another origin may send some requests without asking, and a browser says so.
const SITE: &str = "sec-fetch-site";

pub(super) fn check(cloud: &Cloud, head: &Parts) -> Result<(), Refusal> {
    let is_of_a_page = head.headers.contains_key(header::ORIGIN)
        || head.headers.get(SITE).is_some_and(|site| site != "none" && site != "same-origin");
    if is_of_a_page {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "no web page may use the paths below /_local/"));
    }
    if head.extensions.get::<Exposed>().is_none() || is_bearer_good(cloud, head) {
        return Ok(());
    }
    let rule = "the paths below /_local/ of a cloud that other machines can reach need its local token as a bearer";
    Err(Refusal::new(StatusCode::UNAUTHORIZED, rule))
}

fn is_bearer_good(cloud: &Cloud, head: &Parts) -> bool {
    let expected = cloud.local_token();
    bearer(&head.headers).is_some_and(|token| token.as_bytes().ct_eq(expected.expose().as_bytes()).into())
}
