//! The floor of a server of SQL: the same engine, called without one, on one thread.

use std::{
    ops::Range,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use rusqlite::Connection;

use crate::measured::{Figures, named};

/// How many rows the table of reads has.
pub(crate) const ROWS: usize = 1_000_000;

/// What makes that table and its rows, in statements of ten thousand rows each.
pub(crate) fn fill(rows: Range<usize>) -> impl Iterator<Item = String> {
    let make = "CREATE TABLE IF NOT EXISTS points(id INTEGER PRIMARY KEY, v TEXT NOT NULL)".to_owned();
    std::iter::once(make).chain(rows.clone().step_by(10_000).map(move |first| {
        let last = (first + 10_000).min(rows.end);
        format!(
            "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {last}) \
             INSERT INTO points SELECT i, 'value of row ' || i FROM n"
        )
    }))
}

/// As the local cloud opens its files.
pub(crate) fn open(file: &Path) -> Result<Connection> {
    let connection = Connection::open(file)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
    Ok(connection)
}

/// Runs a statement again and again, as a server has to: prepared anew each time.
pub(crate) fn repeat(connection: &Connection, sql: &str, seconds: f64) -> Result<Figures> {
    let (started, limit) = (Instant::now(), Duration::from_secs_f64(seconds));
    let mut times = 0_u64;
    while started.elapsed() < limit {
        drain(connection, sql)?;
        times += 1;
    }
    let taken = started.elapsed().as_secs_f64();
    Ok([("per_second", times as f64 / taken), ("p50_us", taken * 1e6 / times as f64)].map(named).into())
}

fn drain(connection: &Connection, sql: &str) -> Result<()> {
    let mut statement = connection.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            row.get_ref(column)?;
        }
    }
    Ok(())
}
