//! A 404 of something else than the Platform API, such as a web server: the API says what is not there.

use turso_cloud::{
    Error,
    contract::{CATALOGUE, Service},
};

use super::{Failure, classify};
use crate::config::Settings;

/// Whether it was not the API that says something is not there: nobody knows, then.
pub(crate) fn is_of_stranger(error: &Error) -> bool {
    let is_of_api =
        |operation| CATALOGUE.iter().any(|info| info.name == operation && info.service == Service::Platform);
    error.is_not_found() && error.message().is_none() && error.operation().is_some_and(is_of_api)
}

/// Adds to such an error where the URL comes from that leads there.
pub(crate) fn introduce(settings: &Settings, error: anyhow::Error) -> anyhow::Error {
    let (_, api, _) = classify(&error);
    if !api.is_some_and(is_of_stranger) {
        return error;
    }
    let url = match settings.get("api_url") {
        Some(url) => format!("{} ({})", url.value, url.source),
        None => "the default URL".to_owned(),
    };
    let hint = format!("what answers at {url} does not look like the Platform API");
    Failure::of_any(error).hint(hint).into()
}
