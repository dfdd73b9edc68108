use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

use super::{instance::Instances, remote::Remote};
use crate::{
    args::{LocalName, LocalStop},
    browser,
    context::{Context, Weight, say},
    exit::{Failure, Kind, Report},
    many::Failures,
    output::{Shape, URL},
};

/// A server gives the requests that are being answered five seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks whether it is gone.
const INTERVAL: Duration = Duration::from_millis(50);

const AUTHORITY: Shape =
    Shape { noun: "authority", name: "file", columns: &[("file", "file"), ("pem", "pem")], wide: &[] };

const INSTANCE: Shape = Shape {
    noun: "local",
    name: "name",
    columns: &[("name", "name"), ("url", "url"), ("organization", "organization"), ("databases", "databases")],
    wide: &[
        ("pid", "pid"),
        ("data dir", "data_dir"),
        ("clock", "clock"),
        ("requests", "requests"),
        ("faults", "faults"),
    ],
};

/// A local cloud that answers, without its secrets.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    url: String,
    https_url: String,
    organization: String,
    databases: u64,
    pid: u32,
    data_dir: Option<String>,
    clock: String,
    clock_is_frozen: bool,
    requests: u64,
    faults: u64,
    rate_limit: Option<std::num::NonZeroU32>,
    version: String,
}

impl Row {
    async fn of(remote: &Remote) -> Result<Option<Self>> {
        let Some(status) = remote.probe().await? else { return Ok(None) };
        let instance = &remote.instance;
        Ok(Some(Self {
            name: instance.name.clone(),
            url: instance.url.clone(),
            https_url: instance.https_url.clone(),
            organization: status.organization,
            databases: status.databases,
            pid: status.pid,
            data_dir: instance.data_dir.clone(),
            clock: status.clock.now.to_string(),
            clock_is_frozen: status.clock.frozen,
            requests: status.requests,
            faults: status.faults,
            rate_limit: status.config.rate_limit,
            version: status.version,
        }))
    }
}

pub(super) async fn status(cx: &Context, name: &LocalName) -> Result<()> {
    let remote = Remote::find(cx, name).await?;
    let row = Row::of(&remote).await?.context("the local cloud has just ended")?;
    cx.out().value(&INSTANCE, &row)
}

/// Those that answer. What others have left behind is removed, and one that cannot be asked does not hide the rest.
pub(super) async fn list(cx: &Context) -> Result<()> {
    let instances = Instances::find()?;
    let mut rows = Vec::new();
    for name in instances.names()? {
        match row(cx, &instances, &name).await {
            Ok(row) => rows.extend(row),
            Err(error) => say(format_args!("{name}: {}", Report::of(&error).shown())),
        }
    }
    cx.out().list(&INSTANCE, &rows)
}

/// Nothing for one that is gone.
async fn row(cx: &Context, instances: &Instances, name: &str) -> Result<Option<Row>> {
    let Some(instance) = instances.load(name)? else { return Ok(None) };
    let row = Row::of(&Remote::of(cx, instance)?).await?;
    if row.is_none() {
        instances.forget(name)?;
    }
    Ok(row)
}

pub(super) async fn stop(cx: &Context, args: &LocalStop) -> Result<()> {
    if !args.all {
        return stop_one(cx, &args.instance).await;
    }
    let names = Instances::find()?.names()?;
    let mut failures = Failures::of(cx, names.len());
    for name in names.into_iter().map(|name| LocalName { name }) {
        match stop_one(cx, &name).await {
            Ok(()) => {}
            // One that is gone by now is as good as stopped.
            Err(error) if error.downcast_ref::<Failure>().is_some_and(|failure| failure.is(Kind::NotFound)) => {}
            Err(error) => failures.add(&name.name, error),
        }
    }
    failures.done()
}

async fn stop_one(cx: &Context, name: &LocalName) -> Result<()> {
    let remote = Remote::find(cx, name).await?;
    remote.order("/_local/stop").await?;
    if cx.is_dry_run() {
        return Ok(());
    }
    let end = Instant::now() + PATIENCE;
    while !matches!(remote.probe().await, Ok(None)) {
        if Instant::now() > end {
            return Err(Failure::new(Kind::Failed, format!("the local cloud {} does not end", name.name)).into());
        }
        tokio::time::sleep(INTERVAL).await;
    }
    cx.notice(format_args!("stopped {}", name.name));
    Ok(())
}

pub(super) async fn reset(cx: &Context, name: &LocalName) -> Result<()> {
    let remote = Remote::find(cx, name).await?;
    cx.confirm(&format!("delete everything in the local cloud {}", name.name), Weight::Moderate)?;
    remote.order("/_local/reset").await?;
    cx.done(format_args!("{} is as new", name.name));
    Ok(())
}

/// The certificate itself, which a file made of it can be given to clients.
pub(super) fn ca(cx: &Context, name: &LocalName) -> Result<()> {
    let file = Instances::find()?.get(&name.name)?.certificate;
    let pem = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    cx.notice(format_args!("{}", file.display()));
    if cx.out().is_structured() {
        let (file, pem) = (file.to_string_lossy(), String::from_utf8_lossy(&pem));
        return cx.out().value(&AUTHORITY, &json!({ "file": file, "pem": pem }));
    }
    cx.out().bytes(&pem)
}

pub(super) async fn open(cx: &Context, name: &LocalName) -> Result<()> {
    let remote = Remote::find(cx, name).await?;
    let url = format!("{}/_local/status", remote.instance.url);
    cx.out().bare(&URL, &url)?;
    if cx.is_dry_run() || !cx.is_interactive() {
        return Ok(());
    }
    if browser::open(&url).is_err() {
        cx.notice("no browser can be started: open the address yourself");
    }
    Ok(())
}
