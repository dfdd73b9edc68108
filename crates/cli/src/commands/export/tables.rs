//! A table as text.

use std::io::Write as _;

use anyhow::{Context as _, Result};

use crate::{
    args::ExportFormat,
    context::Context,
    exit::Failure,
    hrana::{Connection, Statement},
    out::Target,
    progress,
    rows::{Mode, RowWriter},
    script::quote_identifier,
};

/// A table that was written.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) rows: u64,
    /// What the file does not have of the table.
    pub(super) loss: Option<String>,
}

/// Writes the rows of a table as they come.
pub(super) async fn write(
    cx: &Context,
    format: ExportFormat,
    connection: &mut Connection,
    target: &mut Target,
    table: &str,
) -> Result<Written> {
    let progress = progress::phase(cx, &format!("exporting table {table}"), None);
    let statement = Statement::new(format!("SELECT * FROM {}", quote_identifier(table)));
    let mut cursor = connection.query(&statement).await.map_err(Failure::from)?;
    let mode = if format == ExportFormat::Csv { Mode::Csv } else { Mode::Jsonl };
    let mut writer = RowWriter::new(Counted { target, bytes: 0 }, mode, None);
    writer.begin(cursor.columns())?;
    let mut rows = 0;
    while let Some(row) = cursor.next().await.map_err(Failure::from)? {
        writer.row(&row).with_context(|| format!("cannot write table {table}"))?;
        rows += 1;
        progress.set_position(writer.out().bytes);
    }
    writer.end()?;
    let loss = writer.loss().map(|loss| format!("table {table:?}: {loss}"));
    target.flush().with_context(|| format!("cannot write table {table}"))?;
    Ok(Written { rows, loss })
}

/// A target and how much was written to it.
struct Counted<'t> {
    target: &'t mut Target,
    bytes: u64,
}

impl std::io::Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.target.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.target.flush()
    }
}
