use anyhow::{Context as _, Result};
use futures_util::{TryStreamExt as _, future::ready};
use turso_cloud::{DatabaseId, DatabaseName, OrganizationSlug};

use crate::{
    args::DbInstances,
    context::{Context, Weight},
    exit::{Failure, Kind},
    output::Shape,
    suggest,
};

/// The characters of a UUID.
const LENGTH_OF_ID: usize = 36;

const INSTANCE: Shape = Shape {
    noun: "instance",
    name: "name",
    columns: &[("name", "name"), ("type", "type"), ("region", "region"), ("hostname", "hostname")],
    wide: &[("id", "uuid")],
};

const DELETED: Shape = Shape {
    noun: "db",
    name: "DbId",
    columns: &[("id", "DbId"), ("name", "Name"), ("group", "group"), ("deleted", "deleted_at")],
    wide: &[("group deleted", "group_deleted_at"), ("hostname", "Hostname")],
};

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

pub(super) async fn restore(cx: &Context, deleted: &str, name: Option<&DatabaseName>) -> Result<()> {
    let recovery = cx.client()?.recovery();
    let id = id_of_deleted(cx, deleted).await?;
    let restored = match name {
        Some(name) => recovery.restore_database_as(id, name),
        None => recovery.restore_database(id),
    };
    cx.out().value(&DELETED, &restored.await.with_context(|| format!("cannot restore the database {deleted}"))?)
}

/// The id that is given, or that of the only deleted database of this name.
async fn id_of_deleted(cx: &Context, deleted: &str) -> Result<DatabaseId> {
    let id = DatabaseId::try_from(deleted);
    if let Ok(id) = &id
        && deleted.len() == LENGTH_OF_ID
    {
        return Ok(id.clone());
    }
    let listing = cx.client()?.recovery().databases_matching(deleted);
    let found: Vec<_> = listing.try_filter(|found| ready(found.name == deleted)).try_collect().await?;
    match (&*found, id) {
        ([only], _) => Ok(only.id.clone()),
        ([], Ok(id)) => Ok(id),
        ([], Err(_)) => {
            Err(Failure::new(Kind::NotFound, format!("no deleted database has the name or id {deleted:?}"))
                .hint("tursoctl db deleted")
                .into())
        }
        (some, _) => {
            let ids: Vec<_> = some.iter().map(|database| database.id.as_str()).collect();
            Err(Failure::usage(format!("several deleted databases had the name {deleted:?}: give an id"))
                .hint(format!("tursoctl db deleted; the ids: {}", ids.join(", ")))
                .into())
        }
    }
}
