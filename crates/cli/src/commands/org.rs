mod billing;
mod invites;
mod jwks;
mod members;

use anyhow::{Context as _, Result};
use serde::Serialize;
use turso_cloud::{NewOrganization, OrganizationPatch};

use super::usage;
use crate::{
    args::{OrgCommand, OrgUpdate, Switch},
    context::{Context, Weight},
    output::Shape,
    suggest,
};

const ORGANIZATION: Shape = Shape {
    noun: "org",
    name: "slug",
    columns: &[("slug", "slug"), ("name", "name"), ("type", "type"), ("plan", "plan_id"), ("overages", "overages")],
    wide: &[
        ("blocked reads", "blocked_reads"),
        ("blocked writes", "blocked_writes"),
        ("require mfa", "require_mfa"),
        ("platform", "platform"),
    ],
};

const QUOTA: Shape = Shape {
    noun: "limit",
    name: "resource",
    columns: &[
        ("plan", "plan"),
        ("resource", "resource"),
        ("used", "used"),
        ("limit", "limit"),
        ("percent", "percent"),
    ],
    wide: &[],
};

/// How much of the plan is used.
#[derive(Serialize)]
struct Quota {
    plan: String,
    resource: &'static str,
    used: u64,
    /// Nothing where there is none.
    limit: Option<u64>,
    percent: Option<u64>,
}

pub(super) async fn run(cx: &Context, command: &OrgCommand) -> Result<()> {
    match command {
        OrgCommand::List => cx.out().list(&ORGANIZATION, &cx.client()?.organizations().list().await?),
        OrgCommand::Get { slug } => {
            let slug = slug.clone().map_or_else(|| cx.organization(), Ok)?;
            let organization = cx.client()?.organizations().get(slug.clone()).await;
            cx.out().value(
                &ORGANIZATION,
                &organization.map_err(suggest::organization(format!("cannot get the organization {slug}")))?,
            )
        }
        OrgCommand::Create { name, check } => {
            let organizations = cx.client()?.organizations();
            let new = NewOrganization::new(name);
            let created = if *check { organizations.check_create(new) } else { organizations.create(new) };
            let created = created.await.with_context(|| format!("cannot create the organization {name}"))?;
            cx.out().value(&ORGANIZATION, &created)
        }
        OrgCommand::Update(args) => update(cx, args).await,
        OrgCommand::Delete { slug, confirm } => {
            let weight = Weight::Severe { name: slug.as_str(), confirmed: confirm.as_deref() };
            cx.confirm(&format!("delete the organization {slug} with all its groups and databases"), weight)?;
            let deleted = cx.client()?.organizations().delete(slug.clone()).await;
            deleted.map_err(suggest::organization(format!("cannot delete the organization {slug}")))?;
            cx.done(format_args!("deleted the organization {slug}"));
            Ok(())
        }
        OrgCommand::Usage => usage::of_organization(cx, &cx.client_of_organization()?.billing().usage().await?),
        OrgCommand::Plan => cx.out().list(&QUOTA, &quotas(cx).await?),
        OrgCommand::Plans => billing::plans(cx).await,
        OrgCommand::Subscription => billing::subscription(cx).await,
        OrgCommand::Invoices(command) => billing::invoices(cx, command).await,
        OrgCommand::Billing(command) => billing::customer(cx, command).await,
        OrgCommand::Members(command) => members::run(cx, command).await,
        OrgCommand::Invites(command) => invites::run(cx, command).await,
        OrgCommand::Jwks(command) => jwks::run(cx, command).await,
    }
}

async fn update(cx: &Context, args: &OrgUpdate) -> Result<()> {
    let slug = cx.organization()?;
    let mut patch = OrganizationPatch::default();
    patch.overages = args.overages.map(Switch::is_on);
    patch.require_mfa = args.require_mfa.map(Switch::is_on);
    patch.restore_enabled = args.restore.map(Switch::is_on);
    let updated = cx.client()?.organizations().update(slug.clone(), patch).await;
    cx.out().value(
        &ORGANIZATION,
        &updated.map_err(suggest::organization(format!("cannot change the organization {slug}")))?,
    )
}

async fn quotas(cx: &Context) -> Result<Vec<Quota>> {
    let limits = cx.client_of_organization()?.billing().limits().await?;
    let (usage, quotas) = (&limits.usage.usage, &limits.quotas);
    let quota = |resource, used, limit: Option<u64>| Quota {
        plan: limits.plan.clone(),
        resource,
        used,
        limit,
        percent: limit.filter(|limit| *limit > 0).map(|limit| used.saturating_mul(100) / limit),
    };
    Ok(vec![
        quota("rows read", usage.rows_read, Some(quotas.rows_read)),
        quota("rows written", usage.rows_written, Some(quotas.rows_written)),
        quota("storage bytes", usage.storage_bytes, Some(quotas.storage)),
        quota("synced bytes", usage.bytes_synced, Some(quotas.bytes_synced)),
        quota("databases", usage.databases, quotas.databases),
        quota("groups", usage.groups, Some(quotas.groups)),
        quota("locations", usage.locations, Some(quotas.locations)),
    ])
}
