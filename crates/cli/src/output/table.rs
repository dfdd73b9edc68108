use std::io::Write;

use anstyle::Style;
use anyhow::Result;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use console::measure_text_width;
use serde::Serialize;

use super::{
    Shape,
    fields::{Column, columns},
    shape::{cell, cells, lookup},
};

/// The blanks on both sides of a cell.
const PADDING: usize = 2;

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
        let is_shown = |key: &str| columns.iter().any(|(_, field)| field.split('.').next() == Some(key));
        for (key, value) in value.as_object().into_iter().flatten().filter(|(key, _)| !is_shown(key)) {
            table.add_row([key.clone(), cell(Some(value))]);
        }
    }
    for column in columns(shape, fields, std::iter::empty()) {
        let found = column.of(&value)?.map(|value| cell(Some(value))).unwrap_or_default();
        table.add_row([column.title, found]);
    }
    write(out, &table, false)
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
    let mut table = bare();
    table.set_header(columns.iter().map(|column| column.title.to_uppercase()));
    for value in values {
        table.add_row(cells(&columns, &serde_json::to_value(value)?)?);
    }
    fit(&mut table, &columns, look.width);
    write(out, &table, look.is_colored)
}

/// Has cells take several lines where the terminal is too narrow, unless not even the titles have room.
fn fit(table: &mut Table, columns: &[Column], width: Option<u16>) {
    let least: usize = columns.iter().map(|column| measure_text_width(&column.title) + PADDING).sum();
    let Some(width) = width.filter(|width| least <= usize::from(*width)) else { return };
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    for (column, Column { title, .. }) in table.column_iter_mut().zip(columns) {
        let title = u16::try_from(measure_text_width(title) + PADDING).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(title)));
    }
}

/// A row without a table around it: how wide the others will be is not known.
pub(super) fn line<T: Serialize>(out: &mut impl Write, shape: &Shape, fields: &[String], value: &T) -> Result<()> {
    let value = serde_json::to_value(value)?;
    let columns = columns(shape, fields, shape.columns.iter().copied());
    Ok(writeln!(out, "{}", cells(&columns, &value)?.join("  "))?)
}

fn bare() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

fn write(out: &mut impl Write, table: &Table, is_header_bold: bool) -> Result<()> {
    let bold = if is_header_bold { Style::new().bold() } else { Style::new() };
    for (number, line) in table.lines().enumerate() {
        // Every column begins with a blank, which the first one has no use for.
        let line = line.strip_prefix(' ').unwrap_or(&line).trim_end();
        match number {
            0 => writeln!(out, "{bold}{line}{bold:#}")?,
            _ => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}
