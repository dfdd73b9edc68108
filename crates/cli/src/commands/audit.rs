use std::{collections::VecDeque, future::ready, io::Write as _, pin::pin};

use anyhow::{Context as _, Result};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use turso_cloud::{AuditLog, AuditLogStream, Client};

use crate::{
    args::{AuditCommand, AuditFilter},
    context::Context,
    files::WholeFile,
    output::Shape,
};

const ENTRY: Shape = Shape {
    noun: "audit",
    name: "code",
    columns: &[("time", "created_at"), ("code", "code"), ("author", "author"), ("data", "data")],
    wide: &[("origin", "origin"), ("message", "message")],
};

pub(super) async fn run(cx: &Context, command: &AuditCommand) -> Result<()> {
    let client = cx.client_of_organization()?;
    match command {
        AuditCommand::List { filter, limit } => cx.out().stream(&ENTRY, entries(client, filter).take(*limit)).await,
        AuditCommand::Tail { filter, lines, follow, interval } => {
            let mut newest: Vec<AuditLog> = entries(client, filter).take(*lines).try_collect().await?;
            newest.reverse();
            if !follow {
                return cx.out().list(&ENTRY, &newest);
            }
            follow_log(cx, client, filter, newest, *interval).await
        }
        AuditCommand::Export { filter, out } => {
            let count = export(client, filter, out).await?;
            cx.done(format_args!("wrote {count} entries to {}", out.display()));
            Ok(())
        }
    }
}

fn entries(client: &Client, filter: &AuditFilter) -> AuditLogStream {
    let mut stream = client.audit_logs().stream();
    if let Some(since) = filter.since {
        stream = stream.since(since);
    }
    if let Some(until) = filter.until {
        stream = stream.until(until);
    }
    if !filter.codes.is_empty() {
        stream = stream.only(filter.codes.clone());
    }
    match &filter.author {
        Some(author) => stream.author(author),
        None => stream,
    }
}

/// Writes what is there, and then what comes. An entry has no id: those of the newest instant are told apart by
/// their content.
async fn follow_log(
    cx: &Context,
    client: &Client,
    filter: &AuditFilter,
    first: Vec<AuditLog>,
    interval: std::time::Duration,
) -> Result<()> {
    let mut filter = filter.clone();
    let mut seen: VecDeque<AuditLog> = VecDeque::new();
    let mut fresh = first;
    loop {
        if let Some(newest) = fresh.last() {
            filter.since = Some(newest.created_at);
            seen.retain(|entry| entry.created_at == newest.created_at);
            seen.extend(fresh.iter().filter(|entry| entry.created_at == newest.created_at).cloned());
        }
        let written = stream::iter(fresh.into_iter().map(anyhow::Ok));
        cx.out().lines(&ENTRY, written).await?;
        tokio::time::sleep(interval).await;
        let is_new = |entry: &AuditLog| ready(!seen.contains(entry));
        fresh = entries(client, &filter).try_filter(is_new).try_collect().await?;
        fresh.reverse();
    }
}

async fn export(client: &Client, filter: &AuditFilter, out: &std::path::Path) -> Result<u64> {
    let cannot_write = || format!("cannot write {}", out.display());
    let mut file = WholeFile::create(out).with_context(cannot_write)?;
    let mut entries = pin!(entries(client, filter));
    let mut count = 0;
    while let Some(entry) = entries.try_next().await? {
        let line = serde_json::to_string(&entry)?;
        writeln!(file, "{line}").with_context(cannot_write)?;
        count += 1;
    }
    file.finish().with_context(cannot_write)?;
    Ok(count)
}
