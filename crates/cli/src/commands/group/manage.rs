use anyhow::{Context as _, Result};
use turso_cloud::{GroupId, GroupName, GroupPatch, LocationCode, OrganizationSlug};

use super::GROUP;
use crate::{
    args::{GroupLocationsCommand, Switch},
    context::{Context, Weight},
    exit::{Failure, Kind},
    output::Shape,
    suggest,
};

const PROTECTION: Shape =
    Shape { noun: "group", name: "name", columns: &[("protected", "delete_protection")], wide: &[] };

const RESTORED: Shape = Shape { noun: "group", name: "group.name", columns: &[("name", "group.name")], wide: &[] };

pub(super) async fn rename(cx: &Context, name: &GroupName, to: &GroupName) -> Result<()> {
    let renamed = cx.client_of_organization()?.groups().rename(name.clone(), to.to_string()).await;
    suggest::group(cx, "rename", name, renamed).await?;
    cx.done(format_args!("renamed the group {name} to {to}"));
    Ok(())
}

pub(super) async fn transfer(
    cx: &Context,
    name: &GroupName,
    to: &OrganizationSlug,
    confirm: Option<&str>,
) -> Result<()> {
    let weight = Weight::Severe { name: name.as_str(), confirmed: confirm };
    cx.confirm(&format!("hand the group {name} and all its databases over to {to}"), weight)?;
    let group = cx.client_of_organization()?.groups().transfer(name.clone(), to.to_string()).await;
    cx.out().value(&GROUP, &suggest::group(cx, "transfer", name, group).await?)
}

pub(super) async fn protect(cx: &Context, name: &GroupName, switch: Option<Switch>) -> Result<()> {
    let groups = cx.client_of_organization()?.groups();
    let configuration = match switch {
        None => groups.configuration(name.clone()).await,
        Some(switch) => {
            let patch = GroupPatch::default().delete_protection(switch.is_on());
            groups.update_configuration(name.clone(), patch).await
        }
    };
    cx.out().value(&PROTECTION, &suggest::group(cx, "protect", name, configuration).await?)
}

pub(super) async fn locations(cx: &Context, command: &GroupLocationsCommand) -> Result<()> {
    let groups = cx.client_of_organization()?.groups();
    match command {
        GroupLocationsCommand::Add { group, location, wait } => {
            let changed = groups.add_location(group.clone(), location.clone()).await;
            let changed = changed.with_context(|| format!("cannot add {location} to the group {group}"))?;
            if cx.waits(*wait) {
                until_ready(cx, group, location, "has the new location").await?;
            }
            cx.out().value(&GROUP, &changed)
        }
        GroupLocationsCommand::Remove { group, location } => {
            cx.confirm(&format!("remove the location {location} from the group {group}"), Weight::Moderate)?;
            let changed = groups.remove_location(group.clone(), location.clone()).await;
            cx.out()
                .value(&GROUP, &changed.with_context(|| format!("cannot remove {location} from the group {group}"))?)
        }
        GroupLocationsCommand::Wait { group, location } => {
            let ready = groups.wait_for_location(group.clone(), location.clone()).await;
            ready.with_context(|| format!("{location} of the group {group} is not ready"))?;
            cx.done(format_args!("{location} of the group {group} is ready"));
            Ok(())
        }
    }
}

/// Waits for what was just asked for. That it is not ready yet does not take back what was `done`, and to ask for it again
/// would not be harmless.
pub(super) async fn until_ready(cx: &Context, group: &GroupName, location: &LocationCode, done: &str) -> Result<()> {
    let ready = cx.client_of_organization()?.groups().wait_for_location(group.clone(), location.clone()).await;
    ready.map_err(|error| {
        Failure::new(Kind::Failed, format!("the group {group} {done}, but {location} is not ready"))
            .caused_by(error)
            .hint(format!("tursoctl group locations wait {group} {location}"))
            .into()
    })
}

/// The answer as it comes: the databases that could not be brought back are in it.
pub(super) async fn restore(cx: &Context, id: &GroupId) -> Result<()> {
    let restored = cx.client_of_organization()?.recovery().restore_group(id.clone()).await;
    let restored = restored.with_context(|| format!("cannot restore the group {id}"))?;
    cx.out().value(&RESTORED, &restored)?;
    // In a dry run the answer is made up.
    if restored.failures.is_empty() || cx.is_dry_run() {
        return Ok(());
    }
    let failed: Vec<_> = restored.failures.iter().map(|(database, why)| format!("{database} ({why})")).collect();
    Err(Failure::new(Kind::Partial, format!("not restored: {}", failed.join(", "))).into())
}
