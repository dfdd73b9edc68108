//! The file of a database that becomes a new one.

use std::path::Path;

use anyhow::{Context as _, Result};
use rusqlite::{Connection as Handle, OpenFlags};

use super::{
    journal::Fingerprint,
    outcome::{IMPORTED, Imported},
    stop::Stop,
};
use crate::{args::ImportSqlite, context::Context, exit::Failure, progress};

pub(super) async fn run(cx: &Context, args: &ImportSqlite) -> Result<()> {
    let ImportSqlite { file, destination } = args;
    if !destination.create {
        return Err(Failure::usage("a SQLite file becomes a new database")
            .hint("give --create, or import the dump: sqlite3 FILE .dump > FILE.sql")
            .into());
    }
    let bytes = Fingerprint::of(file)?.bytes();
    let checking = progress::of_file(cx, "checking", file, bytes);
    check(file)?;
    drop(checking);
    destination.check(cx).await?;
    if cx.is_dry_run() {
        cx.notice(format_args!("this would upload {bytes} bytes"));
        return destination.rehearse(cx).await;
    }
    let stop = Stop::listen()?;
    let progress = progress::of_file(cx, "uploading", file, bytes);
    let shown = progress.clone();
    let upload = cx
        .client()?
        .databases()
        .create_from_file(destination.new_database(), file)
        .on_progress(move |progress| shown.set_position(progress.bytes_sent));
    tokio::select! {
        uploaded = upload => {
            uploaded?;
        }
        kind = stop.wait() => {
            let sent = progress.position();
            drop(progress);
            let mut said = format!("interrupted after {sent} of {bytes} bytes");
            match destination.remove(cx).await {
                Ok(()) => said.push_str(", and the database was removed again"),
                Err(left) => { said.push_str("; "); said.push_str(&left); }
            }
            return Err(Failure::new(kind, said).into());
        }
    }
    drop(progress);
    let database = destination.to.clone();
    cx.out().value(&IMPORTED, &Imported { database, table: None, rows: None, statements: None, created: true })
}

/// Whether the content of a file is sound; its header is for the upload to check.
fn check(file: &Path) -> Result<()> {
    // Immutable: nothing is created beside it, and nothing is written to it.
    let uri = url::Url::from_file_path(std::path::absolute(file)?)
        .map_err(|()| Failure::usage(format!("{}: the path cannot be used", file.display())))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let checked = Handle::open_with_flags(format!("{uri}?immutable=1"), flags)
        .and_then(|handle| handle.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)));
    let found = checked.with_context(|| format!("{} is no SQLite database", file.display()))?;
    if found != "ok" {
        let problem = format!("{} is damaged: {found}", file.display());
        return Err(Failure::usage(problem).hint("sqlite3 FILE .recover rescues what can be read").into());
    }
    Ok(())
}
