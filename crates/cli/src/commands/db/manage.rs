use anyhow::{Context as _, Result};
use futures_util::{StreamExt as _, stream};
use turso_cloud::{DatabaseId, DatabaseName, OrganizationSlug};

use crate::{
    args::{DbDelete, DbInstances},
    commands::suggest,
    context::{Context, Weight},
    many::Failures,
    output::Shape,
};

const INSTANCE: Shape = Shape {
    noun: "instance",
    name: "name",
    columns: &[("name", "name"), ("type", "type"), ("region", "region"), ("hostname", "hostname")],
    wide: &[("uuid", "uuid")],
};

const DELETED: Shape = Shape {
    noun: "db",
    name: "DbId",
    columns: &[("id", "DbId"), ("name", "Name"), ("group", "group"), ("deleted", "deleted_at")],
    wide: &[("group deleted", "group_deleted_at"), ("hostname", "Hostname")],
};

pub(super) async fn delete(cx: &Context, args: &DbDelete) -> Result<()> {
    let names: Vec<_> = args.names.iter().map(DatabaseName::as_str).collect();
    let what = match &*names {
        [one] => format!("delete the database {one}"),
        many => format!("delete {} databases: {}", many.len(), many.join(", ")),
    };
    cx.confirm(&what, Weight::Moderate)?;
    let databases = cx.client()?.databases();
    let deleted = stream::iter(&args.names)
        .map(|name| {
            let databases = databases.clone();
            async move {
                let outcome = if args.if_exists {
                    databases.delete_if_exists(name.clone()).await
                } else {
                    databases.delete(name.clone()).await.map(|()| true)
                };
                (name, suggest::database(cx, "delete", name, outcome).await)
            }
        })
        .buffered(args.concurrency.max(1));

    let mut failures = Failures::of(cx, args.names.len());
    let mut deleted = std::pin::pin!(deleted);
    while let Some((name, outcome)) = deleted.next().await {
        match outcome {
            Ok(true) => cx.done(format_args!("deleted the database {name}")),
            Ok(false) => cx.done(format_args!("there is no database {name}")),
            Err(error) => failures.add(name.as_str(), error),
        }
    }
    failures.done()
}

pub(super) async fn instances(cx: &Context, args: &DbInstances) -> Result<()> {
    let databases = cx.client()?.databases();
    let Some(instance) = &args.instance else {
        let instances = databases.instances(args.name.clone()).await;
        return cx.out().list(&INSTANCE, &suggest::database(cx, "list the instances of", &args.name, instances).await?);
    };
    if args.wait {
        databases.wait_for_instance(args.name.clone(), instance.clone()).await?;
    }
    let found = databases.instance(args.name.clone(), instance.clone()).await;
    let found = found.with_context(|| format!("cannot get the instance {instance} of the database {}", args.name))?;
    cx.out().value(&INSTANCE, &found)
}

pub(super) async fn transfer(
    cx: &Context,
    name: &DatabaseName,
    to: &OrganizationSlug,
    confirm: Option<&str>,
) -> Result<()> {
    let weight = Weight::Severe { name: name.as_str(), confirmed: confirm };
    cx.confirm(&format!("hand the database {name} over to {to}"), weight)?;
    let transferred = cx.client()?.databases().transfer(name.clone(), to.to_string()).await;
    suggest::database(cx, "transfer", name, transferred).await?;
    cx.done(format_args!("the database {name} belongs to {to} now"));
    Ok(())
}

/// Databases are archived with their group.
pub(super) async fn unarchive(cx: &Context, name: &DatabaseName) -> Result<()> {
    let client = cx.client()?;
    let database = client.databases().get(name.clone()).await;
    let group = suggest::database(cx, "unarchive", name, database).await?.group;
    client.groups().unarchive(group.clone()).await.with_context(|| format!("cannot unarchive the group {group}"))?;
    cx.done(format_args!("unarchived the group {group} with the database {name}"));
    Ok(())
}

pub(super) async fn deleted(cx: &Context, search: &str) -> Result<()> {
    let recovery = cx.client()?.recovery();
    let deleted = if search.is_empty() { recovery.databases() } else { recovery.databases_matching(search) };
    cx.out().stream(&DELETED, deleted).await
}

pub(super) async fn restore(cx: &Context, id: &DatabaseId, name: Option<&DatabaseName>) -> Result<()> {
    let recovery = cx.client()?.recovery();
    let restored = match name {
        Some(name) => recovery.restore_database_as(id.clone(), name),
        None => recovery.restore_database(id.clone()),
    };
    cx.out().value(&DELETED, &restored.await.with_context(|| format!("cannot restore the database {id}"))?)
}
