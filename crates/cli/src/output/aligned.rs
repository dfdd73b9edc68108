use std::io::Write;

use anstyle::Style;
use anyhow::Result;
use unicode_width::UnicodeWidthStr as _;

pub(super) const BETWEEN_COLUMNS: usize = 2;

/// Writes rows so that their cells stand under each other, however long the lines get.
pub(super) fn write(out: &mut impl Write, rows: &[Vec<String>], style_of_first: Style) -> Result<()> {
    let widths = widths(rows);
    let mut line = String::new();
    for (number, row) in rows.iter().enumerate() {
        line.clear();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            let missing = width - cell.width() + BETWEEN_COLUMNS;
            line.extend(std::iter::repeat_n(' ', missing));
        }
        let (line, style) = (line.trim_end(), if number == 0 { style_of_first } else { Style::new() });
        writeln!(out, "{style}{line}{style:#}")?;
    }
    Ok(())
}

/// How wide the lines get.
pub(super) fn width(rows: &[Vec<String>]) -> usize {
    let widths = widths(rows);
    widths.iter().sum::<usize>() + BETWEEN_COLUMNS * widths.len().saturating_sub(1)
}

/// How wide the widest cell of each column is.
fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let mut widths = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    widths
}
