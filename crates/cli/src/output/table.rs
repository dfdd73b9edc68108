use std::io::Write;

use anstyle::Style;
use anyhow::Result;
use serde::Serialize;

use super::{
    Shape, aligned,
    fields::columns,
    shape::{cell, cells, lookup},
};

/// One thing: a line for each field it has.
pub(super) fn one<T: Serialize>(out: &mut impl Write, shape: &Shape, fields: &[String], value: &T) -> Result<()> {
    let value = serde_json::to_value(value)?;
    let mut rows = Vec::new();
    if fields.is_empty() {
        // The fields worth a column come first, the others in the order of the alphabet.
        let columns: Vec<_> = shape.all_columns().filter(|(_, field)| lookup(&value, field).is_some()).collect();
        for (title, field) in &columns {
            rows.push(vec![(*title).to_owned(), cell(lookup(&value, field))]);
        }
        let is_shown = |key: &str| columns.iter().any(|(_, field)| field.split('.').next() == Some(key));
        for (key, value) in value.as_object().into_iter().flatten().filter(|(key, _)| !is_shown(key)) {
            rows.push(vec![key.clone(), cell(Some(value))]);
        }
    }
    for column in columns(shape, fields, std::iter::empty()) {
        let found = column.of(&value)?.map(|value| cell(Some(value))).unwrap_or_default();
        rows.push(vec![column.title, found]);
    }
    aligned::write(out, &rows, Style::new())
}

/// Many things: a column for each field worth one.
pub(super) fn many<T: Serialize>(
    out: &mut impl Write,
    shape: &Shape,
    fields: &[String],
    values: &[T],
    is_wide: bool,
    is_colored: bool,
) -> Result<()> {
    let usual = shape.columns.iter().chain(if is_wide { shape.wide } else { &[] }).copied();
    let columns = columns(shape, fields, usual);
    let mut rows = vec![columns.iter().map(|column| column.title.to_uppercase()).collect()];
    for value in values {
        rows.push(cells(&columns, &serde_json::to_value(value)?)?);
    }
    aligned::write(out, &rows, if is_colored { Style::new().bold() } else { Style::new() })
}

/// A row without a table around it: how wide the others will be is not known.
pub(super) fn line<T: Serialize>(out: &mut impl Write, shape: &Shape, fields: &[String], value: &T) -> Result<()> {
    let value = serde_json::to_value(value)?;
    let columns = columns(shape, fields, shape.columns.iter().copied());
    Ok(writeln!(out, "{}", cells(&columns, &value)?.join("  "))?)
}
