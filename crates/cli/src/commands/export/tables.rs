//! A table as text.

use std::{collections::BTreeMap, io::Write as _};

use anyhow::{Context as _, Result};

use super::target::Target;
use crate::{
    args::ExportFormat,
    context::Context,
    exit::Failure,
    hrana::{Connection, Statement, Value},
    progress,
    rows::{Mode, RowWriter},
    script::quote_identifier,
};

/// A table that was written.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) rows: u64,
    /// How many values of each column were infinite, which neither the protocol nor the format can say.
    infinite: BTreeMap<String, u64>,
}

impl Written {
    fn add(&mut self, columns: &[String], row: &[Value]) {
        self.rows += 1;
        for (column, value) in columns.iter().zip(row) {
            if matches!(value, Value::Real(number) if !number.is_finite()) {
                *self.infinite.entry(column.clone()).or_default() += 1;
            }
        }
    }

    /// What the file does not have of the table.
    pub(super) fn loss(&self, table: &str, format: ExportFormat) -> Option<String> {
        if self.infinite.is_empty() {
            return None;
        }
        let columns: Vec<_> = self.infinite.iter().map(|(column, count)| format!("{column:?} ({count})")).collect();
        let stand_in = if format == ExportFormat::Csv { "NaN" } else { "null" };
        Some(format!("table {table:?}: infinite numbers are {stand_in} in the file, in column {}", columns.join(", ")))
    }
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
    let columns = cursor.columns().to_vec();
    writer.begin(&columns)?;
    let mut written = Written::default();
    while let Some(row) = cursor.next().await.map_err(Failure::from)? {
        writer.row(&row).with_context(|| format!("cannot write table {table}"))?;
        written.add(&columns, &row);
        progress.set_position(writer.out().bytes);
    }
    writer.end()?;
    target.flush().with_context(|| format!("cannot write table {table}"))?;
    Ok(written)
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
