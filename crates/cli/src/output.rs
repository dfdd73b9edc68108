//! Data on its way out: one value or a list, in the format asked for. Only data is written to standard output.

mod aligned;
mod cells;
mod csv;
mod fields;
mod grid;
mod json;
mod shape;
mod table;
mod truth;
mod wrapped;
pub(crate) mod yaml;

use std::{
    collections::BTreeMap,
    io::{self, Write},
    pin::pin,
};

use anyhow::Result;
use futures_util::{Stream, StreamExt as _};
use serde::Serialize;

use crate::{
    args::{Format, GlobalArgs},
    stdout,
};
pub(crate) use shape::{Shape, URL};
pub(crate) use truth::Truth;

/// Where data goes, and how it looks.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    fields: Vec<String>,
    truth: Truth,
}

impl Output {
    pub(crate) fn new(flags: &GlobalArgs, format: Option<Format>) -> Self {
        let format = format.unwrap_or(Format::Table);
        Self { format, fields: flags.fields.clone(), truth: Truth::default() }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// What of each thing is wanted; everything where it is empty.
    pub(crate) fn fields(&self) -> &[String] {
        &self.fields
    }

    /// Whether a program is to read it, so that a secret comes with its fields rather than bare.
    pub(crate) fn is_structured(&self) -> bool {
        matches!(self.format, Format::Json | Format::Jsonl | Format::Yaml | Format::Csv)
    }

    /// What knows whether the data of commands is real.
    pub(crate) fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The same, but with a truth of its own: for what a dry run itself has to show.
    pub(crate) fn of_dry_run(&self) -> Self {
        Self { format: self.format, fields: self.fields.clone(), truth: Truth::default() }
    }

    /// The same, but with JSON in place of a table: for things whose columns nobody knows.
    pub(crate) fn or_json(&self) -> Self {
        let format = if self.is_structured() { self.format } else { Format::Json };
        Self { format, fields: self.fields.clone(), truth: self.truth.clone() }
    }

    /// One thing.
    pub(crate) fn value<T: Serialize>(&self, shape: &Shape, value: &T) -> Result<()> {
        if !self.truth.lets_write() {
            return Ok(());
        }
        let mut out = stdout::lock();
        match self.format {
            Format::Table | Format::Wide => table::one(&mut out, shape, &self.fields, value)?,
            Format::Json => json::pretty(&mut out, &self.fields, shape, value)?,
            Format::Jsonl => json::line(&mut out, &self.fields, shape, value)?,
            Format::Yaml => yaml::one(&mut out, &self.fields, shape, value)?,
            Format::Csv => csv::Writer::new(&mut out, shape, &self.fields)?.row(value)?,
            Format::Name => shape.write_name(&mut out, value)?,
        }
        Ok(out.flush()?)
    }

    /// One thing that consists of others. In a table they follow as one of their own, in place of the `fields` that have
    /// them or say again what is said already.
    pub(crate) fn value_with_parts<T: Serialize, U: Serialize>(
        &self,
        shape: &Shape,
        value: &T,
        fields: &[&str],
        shape_of_parts: &Shape,
        parts: &[U],
    ) -> Result<()> {
        if !matches!(self.format, Format::Table | Format::Wide) || !self.fields.is_empty() {
            return self.value(shape, value);
        }
        let mut whole = serde_json::to_value(value)?;
        if let Some(object) = whole.as_object_mut() {
            object.retain(|field, _| !fields.contains(&&**field));
        }
        self.value(shape, &whole)?;
        if parts.is_empty() {
            return Ok(());
        }
        self.text("")?;
        self.list(shape_of_parts, parts)
    }

    /// Some things.
    pub(crate) fn list<T: Serialize>(&self, shape: &Shape, values: &[T]) -> Result<()> {
        if !self.truth.lets_write() {
            return Ok(());
        }
        let mut out = stdout::lock();
        match self.format {
            Format::Table | Format::Wide => {
                let mut table = self.table(shape);
                values.iter().try_for_each(|value| table.add(value))?;
                drop(out);
                return Self::lay_out(&table);
            }
            Format::Json => json::pretty_list(&mut out, &self.fields, shape, values)?,
            Format::Yaml => yaml::many(&mut out, &self.fields, shape, values)?,
            Format::Jsonl => {
                values.iter().try_for_each(|value| json::line(&mut out, &self.fields, shape, value))?;
            }
            Format::Csv => {
                let mut writer = csv::Writer::new(&mut out, shape, &self.fields)?;
                values.iter().try_for_each(|value| writer.row(value))?;
            }
            Format::Name => values.iter().try_for_each(|value| shape.write_name(&mut out, value))?,
        }
        Ok(out.flush()?)
    }

    /// Things that arrive page by page: the formats of lines write each one as it comes.
    pub(crate) async fn stream<T, E>(&self, shape: &Shape, values: impl Stream<Item = Result<T, E>>) -> Result<()>
    where
        T: Serialize,
        E: Into<anyhow::Error>,
    {
        if matches!(self.format, Format::Jsonl | Format::Csv | Format::Name) {
            if self.format == Format::Csv {
                self.list::<T>(shape, &[])?;
            }
            return self.lines(shape, values).await;
        }
        let mut values = pin!(values);
        if matches!(self.format, Format::Table | Format::Wide) {
            let mut table = self.table(shape);
            while let Some(value) = values.next().await {
                table.add(&value.map_err(Into::into)?)?;
            }
            if !self.truth.lets_write() {
                return Ok(());
            }
            return Self::lay_out(&table);
        }
        let mut all = Vec::new();
        while let Some(value) = values.next().await {
            all.push(value.map_err(Into::into)?);
        }
        self.list(shape, &all)
    }

    /// Things that are to be seen as they come, for as long as it takes and somebody reads: each is a line, or a document
    /// of YAML.
    pub(crate) async fn lines<T, E>(&self, shape: &Shape, values: impl Stream<Item = Result<T, E>>) -> Result<()>
    where
        T: Serialize,
        E: Into<anyhow::Error>,
    {
        let mut values = pin!(values);
        while let Some(value) = values.next().await {
            self.line(shape, &value.map_err(Into::into)?)?;
            if stdout::is_closed() {
                break;
            }
        }
        Ok(())
    }

    /// One thing that is to be seen while the command goes on: a line, or a document of YAML.
    pub(crate) fn line<T: Serialize>(&self, shape: &Shape, value: &T) -> Result<()> {
        if !self.truth.lets_write() {
            return Ok(());
        }
        let mut out = stdout::lock();
        match self.format {
            Format::Table | Format::Wide => table::line(&mut out, shape, &self.fields, value)?,
            Format::Csv => csv::Writer::headless(&mut out, shape, &self.fields).row(value)?,
            Format::Name => shape.write_name(&mut out, value)?,
            Format::Yaml => yaml::document(&mut out, &self.fields, shape, value)?,
            Format::Json | Format::Jsonl => json::line(&mut out, &self.fields, shape, value)?,
        }
        Ok(out.flush()?)
    }

    /// Text that is the whole answer: for a program, as the field that names such a thing.
    pub(crate) fn bare(&self, shape: &Shape, text: &str) -> Result<()> {
        if self.is_structured() {
            return self.value(shape, &BTreeMap::from([(shape.name, text)]));
        }
        self.text(text)
    }

    /// Text that is the whole answer, such as a token or a URL, with a line end behind it.
    pub(crate) fn text(&self, text: &str) -> Result<()> {
        if !self.truth.lets_write() {
            return Ok(());
        }
        let mut out = stdout::lock();
        writeln!(out, "{text}")?;
        Ok(out.flush()?)
    }

    /// Bytes as they are.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<()> {
        if !self.truth.lets_write() {
            return Ok(());
        }
        let mut out = stdout::lock();
        out.write_all(bytes)?;
        Ok(out.flush()?)
    }

    fn table(&self, shape: &Shape) -> table::Table {
        table::Table::new(shape, &self.fields, self.format == Format::Wide)
    }

    fn lay_out(table: &table::Table) -> Result<()> {
        let is_colored = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
        let mut out = stdout::lock_for_text();
        table.write(&mut out, table::Look { is_colored, width: stdout::width() })?;
        Ok(out.flush()?)
    }
}
