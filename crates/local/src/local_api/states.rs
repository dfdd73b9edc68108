//! Snapshots, forks and resets: the whole cloud in another state, or copied.

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Response};
use serde_json::json;

use super::{
    NewSnapshot,
    answer::{done, parse, refusal, success},
};
use crate::{Cloud, CloudError, Refusal, forks::MOST};

/// Nothing for a path that is not one of these.
pub(super) async fn dispatch(
    cloud: &Cloud,
    method: &Method,
    segments: &[&str],
    body: &Bytes,
) -> Option<Result<Response<Body>, Refusal>> {
    Some(match (method, segments) {
        (&Method::GET, ["snapshots"]) => done(cloud, Cloud::snapshots).await,
        (&Method::POST, ["snapshots"]) => snapshot(cloud, body).await,
        (&Method::POST, ["snapshots", name, "restore"]) => empty(cloud.restore(name).await),
        (&Method::DELETE, ["snapshots", name]) => delete_snapshot(cloud, name).await,
        (&Method::GET, ["forks"]) => success(&cloud.settings().forks.list()),
        (&Method::POST, ["forks"]) => fork(cloud).await,
        (&Method::DELETE, ["forks", id]) => end_fork(cloud, id).await,
        (&Method::POST, ["reset"]) => empty(cloud.reset().await),
        _ => return None,
    })
}

async fn snapshot(cloud: &Cloud, body: &Bytes) -> Result<Response<Body>, Refusal> {
    let NewSnapshot { name } = parse(body)?;
    success(&cloud.snapshot(&name).await.map_err(refusal)?)
}

fn empty(done: Result<(), CloudError>) -> Result<Response<Body>, Refusal> {
    done.map_err(refusal)?;
    success(&json!({}))
}

async fn delete_snapshot(cloud: &Cloud, name: &str) -> Result<Response<Body>, Refusal> {
    if cloud.delete_snapshot(name).await.map_err(refusal)? {
        return success(&json!({}));
    }
    Err(refusal(CloudError::NoSnapshot { name: name.to_owned() }))
}

async fn fork(cloud: &Cloud) -> Result<Response<Body>, Refusal> {
    match cloud.settings().forks.add(cloud).await.map_err(refusal)? {
        Some(fork) => success(&fork),
        None => Err(Refusal::conflict(format!("there are {MOST} forks, and no more at once: end one first"))),
    }
}

async fn end_fork(cloud: &Cloud, id: &str) -> Result<Response<Body>, Refusal> {
    match id.parse() {
        Ok(number) if cloud.settings().forks.end(number).await => success(&json!({})),
        _ => Err(Refusal::not_found(format!("there is no fork {id:?}"))),
    }
}
