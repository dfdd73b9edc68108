use std::io::Write;

use anyhow::Result;
use serde::Serialize;

use super::{
    Shape,
    fields::{Column, columns},
    grid::Grid,
};

/// Rows with the columns of `wide` or those of `--fields`, under a line of titles.
pub(super) struct Writer<W: Write> {
    rows: csv::Writer<W>,
    columns: Vec<Column>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, shape: &Shape, fields: &[String]) -> Result<Self> {
        let mut writer = Self::headless(out, shape, fields);
        writer.rows.write_record(writer.columns.iter().map(|column| &column.title))?;
        Ok(writer)
    }

    pub(super) fn headless(out: W, shape: &Shape, fields: &[String]) -> Self {
        Self { rows: csv::Writer::from_writer(out), columns: columns(shape, fields, shape.all_columns()) }
    }

    pub(super) fn row<T: Serialize>(&mut self, value: &T) -> Result<()> {
        for row in Grid::of(&self.columns, value)?.rows() {
            self.rows.write_record(row.map(|cell| cell.text))?;
        }
        Ok(())
    }
}
