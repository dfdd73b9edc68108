use std::io::Write;

use anyhow::Result;
use serde::Serialize;

use super::{
    Shape,
    fields::{Column, columns},
    shape::Form,
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
        let mut text = String::new();
        for column in &self.columns {
            text.clear();
            column.append(value, Form::Whole, &mut text)?;
            self.rows.write_field(&text)?;
        }
        Ok(self.rows.write_record(None::<&[u8]>)?)
    }
}
