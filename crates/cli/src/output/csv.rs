use std::io::Write;

use anyhow::Result;
use serde::Serialize;

use super::{
    Shape,
    fields::{columns, find},
    shape::cell,
};

/// Rows with the columns of `wide` or those of `--fields`, under a line of titles.
pub(super) struct Writer<W: Write> {
    rows: csv::Writer<W>,
    columns: Vec<(String, String)>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, shape: &Shape, fields: &[String]) -> Result<Self> {
        let mut writer = Self::headless(out, shape, fields)?;
        writer.rows.write_record(writer.columns.iter().map(|(title, _)| title))?;
        Ok(writer)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same form as `new`")]
    pub(super) fn headless(out: W, shape: &Shape, fields: &[String]) -> Result<Self> {
        Ok(Self { rows: csv::Writer::from_writer(out), columns: columns(shape, fields, shape.all_columns()) })
    }

    pub(super) fn row<T: Serialize>(&mut self, value: &T) -> Result<()> {
        let value = serde_json::to_value(value)?;
        self.rows.write_record(self.columns.iter().map(|(_, field)| cell(find(&value, field))))?;
        Ok(())
    }
}
