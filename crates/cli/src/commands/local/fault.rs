use std::{fs, time::Duration};

use anyhow::{Context as _, Result};
use http::Method;
use turso_cloud_local::{FaultEffect, FaultSpec, FaultStatus};

use super::remote::Remote;
use crate::{
    args::{LocalFault, LocalFaultAdd},
    context::Context,
    output::Shape,
};

const FAULT: Shape = Shape {
    noun: "fault",
    name: "id",
    columns: &[
        ("id", "id"),
        ("operation", "operation"),
        ("path", "path"),
        ("database", "database"),
        ("effect", "effect"),
        ("hits", "count"),
    ],
    wide: &[("seen", "seen"), ("nth", "nth"), ("times", "times"), ("probability", "probability"), ("seed", "seed")],
};

const PATH: &str = "/_local/faults";

/// Between two pieces of a slow body.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) async fn run(cx: &Context, command: &LocalFault) -> Result<()> {
    match command {
        LocalFault::List(name) => {
            let faults: Vec<FaultStatus> = Remote::find(cx, name).await?.get(PATH).await?;
            cx.out().list(&FAULT, &faults)
        }
        LocalFault::Add(args) => {
            let remote = Remote::find(cx, &args.instance).await?;
            match remote.post::<FaultStatus>(PATH, &spec(args)).await? {
                Some(fault) => cx.out().value(&FAULT, &fault),
                None => Ok(()),
            }
        }
        LocalFault::Load { file, instance } => {
            let scenario = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            let remote = Remote::find(cx, instance).await?;
            let path = format!("{PATH}/scenario");
            match remote.change::<Vec<FaultStatus>>(Method::POST, &path, Some(scenario.into_bytes())).await? {
                Some(faults) => cx.out().list(&FAULT, &faults),
                None => Ok(()),
            }
        }
        LocalFault::Clear { id, instance } => {
            let path = id.map_or_else(|| PATH.to_owned(), |id| format!("{PATH}/{id}"));
            Remote::find(cx, instance).await?.delete(&path).await
        }
    }
}

fn spec(args: &LocalFaultAdd) -> FaultSpec {
    let effects = [
        args.status.map(|status| reply(status, args)),
        args.hang.then_some(FaultEffect::Hang),
        args.reset.then_some(FaultEffect::Reset),
        args.cut_body.map(FaultEffect::cut_body),
        args.wrong_json.then_some(FaultEffect::WrongJson),
        args.slow_body.map(|piece| FaultEffect::slow_body(piece, PAUSE)),
    ];
    let mut spec = FaultSpec::default();
    spec.operation.clone_from(&args.operation);
    spec.sql = args.sql.then_some(true);
    spec.path.clone_from(&args.path);
    spec.database.clone_from(&args.database);
    spec.nth = args.nth;
    spec.times = args.times;
    spec.probability = args.probability;
    spec.seed = args.chance_seed;
    spec.latency_ms = args.latency;
    spec.effect = effects.into_iter().flatten().next();
    spec.carried_out = args.carried_out;
    spec
}

fn reply(status: u16, args: &LocalFaultAdd) -> FaultEffect {
    let mut reply = FaultEffect::reply(status);
    if let Some(seconds) = args.retry_after {
        reply = reply.retry_after(Duration::from_secs(seconds));
    }
    if let Some(sentence) = &args.message {
        reply = reply.error(sentence);
    }
    if let Some(code) = &args.code {
        reply = reply.code(code);
    }
    reply
}
