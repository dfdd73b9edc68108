use std::{pin::pin, time::Duration};

use anyhow::Result;
use futures_util::{TryStreamExt as _, stream};
use jiff::Timestamp;
use turso_cloud::{AuditLog, Client};

use super::ENTRY;
use crate::{args::AuditFilter, context::Context, stdout};

/// Writes the newest entries, and then each new one as it comes.
pub(super) async fn run(
    cx: &Context,
    client: &Client,
    filter: &AuditFilter,
    lines: usize,
    interval: Duration,
) -> Result<()> {
    let mut position = Position::default();
    let mut fresh = begin(client, filter, lines, &mut position).await?;
    loop {
        fresh.reverse();
        let admitted = fresh.into_iter().filter(|entry| admits(filter, entry));
        cx.out().lines(&ENTRY, stream::iter(admitted.map(anyhow::Ok))).await?;
        if stdout::is_closed() {
            return Ok(());
        }
        tokio::time::sleep(interval).await;
        fresh = position.advance(client).await?;
    }
}

/// The newest entries that the filter admits, newest first. The filter is not the stream's: what it leaves out counts for
/// the position, or a filter that nothing passes would have the whole log read again and again.
async fn begin(client: &Client, filter: &AuditFilter, lines: usize, position: &mut Position) -> Result<Vec<AuditLog>> {
    let mut log = client.audit_logs().stream();
    if let Some(since) = filter.since {
        log = log.since(since);
    }
    let mut log = pin!(log);
    let mut newest = Vec::new();
    while let Some(entry) = log.try_next().await? {
        let is_behind = !position.note(&entry);
        if newest.len() < lines && admits(filter, &entry) {
            newest.push(entry);
        }
        if is_behind && newest.len() >= lines {
            break;
        }
    }
    Ok(newest)
}

/// The newest instant of the log that was read. Entries have no id: those of that instant are told apart by their content.
#[derive(Debug, Default)]
struct Position {
    time: Option<Timestamp>,
    entries: Vec<AuditLog>,
}

impl Position {
    /// Takes entries newest first; says whether this one belongs to the newest instant.
    fn note(&mut self, entry: &AuditLog) -> bool {
        let is_newest = *self.time.get_or_insert(entry.created_at) == entry.created_at;
        if is_newest {
            self.entries.push(entry.clone());
        }
        is_newest
    }

    /// The entries that have come since, newest first.
    async fn advance(&mut self, client: &Client) -> Result<Vec<AuditLog>> {
        let mut log = client.audit_logs().stream();
        if let Some(time) = self.time {
            log = log.since(time);
        }
        let all: Vec<AuditLog> = log.try_collect().await?;
        let fresh: Vec<_> = all.into_iter().filter(|entry| !self.entries.contains(entry)).collect();
        if let Some(newest) = fresh.first().filter(|newest| self.time.is_none_or(|time| newest.created_at > time)) {
            *self = Self { time: Some(newest.created_at), entries: Vec::new() };
        }
        // An answer without what was there before takes nothing away: it is still known what was shown.
        for entry in &fresh {
            self.note(entry);
        }
        Ok(fresh)
    }
}

fn admits(filter: &AuditFilter, entry: &AuditLog) -> bool {
    filter.since.is_none_or(|since| entry.created_at >= since)
        && filter.until.is_none_or(|until| entry.created_at < until)
        && (filter.codes.is_empty() || filter.codes.contains(&entry.code))
        && filter.author.as_ref().is_none_or(|author| *author == entry.author)
}
