use std::io::Write;

use anstyle::Style;
use anyhow::Result;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::Value;

use super::{
    Shape,
    fields::{columns, find, unknown},
    shape::{cell, lookup},
};

/// One thing: a line for each field it has.
pub(super) fn one<T: Serialize>(out: &mut impl Write, shape: &Shape, fields: &[String], value: &T) -> Result<()> {
    let value = serde_json::to_value(value)?;
    let mut table = bare();
    if fields.is_empty() {
        // The fields worth a column come first, the others in the order of the alphabet.
        let columns: Vec<_> = shape.all_columns().filter(|(_, field)| lookup(&value, field).is_some()).collect();
        for (title, field) in &columns {
            table.add_row([(*title).to_owned(), cell(lookup(&value, field))]);
        }
        let is_shown = |key: &str| columns.iter().any(|(_, field)| *field == key);
        for (key, value) in value.as_object().into_iter().flatten().filter(|(key, _)| !is_shown(key)) {
            table.add_row([key.clone(), cell(Some(value))]);
        }
    }
    for field in fields {
        let (title, path) = columns(shape, std::slice::from_ref(field), std::iter::empty()).remove(0);
        let found = find(&value, &path).ok_or_else(|| unknown(shape, field, &value))?;
        table.add_row([title, cell(Some(found))]);
    }
    write(out, &table, false)
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
    let mut table = bare();
    table.set_header(columns.iter().map(|(title, _)| title.to_uppercase()));
    for value in values {
        let value: Value = serde_json::to_value(value)?;
        table.add_row(columns.iter().map(|(_, field)| cell(find(&value, field))));
    }
    write(out, &table, is_colored)
}

/// A row without a table around it: how wide the others will be is not known.
pub(super) fn line<T: Serialize>(out: &mut impl Write, shape: &Shape, fields: &[String], value: &T) -> Result<()> {
    let value = serde_json::to_value(value)?;
    let columns = columns(shape, fields, shape.columns.iter().copied());
    let cells: Vec<_> = columns.iter().map(|(_, field)| cell(find(&value, field))).collect();
    Ok(writeln!(out, "{}", cells.join("  "))?)
}

fn bare() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

fn write(out: &mut impl Write, table: &Table, is_header_bold: bool) -> Result<()> {
    let bold = if is_header_bold { Style::new().bold() } else { Style::new() };
    for (number, line) in table.lines().enumerate() {
        let line = line.trim();
        match number {
            0 => writeln!(out, "{bold}{line}{bold:#}")?,
            _ => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}
