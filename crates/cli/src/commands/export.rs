//! `export`: databases written to files.

mod counts;
mod dump;
mod file;
mod plan;
mod tables;
mod verify;

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{
    args::{ExportArgs, ExportFormat},
    commands::glob::{self, Chosen},
    connect::{self, Access, Rights, connect},
    context::{Context, say},
    exit::{Failure, Kind},
    hrana::Connection,
    many::{Failures, each_once},
    out::{Place, Target},
    output::Shape,
};
use counts::Counts;
pub(super) use dump::copy_dump;
use plan::Plan;

const EXPORTED: Shape = Shape {
    noun: "file",
    name: "path",
    columns: &[("database", "database"), ("table", "table"), ("path", "path"), ("bytes", "bytes"), ("rows", "rows")],
    wide: &[("verified", "verified")],
};

/// A file that was written.
#[derive(Debug, Serialize)]
struct Exported {
    database: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    path: String,
    bytes: u64,
    /// Where they are known: when tables are written one by one, or were counted to verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    verified: bool,
}

pub(crate) async fn run(cx: &Context, args: &ExportArgs) -> Result<()> {
    let databases = databases(cx, args).await?;
    let plan = Plan::new(args, &databases)?;
    let mut written = Vec::new();
    let mut failures = Failures::of(cx, databases.len());
    for database in &databases {
        match export(cx, args, &plan, database).await {
            Ok(files) => written.extend(files),
            Err(error) if databases.len() == 1 => return Err(error),
            Err(error) => failures.add(database, error),
        }
    }
    if !plan.is_standard_output() && !cx.is_dry_run() {
        cx.out().list(&EXPORTED, &written)?;
    }
    failures.done()
}

/// The databases that were asked for.
async fn databases(cx: &Context, args: &ExportArgs) -> Result<Vec<String>> {
    if !args.all && args.glob.is_none() {
        let names = each_once(&args.names);
        names.iter().try_for_each(|name| connect::check(name))?;
        return Ok(names);
    }
    let chosen = Chosen::find(cx, args.glob.as_deref()).await?;
    if chosen.names.is_empty() {
        return Err(glob::not_found(args.glob.as_deref()).into());
    }
    Ok(chosen.names.iter().map(ToString::to_string).collect())
}

async fn export(cx: &Context, args: &ExportArgs, plan: &Plan, database: &str) -> Result<Vec<Exported>> {
    if cx.is_dry_run() {
        return rehearse(cx, args, plan, database).await.map(|()| Vec::new());
    }
    if !args.format.is_by_table() {
        // Before anything is asked of the service.
        plan.whole(database).check()?;
    }
    let mut connection = connect(cx, database, access(args)).await?;
    let exported = if args.format.is_by_table() {
        by_table(cx, args, plan, database, &mut connection).await
    } else {
        let place = plan.whole(database);
        let written = whole(cx, args, &place, database, &mut connection).await;
        written.map(|file| vec![file]).with_context(|| format!("cannot export {database} {place}"))
    };
    connection.close().await;
    exported
}

fn access(args: &ExportArgs) -> Access<'_> {
    Access { rights: Rights::Read, key: &args.key }
}

/// Says what would be written. Which tables there are is only known to whoever may look into the database.
async fn rehearse(cx: &Context, args: &ExportArgs, plan: &Plan, database: &str) -> Result<()> {
    let place = match &args.table {
        Some(table) => plan.table(database, table)?,
        None if args.format.is_by_table() => plan.folder(database),
        None => plan.whole(database),
    };
    if !args.format.is_by_table() || args.table.is_some() {
        place.check()?;
    }
    connect::rehearse(cx, database, access(args)).await?;
    cx.notice(format_args!("this would export {database} {place}"));
    Ok(())
}

async fn whole(
    cx: &Context,
    args: &ExportArgs,
    place: &Place,
    database: &str,
    connection: &mut Connection,
) -> Result<Exported> {
    let before = if args.verify { Some(Counts::read(connection).await?) } else { None };
    let mut target = Target::create(place)?;
    match args.format {
        ExportFormat::Sqlite => file::write(cx, connection, &mut target, database).await?,
        _ => dump::write(cx, connection, &mut target, database).await?,
    }
    let mut rows = None;
    if let Some(before) = before {
        cx.notice(format_args!("verifying {database}"));
        let look = if args.format == ExportFormat::Sqlite { verify::database } else { verify::dump };
        let (looked_at, found) = target.look(look).await?;
        found.compare(&before, connection).await?;
        (target, rows) = (looked_at, Some(found.total()));
    }
    let (path, bytes) = target.close().await?.finish().await?;
    Ok(Exported { database: database.to_owned(), table: None, path, bytes, rows, verified: args.verify })
}

async fn by_table(
    cx: &Context,
    args: &ExportArgs,
    plan: &Plan,
    database: &str,
    connection: &mut Connection,
) -> Result<Vec<Exported>> {
    let names = counts::tables(connection).await?;
    let names = if let Some(table) = &args.table {
        let found = names.into_iter().find(|name| name.eq_ignore_ascii_case(table));
        vec![found.ok_or_else(|| {
            Failure::new(Kind::NotFound, format!("database {database} has no table {table:?}"))
                .hint(format!("tursoctl shell {database} -c .tables"))
        })?]
    } else {
        names
    };
    let places: Vec<_> = names.iter().map(|table| plan.table(database, table)).collect::<Result<_>>()?;
    places.iter().try_for_each(Place::check)?;
    let mut drafts = Vec::new();
    for (table, place) in names.into_iter().zip(&places) {
        let before = if args.verify { Some(Counts::of(connection, &table).await?) } else { None };
        let mut target = Target::create(place)?;
        let written = tables::write(cx, args.format, connection, &mut target, &table).await?;
        if let Some(loss) = written.loss {
            if args.verify {
                return Err(Failure::new(Kind::Different, loss).hint("--format sqlite keeps them").into());
            }
            say(format_args!("warning: {loss}; --format sqlite keeps them"));
        }
        if let Some(before) = before {
            let (format, name) = (args.format, table.clone());
            let look =
                move |draft: &Path, token: &CancellationToken| verify::rows(format, draft, &name, written.rows, token);
            let (looked_at, found) = target.look(look).await?;
            found.compare(&before, connection).await?;
            target = looked_at;
        }
        drafts.push((table, target.close().await?, written.rows));
    }
    // No table gets its file before all of them are written.
    let mut exported = Vec::new();
    for (table, draft, rows) in drafts {
        let (path, bytes) = draft.finish().await?;
        let (database, verified) = (database.to_owned(), args.verify);
        exported.push(Exported { database, table: Some(table), path, bytes, rows: Some(rows), verified });
    }
    Ok(exported)
}
