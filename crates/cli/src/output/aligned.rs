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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(rows: &[&[&str]]) -> String {
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect();
        let mut out = Vec::new();
        write(&mut out, &rows, Style::new()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_stand_under_each_other_by_the_room_they_take_on_a_screen() {
        let text = written(&[&["NAME", "GROUP"], &["東京", "default"], &["é", "eu"]]);
        assert_eq!(text, "NAME  GROUP\n東京  default\né     eu\n");
    }

    #[test]
    fn no_line_ends_in_blanks() {
        assert_eq!(written(&[&["NAME", "PARENT"], &["orders", ""]]), "NAME    PARENT\norders\n");
        assert_eq!(written(&[]), "");
    }
}
