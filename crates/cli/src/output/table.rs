use std::io::Write;

use anstyle::Style;
use anyhow::Result;
use serde::Serialize;

use super::{
    Shape, aligned,
    fields::columns,
    shape::{cell, cells, lookup},
    wrapped,
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

/// What a table is to look like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// With the columns that are not worth one elsewhere.
    pub(super) is_wide: bool,
    pub(super) is_colored: bool,
    /// The columns of the terminal, if one shows it.
    pub(super) width: Option<u16>,
}

/// Many things: a column for each field worth one.
pub(super) fn many<T: Serialize>(
    out: &mut impl Write,
    shape: &Shape,
    fields: &[String],
    values: &[T],
    look: Look,
) -> Result<()> {
    let usual = shape.columns.iter().chain(if look.is_wide { shape.wide } else { &[] }).copied();
    let columns = columns(shape, fields, usual);
    let mut rows = vec![columns.iter().map(|column| column.title.to_uppercase()).collect()];
    for value in values {
        rows.push(cells(&columns, &serde_json::to_value(value)?)?);
    }
    let style = if look.is_colored { Style::new().bold() } else { Style::new() };
    match look.width.map(usize::from).filter(|width| aligned::width(&rows) > *width) {
        Some(width) if wrapped::has_room(&rows, width) => wrapped::write(out, &rows, width, style),
        _ => aligned::write(out, &rows, style),
    }
}

/// A row without a table around it: how wide the others will be is not known.
pub(super) fn line<T: Serialize>(out: &mut impl Write, shape: &Shape, fields: &[String], value: &T) -> Result<()> {
    let value = serde_json::to_value(value)?;
    let columns = columns(shape, fields, shape.columns.iter().copied());
    Ok(writeln!(out, "{}", cells(&columns, &value)?.join("  "))?)
}
