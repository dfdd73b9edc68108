//! A 404 that does not come from the Platform API, but perhaps from a web server at a wrong URL: the API says what is not
//! there.

use turso_cloud::{
    Error,
    contract::{CATALOGUE, Service},
};

use super::{Failure, classify};
use crate::config::{Key, Settings};

/// Whether it was not the API that said that something is not there, so that it may be there.
pub(crate) fn is_of_stranger(error: &Error) -> bool {
    let is_of_api =
        |operation| CATALOGUE.iter().any(|info| info.name == operation && info.service == Service::Platform);
    error.is_not_found() && error.message().is_none() && error.operation().is_some_and(is_of_api)
}

/// Adds to such an error which setting the URL came from.
pub(crate) fn introduce(settings: &Settings, error: anyhow::Error) -> anyhow::Error {
    let (_, api, _) = classify(&error);
    if !api.is_some_and(is_of_stranger) {
        return error;
    }
    let url = match settings.get(Key::API_URL) {
        Some(url) => format!("{} ({})", url.value, url.source),
        None => "the default URL".to_owned(),
    };
    let hint = format!("what answers at {url} does not look like the Platform API");
    Failure::of_any(error).hint(hint).into()
}
