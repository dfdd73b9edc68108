use anyhow::Result;
use turso_cloud::{DatabaseConfiguration, DatabaseName, DatabasePatch};

use crate::{
    args::{AllowRulesArgs, AllowRulesCommand, DbConfigChange, DbConfigCommand, Switch},
    context::{Context, Weight},
    output::Shape,
    suggest,
};

const CONFIGURATION: Shape = Shape {
    noun: "config",
    name: "size_limit",
    columns: &[
        ("size limit", "size_limit"),
        ("allow attach", "allow_attach"),
        ("block reads", "block_reads"),
        ("block writes", "block_writes"),
        ("protected", "delete_protection"),
        ("ips", "allowed_ips"),
        ("vpcs", "allowed_aws_vpc_ids"),
    ],
    wide: &[],
};

pub(super) async fn run(cx: &Context, command: &DbConfigCommand) -> Result<()> {
    match command {
        DbConfigCommand::Get { name } => show(cx, name).await,
        DbConfigCommand::Set(args) => change(cx, &args.name, patch(&args.change)).await,
    }
}

pub(super) async fn protect(cx: &Context, name: &DatabaseName, switch: Option<Switch>) -> Result<()> {
    match switch {
        None => show(cx, name).await,
        Some(switch) => change(cx, name, DatabasePatch::default().delete_protection(switch.is_on())).await,
    }
}

pub(super) async fn allow_rules(cx: &Context, command: &AllowRulesCommand) -> Result<()> {
    match command {
        AllowRulesCommand::Get { name } => show(cx, name).await,
        AllowRulesCommand::Set { name, rules } => change(cx, name, replace(&rules.ips, &rules.vpcs)).await,
        AllowRulesCommand::Add { name, rules } => {
            let now = configuration(cx, name).await?;
            let added = |now: &[String], more: &[String]| {
                let new = more.iter().filter(|rule| !now.contains(rule));
                now.iter().chain(new).cloned().collect::<Vec<_>>()
            };
            let AllowRulesArgs { ips, vpcs } = rules;
            change(cx, name, replace(&added(&now.allowed_ips, ips), &added(&now.allowed_aws_vpc_ids, vpcs))).await
        }
        AllowRulesCommand::Remove { name, rules } => {
            let now = configuration(cx, name).await?;
            let left = |now: &[String], less: &[String]| {
                now.iter().filter(|rule| !less.contains(rule)).cloned().collect::<Vec<_>>()
            };
            let (ips, vpcs) = (left(&now.allowed_ips, &rules.ips), left(&now.allowed_aws_vpc_ids, &rules.vpcs));
            // Without a last rule everybody may come in: that is what `clear` is for.
            if ips.is_empty() && vpcs.is_empty() {
                return clear(cx, name).await;
            }
            let mut patch = replace(&ips, &vpcs);
            if ips.is_empty() && !now.allowed_ips.is_empty() {
                patch = patch.clear_allowed_ips();
            }
            if vpcs.is_empty() && !now.allowed_aws_vpc_ids.is_empty() {
                patch = patch.clear_allowed_aws_vpc_ids();
            }
            change(cx, name, patch).await
        }
        AllowRulesCommand::Clear { name } => clear(cx, name).await,
    }
}

async fn clear(cx: &Context, name: &DatabaseName) -> Result<()> {
    cx.confirm(&format!("let the database {name} be reached from everywhere"), Weight::Moderate)?;
    change(cx, name, DatabasePatch::default().clear_allowed_ips().clear_allowed_aws_vpc_ids()).await
}

async fn show(cx: &Context, name: &DatabaseName) -> Result<()> {
    cx.out().value(&CONFIGURATION, &configuration(cx, name).await?)
}

async fn configuration(cx: &Context, name: &DatabaseName) -> Result<DatabaseConfiguration> {
    let configuration = cx.client()?.databases().configuration(name.clone()).await;
    suggest::database(cx, "tell the configuration of", name, configuration).await
}

async fn change(cx: &Context, name: &DatabaseName, patch: DatabasePatch) -> Result<()> {
    let changed = cx.client()?.databases().update_configuration(name.clone(), patch).await;
    cx.out().value(&CONFIGURATION, &suggest::database(cx, "configure", name, changed).await?)
}

/// Only lists with something in them: an empty one would be a change of its own.
fn replace(ips: &[String], vpcs: &[String]) -> DatabasePatch {
    let mut patch = DatabasePatch::default();
    if !ips.is_empty() {
        patch = patch.allowed_ips(ips.iter().cloned());
    }
    if !vpcs.is_empty() {
        patch = patch.allowed_aws_vpc_ids(vpcs.iter().cloned());
    }
    patch
}

fn patch(change: &DbConfigChange) -> DatabasePatch {
    let mut patch = DatabasePatch::default();
    patch.size_limit = change.size_limit;
    patch.allow_attach = change.allow_attach.map(Switch::is_on);
    patch.block_reads = change.block_reads.map(Switch::is_on);
    patch.block_writes = change.block_writes.map(Switch::is_on);
    patch
}
