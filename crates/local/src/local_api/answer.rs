//! From a request to an answer.

use std::{error::Error as _, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Response, StatusCode, request::Parts};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use turso_cloud_contract::{Expiration, InvalidInput};
use url::form_urlencoded;

use super::{
    ClockChange, ClockReading, Config, ConfigChange, GroupToArchive, PREFIX, Status, UsageToAdd, states, tail,
};
use crate::{
    Clock, Cloud, CloudError, Refusal,
    blocking::blocking,
    control::{DISK, answered_as},
    faults::check_operation,
    json_answer::json_answer,
    request_log::Entry,
    store::StoreError,
};

/// Clients and what is between them give up on requests that take much longer.
const LONGEST_WAIT: u64 = 30;

/// Which requests are asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Filter {
    after: u64,
    operation: Option<String>,
    database: Option<String>,
    unknown: bool,
    /// How many seconds to wait for the first request there is to tell of.
    wait: u64,
}

impl Filter {
    fn wants(&self, entry: &Entry) -> bool {
        let is = |wanted: Option<&str>, given: Option<&str>| wanted.is_none() || wanted == given;
        is(self.operation.as_deref(), entry.operation)
            && self.database.as_deref().is_none_or(|database| entry.is_to_database(database))
            && !(self.unknown && entry.operation.is_some())
    }
}

pub(super) async fn dispatch(cloud: &Cloud, head: &Parts, body: &Bytes) -> Result<Response<Body>, Refusal> {
    let path = head.uri.path().strip_prefix(PREFIX).unwrap_or_default().trim_matches('/');
    let segments: Vec<_> = path.split('/').collect();
    match (answered_as(&head.method), segments.as_slice()) {
        (&Method::GET, ["health"]) => success(&json!({ "status": "ok" })),
        (&Method::GET, ["status"]) => success(&status(cloud)),
        (&Method::GET, ["config"]) => success(&config(cloud)),
        (&Method::PATCH, ["config"]) => configure(cloud, &parse(body)?),
        (&Method::GET, ["tokens"]) => done(cloud, Cloud::api_tokens).await,
        (&Method::GET, ["clock"]) => success(&clock(cloud)),
        (&Method::PATCH, ["clock"]) => turn(cloud, &parse(body)?),
        (&Method::GET, ["faults"]) => success(&cloud.faults().list()),
        (&Method::POST, ["faults"]) => success(&cloud.faults().add(parse(body)?).map_err(refusal)?.status()),
        (&Method::POST, ["faults", "scenario"]) => scenario(cloud, body),
        (&Method::DELETE, ["faults"]) => {
            cloud.faults().clear();
            success(&json!({}))
        }
        (&Method::DELETE, ["faults", id]) => remove_fault(cloud, id),
        (&Method::GET, ["requests"]) => requests(cloud, head).await,
        (&Method::GET, ["requests", "tail"]) => Ok(tail::follow(cloud, head, filter(head)?.after)),
        (&Method::GET, ["requests", "har"]) => har(cloud).await,
        (&Method::DELETE, ["requests"]) => {
            cloud.requests().clear();
            success(&json!({}))
        }
        (&Method::POST, ["stop"]) => {
            cloud.settings().stop.ask();
            success(&json!({}))
        }
        (&Method::POST, ["archive"]) => {
            let GroupToArchive { organization, group } = parse(body)?;
            done(cloud, move |cloud| cloud.archive_group(&organization, &group).map(nothing)).await
        }
        (&Method::POST, ["usage"]) => {
            let usage: UsageToAdd = parse(body)?;
            done(cloud, move |cloud| cloud.add_usage(&usage).map(nothing)).await
        }
        (method, segments @ ["snapshots" | "forks" | "reset", ..]) => {
            states::dispatch(cloud, method, segments, body).await.unwrap_or_else(|| Err(unknown(head)))
        }
        _ => Err(unknown(head)),
    }
}

fn unknown(head: &Parts) -> Refusal {
    Refusal::not_found(format!("nothing answers {} {}", head.method, head.uri.path()))
}

fn status(cloud: &Cloud) -> Status {
    Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        organization: cloud.organization().to_string(),
        directory: cloud.home().path(),
        urls: cloud.addresses().urls(),
        clock: clock(cloud),
        databases: cloud.control().data.in_service() as u64,
        requests: cloud.requests().count(),
        faults: cloud.faults().list().len() as u64,
        config: config(cloud),
    }
}

fn config(cloud: &Cloud) -> Config {
    Config { rate_limit: cloud.rate_limit().limit(), keep_sql: cloud.requests().keeps_sql() }
}

fn configure(cloud: &Cloud, change: &ConfigChange) -> Result<Response<Body>, Refusal> {
    if let Some(limit) = change.rate_limit {
        cloud.set_rate_limit(limit);
    }
    if let Some(keep) = change.keep_sql {
        cloud.requests().keep_sql(keep);
    }
    success(&config(cloud))
}

fn clock(cloud: &Cloud) -> ClockReading {
    ClockReading { now: cloud.clock().now(), frozen: cloud.clock().is_frozen() }
}

fn turn(cloud: &Cloud, change: &ClockChange) -> Result<Response<Body>, Refusal> {
    let advance = change.advance.as_deref().map(duration).transpose()?;
    let to = change.set.unwrap_or_else(|| cloud.clock().now());
    if !Clock::can_show(to, advance.unwrap_or_default()) {
        let ahead = change.advance.as_ref().map(|by| format!(" and {by}")).unwrap_or_default();
        return Err(Refusal::bad_request(format!("invalid time {to}{ahead}: the clock shows the years 1970 to 9998")));
    }
    if let Some(to) = change.set {
        cloud.clock().set(to);
    }
    if let Some(by) = advance {
        cloud.clock().advance(by);
    }
    match change.frozen {
        Some(true) => cloud.clock().freeze(),
        Some(false) => cloud.clock().resume(),
        None => {}
    }
    success(&clock(cloud))
}

fn duration(text: &str) -> Result<Duration, Refusal> {
    let seconds = text.parse::<Expiration>().ok().and_then(Expiration::as_secs);
    let rule = "must be a duration such as 31d or 1h30m, from one second to 292 years";
    let seconds = seconds.ok_or_else(|| InvalidInput::new("advance", text, rule))?;
    Ok(Duration::from_secs(seconds))
}

fn scenario(cloud: &Cloud, body: &Bytes) -> Result<Response<Body>, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::bad_request("the scenario must be TOML in UTF-8"))?;
    let faults = cloud.faults().load(text).map_err(refusal)?;
    success(&faults.iter().map(crate::Fault::status).collect::<Vec<_>>())
}

fn remove_fault(cloud: &Cloud, id: &str) -> Result<Response<Body>, Refusal> {
    let is_there = id.parse().is_ok_and(|id| cloud.faults().remove(id));
    if is_there { success(&json!({})) } else { Err(Refusal::not_found(format!("there is no fault {id:?}"))) }
}

async fn requests(cloud: &Cloud, head: &Parts) -> Result<Response<Body>, Refusal> {
    let filter = filter(head)?;
    let wait = Duration::from_secs(filter.wait.min(LONGEST_WAIT));
    let found = cloud.requests().wait_for(filter.after, |entry| filter.wants(entry));
    // Nothing new in time is no failure.
    success(&tokio::time::timeout(wait, found).await.unwrap_or_default())
}

fn filter(head: &Parts) -> Result<Filter, Refusal> {
    let pairs = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
    let filter: Filter = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
        .map_err(|error| Refusal::bad_request(format!("the query cannot be read: {error}")))?;
    filter.operation.as_deref().map_or(Ok(()), check_operation)?;
    Ok(filter)
}

/// Up to 1000 requests with their bodies, in which secrets are looked for.
async fn har(cloud: &Cloud) -> Result<Response<Body>, Refusal> {
    let requests = cloud.requests().clone();
    blocking(move || Ok(json_answer(StatusCode::OK, requests.har()))).await
}

pub(super) fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    let json = &mut serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(json)
        .map_err(|error| Refusal::bad_request(format!("the body cannot be read: {error}")))
}

/// The answer to what takes a look at a disk.
pub(super) async fn done<T: Serialize + Send + 'static>(
    cloud: &Cloud,
    work: impl FnOnce(&Cloud) -> Result<T, CloudError> + Send + 'static,
) -> Result<Response<Body>, Refusal> {
    let cloud = cloud.clone();
    success(&blocking(move || work(&cloud)).await.map_err(refusal)?)
}

fn nothing((): ()) -> Value {
    json!({})
}

pub(super) fn success(answer: &impl Serialize) -> Result<Response<Body>, Refusal> {
    let json = serde_json::to_string(answer);
    let json = json.map_err(|error| refusal(CloudError::State(error.into())))?;
    Ok(json_answer(StatusCode::OK, json))
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function for `map_err`")]
pub(super) fn refusal(error: CloudError) -> Refusal {
    let status = match error {
        CloudError::Input(_) | CloudError::Toml { .. } => StatusCode::BAD_REQUEST,
        CloudError::NoSnapshot { .. } => StatusCode::NOT_FOUND,
        CloudError::SnapshotExists { .. } => StatusCode::CONFLICT,
        CloudError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if status.is_server_error() {
        tracing::error!(error = &error as &dyn std::error::Error, "the local cloud could not do what it was told");
    }
    Refusal::new(status, sentence(&error))
}

/// With its causes: whoever asks here is who can do something about them.
fn sentence(error: &CloudError) -> String {
    if let CloudError::State(source) = error
        && source.downcast_ref::<StoreError>().is_some_and(StoreError::is_of_disk)
    {
        return DISK.to_owned();
    }
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |sentence, cause| format!("{sentence}: {cause}"))
}
