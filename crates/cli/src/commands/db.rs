mod configuration;
mod connect;
mod create;
mod delete;
mod manage;

use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _};
use turso_cloud::{DatabaseFilter, UsagePeriod};

use super::{tokens, usage};
use crate::{
    args::{DbCommand, DbList},
    context::Context,
    output::Shape,
    suggest,
};

const DATABASE: Shape = Shape {
    noun: "db",
    name: "Name",
    columns: &[
        ("name", "Name"),
        ("group", "group"),
        ("location", "primaryRegion"),
        ("protected", "delete_protection"),
        ("parent", "parent.name"),
    ],
    wide: &[
        ("id", "DbId"),
        ("hostname", "Hostname"),
        ("block reads", "block_reads"),
        ("block writes", "block_writes"),
        ("cipher", "encryption_cipher"),
    ],
};

const CREATED: Shape =
    Shape { noun: "db", name: "Name", columns: &[("name", "Name"), ("hostname", "Hostname")], wide: &[("id", "DbId")] };

const QUERY: Shape = Shape {
    noun: "query",
    name: "query",
    columns: &[("rows read", "rows_read"), ("rows written", "rows_written"), ("query", "query")],
    wide: &[],
};

pub(super) async fn run(cx: &Context, command: &DbCommand) -> Result<()> {
    let databases = cx.client_of_organization()?.databases();
    match command {
        DbCommand::List(args) => list(cx, args).await,
        DbCommand::Get { name } => {
            let database = databases.get(name.clone()).await;
            cx.out().value(&DATABASE, &suggest::database(cx, "get", name, database).await?)
        }
        DbCommand::Create(args) => create::run(cx, args).await,
        DbCommand::Delete(args) => delete::run(cx, args).await,
        DbCommand::Branch(args) => create::branch(cx, args).await,
        DbCommand::Url { name, scheme } => connect::url(cx, name, *scheme).await,
        DbCommand::Env(args) => connect::env(cx, args).await,
        DbCommand::Usage { name, since, until } => {
            let period = match (since, until) {
                (Some(since), Some(until)) => UsagePeriod::between(*since, *until),
                (Some(since), None) => UsagePeriod::since(*since),
                (None, _) => UsagePeriod::default(),
            };
            let used = databases.usage(name.clone(), period).await;
            usage::of_database(cx, &suggest::database(cx, "tell the usage of", name, used).await?)
        }
        DbCommand::Queries { name, since, top } => {
            let queries = match since {
                None => databases.stats(name.clone()).await,
                Some(since) => databases.queries(name.clone(), *since).await,
            };
            let mut queries = suggest::database(cx, "list the statements of", name, queries).await?;
            queries.truncate(top.unwrap_or(usize::MAX));
            cx.out().list(&QUERY, &queries)
        }
        DbCommand::Instances(args) => manage::instances(cx, args).await,
        DbCommand::Tokens(command) => tokens::of_database(cx, command).await,
        DbCommand::Config(command) => configuration::run(cx, command).await,
        DbCommand::AllowRules(command) => configuration::allow_rules(cx, command).await,
        DbCommand::Protect { name, switch } => configuration::protect(cx, name, *switch).await,
        DbCommand::Transfer { name, to, confirm } => manage::transfer(cx, name, to, confirm.as_deref()).await,
        DbCommand::Unarchive { name } => manage::unarchive(cx, name).await,
        DbCommand::Wakeup { name } => {
            let woken = databases.wake_up(name.clone()).await;
            suggest::database(cx, "wake up", name, woken).await?;
            cx.done(format_args!("woke up the database {name}"));
            Ok(())
        }
        DbCommand::Deleted { search } => manage::deleted(cx, search).await,
        DbCommand::Restore { deleted, name } => manage::restore(cx, deleted, name.as_ref()).await,
    }
}

async fn list(cx: &Context, args: &DbList) -> Result<()> {
    let databases = cx.client()?.databases();
    let mut filter = DatabaseFilter::default();
    if let Some(group) = &args.group {
        filter = filter.group(group.to_string());
    }
    if let Some(parent) = &args.parent {
        let found = databases.get(parent.clone()).await;
        filter = filter.parent(suggest::database(cx, "list the copies of", parent, found).await?.id.to_string());
    }
    let mut stream = databases.stream_matching(filter);
    if let Some(limit) =
        args.limit.and_then(|limit| u64::try_from(limit).ok()).filter(|limit| (1..1000).contains(limit))
    {
        stream = stream.page_size(limit);
    }
    let listed = stream.take(args.limit.unwrap_or(usize::MAX)).map_err(suggest::listing("databases"));
    cx.out().stream(&DATABASE, listed).await
}
