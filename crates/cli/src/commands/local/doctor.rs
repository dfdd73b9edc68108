//! What a local cloud needs of this machine.

use std::{env, fmt::Write as _, net::ToSocketAddrs as _};

use anyhow::Result;
use serde::Serialize;
use turso_cloud_local::Cloud;

use super::{instance::Instances, remote::Remote};
use crate::{
    context::Context,
    exit::{Failure, Kind, Report},
    output::Shape,
};

const CHECK: Shape = Shape {
    noun: "check",
    name: "check",
    columns: &[("check", "check"), ("state", "state"), ("detail", "detail")],
    wide: &[],
};

#[derive(Debug, Serialize)]
struct Check {
    #[serde(rename = "check")]
    name: &'static str,
    state: State,
    detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    /// Something works less well than it could.
    Note,
    Failed,
}

pub(super) async fn doctor(cx: &Context) -> Result<()> {
    let checks = [served().await, named(), left_behind(cx).await?, official()];
    cx.out().list(&CHECK, &checks)?;
    if checks.iter().any(|check| check.state == State::Failed) {
        return Err(Failure::new(Kind::Failed, "a local cloud does not work on this machine").into());
    }
    Ok(())
}

/// A cloud is started, with a database in it.
async fn served() -> Check {
    let check = |state, detail| Check { name: "a cloud on a port", state, detail };
    let tried = async {
        let cloud = Cloud::new()?;
        let server = cloud.serve("127.0.0.1:0").await?;
        let turso = cloud.client().build()?;
        turso.databases().create(turso_cloud::NewDatabase::new("check", "default")).await?;
        let hostname = turso.databases().get("check").await?.hostname;
        server.shutdown().await;
        Ok::<_, anyhow::Error>(hostname)
    };
    match tried.await {
        Ok(hostname) if hostname.contains("/db/") => {
            check(State::Note, "databases are reached by paths: this system has no addresses for them".to_owned())
        }
        Ok(_) => check(State::Ok, "databases have addresses of their own".to_owned()),
        Err(error) => check(State::Failed, Report::of(&error).message().to_owned()),
    }
}

fn named() -> Check {
    let is_resolved = ("check-acme.localhost", 1).to_socket_addrs().is_ok();
    let (state, detail) = if is_resolved {
        (State::Ok, "this machine resolves them: --hostnames name can be used")
    } else {
        (State::Note, "this machine does not resolve them: --hostnames name is for clients that do")
    };
    Check { name: "names below localhost", state, detail: detail.to_owned() }
}

/// Those that were killed have left their files.
async fn left_behind(cx: &Context) -> Result<Check> {
    let instances = Instances::find()?;
    let (mut running, mut silent, mut stale) = (Vec::new(), Vec::new(), Vec::new());
    for name in instances.names()? {
        match is_running(cx, &instances, &name).await {
            Ok(Some(true)) => running.push(name),
            Ok(Some(false)) => stale.push(name),
            Ok(None) => {}
            Err(error) => silent.push(format!("{name} ({})", Report::of(&error).message())),
        }
    }
    let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let mut detail = format!("running: {}; ended without a word: {}", list(&running), list(&stale));
    if !silent.is_empty() {
        let _ = write!(detail, "; cannot be asked: {}", list(&silent));
    }
    stale.iter().try_for_each(|name| instances.forget(name))?;
    Ok(Check {
        name: "local clouds",
        state: if stale.is_empty() && silent.is_empty() { State::Ok } else { State::Note },
        detail,
    })
}

/// Whether a cloud runs; nothing where its file is gone by now.
async fn is_running(cx: &Context, instances: &Instances, name: &str) -> Result<Option<bool>> {
    let Some(instance) = instances.load(name)? else { return Ok(None) };
    Ok(Some(Remote::of(cx, instance)?.probe().await?.is_some()))
}

/// The official command line is not run: it might look for a new version of itself.
fn official() -> Check {
    let paths = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&paths).map(|folder| folder.join("turso")).find(|program| program.is_file());
    let detail = match found {
        Some(program) => format!("{}: `tursoctl local env --for turso` lets it use a local cloud", program.display()),
        None => "not installed, and not needed".to_owned(),
    };
    Check { name: "the official command line", state: State::Ok, detail }
}
