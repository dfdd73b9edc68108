use std::io::Write;

use anstyle::Style;
use anyhow::Result;
use serde::Serialize;

use super::{
    Shape, aligned,
    fields::{Column, columns},
    grid::Grid,
    shape::{Form, cell, lookup, title},
    wrapped,
};

/// One thing: a line for each field it has.
pub(super) fn one<T: Serialize>(out: &mut impl Write, shape: &Shape, fields: &[String], value: &T) -> Result<()> {
    let value = serde_json::to_value(value)?;
    let mut grid = Grid::new(2);
    if fields.is_empty() {
        // The fields worth a column come first, the others in the order of the alphabet.
        let columns: Vec<_> = shape.all_columns().filter(|(_, field)| lookup(&value, field).is_some()).collect();
        for (title, field) in &columns {
            grid.add_row([title, &*cell(lookup(&value, field), Form::Line)]);
        }
        let is_shown = |key: &str| columns.iter().any(|(_, field)| field.split('.').next() == Some(key));
        for (key, value) in value.as_object().into_iter().flatten().filter(|(key, _)| !is_shown(key)) {
            grid.add_row([&*title(key), &*cell(Some(value), Form::Line)]);
        }
    }
    for column in columns(shape, fields, std::iter::empty()) {
        let found = column.of(&value)?.map(|value| cell(Some(value), Form::Line)).unwrap_or_default();
        grid.add_row([&*column.title, &*found]);
    }
    aligned::write(out, &grid, Style::new())
}

/// What a table is to look like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) is_colored: bool,
    /// The columns of the terminal, if one shows it.
    pub(super) width: Option<u16>,
}

/// Many things: a column for each field worth one.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<Column>,
    grid: Grid,
}

impl Table {
    /// Only titles so far. `is_wide` adds the columns that are not worth one elsewhere.
    pub(super) fn new(shape: &Shape, fields: &[String], is_wide: bool) -> Self {
        let usual = shape.columns.iter().chain(if is_wide { shape.wide } else { &[] }).copied();
        let columns = columns(shape, fields, usual);
        let mut grid = Grid::new(columns.len());
        let titles: Vec<_> = columns.iter().map(|column| column.title.to_uppercase()).collect();
        grid.add_row(titles.iter().map(String::as_str));
        Self { columns, grid }
    }

    pub(super) fn add<T: Serialize>(&mut self, value: &T) -> Result<()> {
        self.grid.add_value(&self.columns, value)
    }

    pub(super) fn write(&self, out: &mut impl Write, look: Look) -> Result<()> {
        let style = if look.is_colored { Style::new().bold() } else { Style::new() };
        let lines = aligned::width(&self.grid.widths());
        match look.width.map(usize::from).filter(|width| lines > *width) {
            Some(width) if wrapped::has_room(&self.grid, width) => wrapped::write(out, &self.grid, width, style),
            _ => aligned::write(out, &self.grid, style),
        }
    }
}

/// A row without a table around it: how wide the others will be is not known.
pub(super) fn line<T: Serialize>(out: &mut impl Write, shape: &Shape, fields: &[String], value: &T) -> Result<()> {
    let columns = columns(shape, fields, shape.columns.iter().copied());
    for row in Grid::of(&columns, value)?.rows() {
        writeln!(out, "{}", row.map(|cell| cell.text).collect::<Vec<_>>().join("  "))?;
    }
    Ok(())
}
