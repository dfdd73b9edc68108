//! What is meant by a name that is not there.

use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _};
use turso_cloud::{DatabaseName, Error, GroupName};

use crate::{
    context::Context,
    exit::{Failure, is_of_stranger},
};

/// Looking further would cost more than a suggestion is worth.
const LOOKED_AT: usize = 1000;
const CLOSEST: f64 = 0.8;

/// The outcome of something done to a database, and what it might have been called.
pub(crate) async fn database<T>(
    cx: &Context,
    doing: &str,
    name: &DatabaseName,
    outcome: Result<T, Error>,
) -> Result<T> {
    let error = match outcome {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let message = format!("cannot {doing} the database {name}");
    if !says_absent(&error) {
        return Err(anyhow::Error::from(error).context(message));
    }
    let listing = cx.client()?.databases().stream().take(LOOKED_AT);
    let names: Result<Vec<_>, _> = listing.map_ok(|database| database.name.to_string()).try_collect().await;
    Err(not_there(message, error, name.as_str(), &names.unwrap_or_default(), "tursoctl db list"))
}

/// The same for a group.
pub(crate) async fn group<T>(cx: &Context, doing: &str, name: &GroupName, outcome: Result<T, Error>) -> Result<T> {
    let error = match outcome {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let message = format!("cannot {doing} the group {name}");
    if !says_absent(&error) {
        return Err(anyhow::Error::from(error).context(message));
    }
    let groups = cx.client()?.groups().list().await.unwrap_or_default();
    let names: Vec<_> = groups.iter().map(|group| group.name.to_string()).collect();
    Err(not_there(message, error, name.as_str(), &names, "tursoctl group list"))
}

/// What is said where a list cannot be had: one that is not there is of an organization that is not.
pub(crate) fn listing(what: &str) -> impl Fn(Error) -> anyhow::Error {
    organization(format!("cannot list the {what}"))
}

/// What is said where something cannot be done to an organization.
pub(crate) fn organization(message: String) -> impl Fn(Error) -> anyhow::Error {
    move |error| {
        if !says_absent(&error) {
            return anyhow::Error::from(error).context(message.clone());
        }
        Failure::of(error, message.as_str()).hint("tursoctl org list").into()
    }
}

fn says_absent(error: &Error) -> bool {
    error.is_not_found() && !is_of_stranger(error)
}

fn not_there(message: String, error: Error, name: &str, names: &[String], listing: &str) -> anyhow::Error {
    let failure = Failure::of(error, message);
    if names.iter().any(|known| known == name) {
        // It is there: what is missing is something else, which the error names.
        return failure.into();
    }
    let hint = match closest(name, names.iter().map(String::as_str)) {
        Some(known) => format!("did you mean {known}? All of them: {listing}"),
        None => listing.to_owned(),
    };
    failure.hint(hint).into()
}

/// The one of these that is most like what was typed, if any is like it.
pub(crate) fn closest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.map(|known| (strsim::jaro_winkler(typed, known), known));
    let closest = scored.filter(|(score, _)| *score >= CLOSEST).max_by(|(a, _), (b, _)| a.total_cmp(b));
    closest.map(|(_, known)| known)
}
