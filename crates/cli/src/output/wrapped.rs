//! Rows for a terminal that is too narrow for them: cells take several lines.

use std::io::Write;

use anstyle::Style;
use anyhow::Result;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::{
    aligned::{BETWEEN_COLUMNS, width},
    grid::Grid,
};

/// Whether at least the titles fit.
pub(super) fn has_room(grid: &Grid, columns: usize) -> bool {
    let titles: Vec<_> = grid.rows().take(1).flatten().map(|title| title.width).collect();
    width(&titles) <= columns
}

/// Writes rows of which the first are titles, which stay in one piece.
pub(super) fn write(out: &mut impl Write, grid: &Grid, columns: usize, style_of_first: Style) -> Result<()> {
    let mut table = Table::new();
    // The last column has nothing behind it.
    let columns = u16::try_from(columns + BETWEEN_COLUMNS).unwrap_or(u16::MAX);
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(columns);
    table.add_rows(grid.rows().map(|row| row.map(|cell| cell.text)));
    let between = u16::try_from(BETWEEN_COLUMNS).unwrap_or_default();
    for (column, title) in table.column_iter_mut().zip(grid.rows().flatten()) {
        let title = u16::try_from(title.width).unwrap_or(u16::MAX).saturating_add(between);
        column.set_padding((0, between));
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(title)));
    }
    for (number, line) in table.lines().enumerate() {
        let style = if number == 0 { style_of_first } else { Style::new() };
        writeln!(out, "{style}{}{style:#}", line.trim_end())?;
    }
    Ok(())
}
