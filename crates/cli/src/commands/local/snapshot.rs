use anyhow::Result;
use turso_cloud_local::{Snapshot, local_api::NewSnapshot};

use super::remote::Remote;
use crate::{
    args::LocalSnapshot,
    context::{Context, Weight},
    output::Shape,
};

const SNAPSHOT: Shape = Shape {
    noun: "snapshot",
    name: "name",
    columns: &[("name", "name"), ("created", "created_at"), ("databases", "databases"), ("bytes", "bytes")],
    wide: &[],
};

pub(super) async fn run(cx: &Context, command: &LocalSnapshot) -> Result<()> {
    match command {
        LocalSnapshot::List(name) => {
            let snapshots: Vec<Snapshot> = Remote::find(cx, name).await?.get("/_local/snapshots").await?;
            cx.out().list(&SNAPSHOT, &snapshots)
        }
        LocalSnapshot::Save(args) => {
            let remote = Remote::find(cx, &args.instance).await?;
            match remote.post::<Snapshot>("/_local/snapshots", &NewSnapshot::new(&args.snapshot)).await? {
                Some(snapshot) => cx.out().value(&SNAPSHOT, &snapshot),
                None => Ok(()),
            }
        }
        LocalSnapshot::Restore(args) => {
            let remote = Remote::find(cx, &args.instance).await?;
            let loss = format!("put the local cloud {} back to snapshot {}", args.instance.name, args.snapshot);
            cx.confirm(&loss, Weight::Moderate)?;
            remote.order(&format!("{}/restore", path(&args.snapshot))).await?;
            cx.done(format_args!("{} is what it was in {}", args.instance.name, args.snapshot));
            Ok(())
        }
        LocalSnapshot::Delete(args) => {
            let remote = Remote::find(cx, &args.instance).await?;
            cx.confirm(&format!("delete snapshot {}", args.snapshot), Weight::Moderate)?;
            remote.delete(&path(&args.snapshot)).await
        }
    }
}

/// What is no name is refused by the local cloud, if only it gets there.
fn path(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '~' };
    format!("/_local/snapshots/{}", name.chars().map(plain).collect::<String>())
}
