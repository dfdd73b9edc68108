use anyhow::Result;
use http::Method;
use turso_cloud_local::local_api::ServedFork;

use super::remote::Remote;
use crate::{
    args::LocalFork,
    context::{Context, Weight},
    output::Shape,
};

const FORK: Shape = Shape { noun: "fork", name: "id", columns: &[("id", "id"), ("url", "url")], wide: &[] };

const PATH: &str = "/_local/forks";

pub(super) async fn run(cx: &Context, command: &LocalFork) -> Result<()> {
    match command {
        LocalFork::List(name) => {
            let forks: Vec<ServedFork> = Remote::find(cx, name).await?.get(PATH).await?;
            cx.out().list(&FORK, &forks)
        }
        LocalFork::Create(name) => {
            match Remote::find(cx, name).await?.change::<ServedFork>(Method::POST, PATH, None).await? {
                Some(fork) => cx.out().value(&FORK, &fork),
                None => Ok(()),
            }
        }
        LocalFork::Delete { id, instance } => {
            let remote = Remote::find(cx, instance).await?;
            cx.confirm(
                &format!("delete everything in fork {id} of the local cloud {}", instance.name),
                Weight::Moderate,
            )?;
            remote.delete(&format!("{PATH}/{id}")).await
        }
    }
}
