use anyhow::{Context as _, Result};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use turso_cloud::DatabaseName;

use crate::{
    args::DbDelete,
    commands::glob::{self, Chosen},
    context::{Context, Weight},
    exit::Report,
    many::{Failures, each_once, listed},
    output::Shape,
    suggest,
};

const DELETION: Shape = Shape {
    noun: "db",
    name: "name",
    columns: &[("name", "name"), ("outcome", "outcome"), ("error", "error")],
    wide: &[],
};

/// What became of a database.
#[derive(Debug, Serialize)]
struct Deletion<'a> {
    name: &'a DatabaseName,
    outcome: End,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum End {
    Deleted,
    /// It was not there.
    Absent,
    Failed,
}

pub(super) async fn run(cx: &Context, args: &DbDelete) -> Result<()> {
    let names = confirmed(cx, args).await?;
    let deleted = stream::iter(&names)
        .map(async |name| (name, delete(cx, args, name, names.len()).await))
        .buffered(args.concurrency.max(1));
    let mut deleted = std::pin::pin!(deleted);
    let mut failures = Failures::of(cx, names.len());
    let mut deletions = Vec::new();
    while let Some((name, outcome)) = deleted.next().await {
        let (outcome, error) = match outcome {
            Ok(true) => (End::Deleted, None),
            Ok(false) => (End::Absent, None),
            Err(error) => {
                let said = Report::of(&error).message().to_owned();
                failures.add(name.as_str(), error);
                (End::Failed, Some(said))
            }
        };
        deletions.push(Deletion { name, outcome, error });
        if !cx.out().is_structured() {
            tell(cx, name, outcome);
        }
    }
    if cx.out().is_structured() {
        cx.out().list(&DELETION, &deletions)?;
    }
    failures.done()
}

/// The databases to delete, once somebody has agreed to it.
async fn confirmed(cx: &Context, args: &DbDelete) -> Result<Vec<DatabaseName>> {
    let Some(pattern) = &args.glob else {
        let names = each_once(&args.names);
        cx.confirm(&action(&names), Weight::Moderate)?;
        return Ok(names);
    };
    let Chosen { names, are_all } = Chosen::find(cx, Some(pattern)).await?;
    match &*names {
        [] if args.if_exists => cx.done(glob::nothing_like(Some(pattern))),
        [] => return Err(glob::not_found(Some(pattern)).into()),
        all if are_all => confirm_all(cx, args, pattern, all)?,
        some => cx.confirm(&action(some), Weight::Moderate)?,
    }
    Ok(names)
}

/// A pattern that any name matches says nothing of what is to go: then it takes the organization's.
fn confirm_all(cx: &Context, args: &DbDelete, pattern: &str, names: &[DatabaseName]) -> Result<()> {
    let organization = cx.organization()?;
    let which = match names.len() {
        1 => "the only database".to_owned(),
        count => format!("all {count} databases"),
    };
    let action = format!("delete {which} of the organization {organization}: {}", listed(names));
    let weight = if glob::says_nothing(pattern) {
        Weight::Severe { name: organization.as_str(), confirmed: args.confirm.as_deref() }
    } else {
        Weight::Moderate
    };
    cx.confirm(&action, weight)
}

fn action(names: &[DatabaseName]) -> String {
    match names {
        [one] => format!("delete the database {one}"),
        many => format!("delete {} databases: {}", many.len(), listed(many)),
    }
}

/// Yields whether it was there. One that is gone since it was found is as good as deleted.
async fn delete(cx: &Context, args: &DbDelete, name: &DatabaseName, total: usize) -> Result<bool> {
    let databases = cx.client()?.databases();
    let deleted = if args.if_exists || args.glob.is_some() {
        databases.delete_if_exists(name.clone()).await
    } else {
        databases.delete(name.clone()).await.map(|()| true)
    };
    if total == 1 {
        return suggest::database(cx, "delete", name, deleted).await;
    }
    // Among many, there is no room for what else each may have been called.
    deleted.with_context(|| format!("cannot delete the database {name}"))
}

fn tell(cx: &Context, name: &DatabaseName, outcome: End) {
    match outcome {
        End::Deleted => cx.done(format_args!("deleted the database {name}")),
        End::Absent => cx.done(format_args!("there is no database {name}")),
        End::Failed => {}
    }
}
