mod manage;

use anyhow::{Context as _, Result};
use futures_util::TryStreamExt as _;
use turso_cloud::{Extensions, GroupName, NewGroup};

use super::tokens;
use crate::{
    args::{GroupCommand, GroupCreate},
    context::{Context, Weight},
    exit::{Failure, Kind},
    output::Shape,
    suggest,
};

const GROUP: Shape = Shape {
    noun: "group",
    name: "name",
    columns: &[
        ("name", "name"),
        ("primary", "primary"),
        ("locations", "locations"),
        ("archived", "archived"),
        ("protected", "delete_protection"),
    ],
    wide: &[("version", "version"), ("id", "uuid")],
};

const DELETED: Shape = Shape {
    noun: "group",
    name: "uuid",
    columns: &[("id", "uuid"), ("name", "name"), ("deleted", "deleted_at"), ("databases", "cascade_databases")],
    wide: &[],
};

/// The group that a new database is to be in: the one asked for, or the only one there is.
pub(super) async fn of_new(cx: &Context, asked: Option<&GroupName>) -> Result<GroupName> {
    if let Some(group) = asked {
        return Ok(group.clone());
    }
    let groups = cx.client()?.groups().list().await?;
    match &*groups {
        [only] => Ok(only.name.clone()),
        [] => Err(Failure::new(Kind::NotFound, "there is no group yet, which a database has to be in")
            .hint("tursoctl group create default --location CODE; the codes: tursoctl location list")
            .into()),
        some => {
            let names: Vec<_> = some.iter().map(|group| group.name.as_str()).collect();
            Err(Failure::usage("there are several groups: choose one")
                .hint(format!("--group, one of {}", names.join(", ")))
                .into())
        }
    }
}

/// Sees whether there is a group that a new database could be in.
pub(super) async fn check_for_new(cx: &Context, group: &GroupName) -> Result<()> {
    let found = cx.client()?.groups().get(group.clone()).await;
    suggest::group(cx, "create a database in", group, found).await.map(drop)
}

pub(super) async fn run(cx: &Context, command: &GroupCommand) -> Result<()> {
    let groups = cx.client_of_organization()?.groups();
    match command {
        GroupCommand::List => cx.out().list(&GROUP, &groups.list().await.map_err(suggest::listing("groups"))?),
        GroupCommand::Get { name } => {
            let group = groups.get(name.clone()).await;
            cx.out().value(&GROUP, &suggest::group(cx, "get", name, group).await?)
        }
        GroupCommand::Create(args) => create(cx, args).await,
        GroupCommand::Delete { name, confirm, if_exists } => {
            let weight = Weight::Severe { name: name.as_str(), confirmed: confirm.as_deref() };
            cx.confirm(&format!("delete the group {name} and all its databases"), weight)?;
            let deleted = if *if_exists {
                groups.delete_if_exists(name.clone()).await
            } else {
                groups.delete(name.clone()).await.map(|_| true)
            };
            if suggest::group(cx, "delete", name, deleted).await? {
                cx.done(format_args!("deleted the group {name}"));
            } else {
                cx.done(format_args!("there is no group {name}"));
            }
            Ok(())
        }
        GroupCommand::Rename { name, to } => manage::rename(cx, name, to).await,
        GroupCommand::Transfer { name, to, confirm } => manage::transfer(cx, name, to, confirm.as_deref()).await,
        GroupCommand::Unarchive { name } => {
            let group = groups.unarchive(name.clone()).await;
            cx.out().value(&GROUP, &suggest::group(cx, "unarchive", name, group).await?)
        }
        GroupCommand::Protect { name, switch } => manage::protect(cx, name, *switch).await,
        GroupCommand::UpdateVersion { name } => {
            let updated = groups.update_version(name.clone()).await;
            suggest::group(cx, "update", name, updated).await?;
            cx.done(format_args!("the group {name} is being updated"));
            Ok(())
        }
        GroupCommand::Locations(command) => manage::locations(cx, command).await,
        GroupCommand::Tokens(command) => tokens::of_group(cx, command).await,
        GroupCommand::Deleted => {
            cx.out().stream(&DELETED, cx.client()?.recovery().groups().map_err(anyhow::Error::from)).await
        }
        GroupCommand::Restore { id } => manage::restore(cx, id).await,
    }
}

async fn create(cx: &Context, args: &GroupCreate) -> Result<()> {
    let groups = cx.client_of_organization()?.groups();
    let mut new = NewGroup::new(args.name.to_string(), args.location.to_string());
    if args.all_extensions {
        new = new.extensions(Extensions::All);
    }
    let group = if args.if_not_exists {
        groups.ensure(new).await.map(turso_cloud::Ensured::into_inner)
    } else {
        groups.create(new).await
    };
    let group = group.with_context(|| format!("cannot create the group {}", args.name))?;
    if cx.waits(args.wait) {
        manage::until_ready(cx, &args.name, &args.location, "is there").await?;
    }
    cx.out().value(&GROUP, &group)
}
