mod follow;

use std::{io::Write as _, pin::pin};

use anyhow::{Context as _, Result};
use futures_util::{StreamExt as _, TryStreamExt as _};
use turso_cloud::{AuditCode, AuditLog, AuditLogStream, Client};

use crate::{
    args::{AuditCommand, AuditFilter},
    context::Context,
    out::{Place, Target},
    output::Shape,
    suggest,
};

const ENTRY: Shape = Shape {
    noun: "audit",
    name: "code",
    columns: &[("time", "created_at"), ("code", "code"), ("author", "author"), ("data", "data")],
    wide: &[("origin", "origin"), ("message", "message")],
};

pub(super) async fn run(cx: &Context, command: &AuditCommand) -> Result<()> {
    let client = cx.client_of_organization()?;
    let (AuditCommand::List { filter, .. } | AuditCommand::Tail { filter, .. } | AuditCommand::Export { filter, .. }) =
        command;
    doubt_unknown_codes(cx, filter);
    match command {
        AuditCommand::List { filter, limit } => {
            let listed = entries(client, filter).take(*limit).map_err(suggest::listing("audit logs"));
            cx.out().stream(&ENTRY, listed).await
        }
        AuditCommand::Tail { filter, lines, follow: true, interval } => {
            follow::run(cx, client, filter, *lines, *interval).await
        }
        AuditCommand::Tail { filter, lines, follow: false, .. } => {
            let listed = entries(client, filter).take(*lines).map_err(suggest::listing("audit logs"));
            let mut newest: Vec<AuditLog> = listed.try_collect().await?;
            newest.reverse();
            cx.out().list(&ENTRY, &newest)
        }
        AuditCommand::Export { filter, out, overwrite } => {
            let place = Place::new(out, *overwrite);
            place.check()?;
            if cx.is_dry_run() {
                cx.notice(format_args!("this would export audit logs {place}"));
                return Ok(());
            }
            let count =
                export(client, filter, &place).await.with_context(|| format!("cannot export audit logs {place}"))?;
            cx.done(format_args!("wrote {count} entries {place}"));
            Ok(())
        }
    }
}

/// The service may have got codes since; most that are not known are mistyped.
fn doubt_unknown_codes(cx: &Context, filter: &AuditFilter) {
    for code in filter.codes.iter().filter(|code| matches!(code, AuditCode::Unknown(_))) {
        let closest = suggest::closest(code.as_str(), AuditCode::KNOWN.iter().map(AuditCode::as_str));
        let meant = closest.map(|known| format!("; did you mean {known}?")).unwrap_or_default();
        cx.notice(format_args!("{code} is no code that is known here{meant}"));
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

async fn export(client: &Client, filter: &AuditFilter, place: &Place) -> Result<u64> {
    let mut target = Target::create(place)?;
    let mut entries = pin!(entries(client, filter));
    let mut count = 0;
    while let Some(entry) = entries.try_next().await? {
        writeln!(target, "{}", serde_json::to_string(&entry)?)?;
        count += 1;
    }
    target.close().await?.finish().await?;
    Ok(count)
}
