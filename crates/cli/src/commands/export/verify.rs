//! A look at what was exported, before it gets its name.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

use anyhow::{Context as _, Result};
use csv::StringRecord;
use rusqlite::{Connection as Handle, limits::Limit};
use tokio_util::sync::CancellationToken;

use super::counts::{self, Counts};
use crate::{
    args::ExportFormat,
    commands::{import::Records, input::Input, tables::count_of},
    exit::{Failure, Kind},
    script::{Item, ScriptReader, Source},
};

/// After so many steps of the engine it is asked whether anybody still waits.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

/// The file of a database: it is sound, and its rows are counted.
pub(super) fn database(path: &Path, token: &CancellationToken) -> Result<Counts> {
    sound(&open(path, token).context("the exported file cannot be opened")?)
}

/// A dump: it makes a database that is sound.
pub(super) fn dump(path: &Path, token: &CancellationToken) -> Result<Counts> {
    let folder = tempfile::tempdir().context("cannot write a temporary file")?;
    let handle = open(&folder.path().join("verify.db"), token).context("cannot write a temporary file")?;
    handle.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
    let mut script = ScriptReader::new(BufReader::new(File::open(path)?));
    while let Some(item) = script.next().context("the exported dump")? {
        nobody_waits(token)?;
        let source = match item {
            Item::Statement(source) => source,
            Item::Command(source) => {
                let Source { line, text, .. } = source;
                let problem =
                    format!("the exported dump, line {line}: {text} is a command of the sqlite3 shell, not SQL");
                return Err(different(problem).into());
            }
        };
        handle
            .execute_batch(&source.text)
            .map_err(|error| different(format!("the exported dump does not run, line {}: {error}", source.line)))?;
    }
    drop(handle);
    // The schema was written by hand where there are virtual tables: it is read anew.
    sound(&open(&folder.path().join("verify.db"), token)?)
}

/// The rows of one table as text: all of them are there, and can be read.
pub(super) fn rows(
    format: ExportFormat,
    path: &Path,
    table: &str,
    written: u64,
    token: &CancellationToken,
) -> Result<Counts> {
    let mut found = 0;
    if format == ExportFormat::Csv {
        // As it would be imported.
        let mut records = Records::open(&Input::open(path)?, b',', None, usize::MAX)?;
        let mut record = StringRecord::new();
        while records.next(&mut record).map_err(|error| different(format!("table {table:?} is no CSV: {error}")))? {
            nobody_waits(token)?;
            found += 1;
        }
    } else {
        for line in BufReader::new(File::open(path)?).lines() {
            let row: Result<BTreeMap<String, serde_json::Value>, _> = serde_json::from_str(&line?);
            row.map_err(|error| different(format!("table {table:?} is no JSON: {error}")))?;
            nobody_waits(token)?;
            found += 1;
        }
    }
    if found != written {
        return Err(different(format!("table {table:?}: {written} rows were written, and {found} can be read")).into());
    }
    Ok(Counts(BTreeMap::from([(table.to_owned(), found)])))
}

/// Opens a file whose indexes and rules may call what databases can call. What is in it was written by whoever owns the
/// database, and reaches no other file: neither by ATTACH nor by VACUUM, which attaches what it writes into.
fn open(path: &Path, token: &CancellationToken) -> rusqlite::Result<Handle> {
    let handle = Handle::open(path)?;
    let token = token.clone();
    handle.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || token.is_cancelled()));
    handle.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0);
    turso_cloud_local::install_functions(&handle)?;
    Ok(handle)
}

fn sound(handle: &Handle) -> Result<Counts> {
    let unreadable = |error: rusqlite::Error| different(format!("what was exported is not sound: {error}"));
    let check: String = handle.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(unreadable)?;
    if check != "ok" {
        return Err(different(format!("what was exported is not sound: {check}")).into());
    }
    let mut statement = handle.prepare(&counts::query()).map_err(unreadable)?;
    let tables: Vec<String> =
        statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(unreadable)?;
    let mut counts = BTreeMap::new();
    for table in tables {
        let count = handle.query_row(&count_of(&table), [], |row| row.get(0)).map_err(unreadable)?;
        counts.insert(table, count);
    }
    Ok(Counts(counts))
}

/// Fails where nobody will see how.
fn nobody_waits(token: &CancellationToken) -> Result<()> {
    if token.is_cancelled() { Err(Failure::new(Kind::Interrupted, "interrupted").into()) } else { Ok(()) }
}

fn different(problem: String) -> Failure {
    Failure::new(Kind::Different, problem)
}
