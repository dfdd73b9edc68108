use std::io::Write;

use anstyle::Style;
use anyhow::Result;

use super::grid::Grid;

pub(super) const BETWEEN_COLUMNS: usize = 2;

/// Writes rows so that their cells stand under each other, however long the lines get.
pub(super) fn write(out: &mut impl Write, grid: &Grid, style_of_first: Style) -> Result<()> {
    let widths = grid.widths();
    let mut line = String::new();
    for (number, row) in grid.rows().enumerate() {
        line.clear();
        for (cell, width) in row.zip(&widths) {
            line.push_str(cell.text);
            line.extend(std::iter::repeat_n(' ', width - cell.width + BETWEEN_COLUMNS));
        }
        let line = line.trim_end();
        if number == 0 {
            write!(out, "{style_of_first}{line}{style_of_first:#}")?;
        } else {
            out.write_all(line.as_bytes())?;
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// How wide lines get whose cells are this wide.
pub(super) fn width(cells: &[usize]) -> usize {
    cells.iter().sum::<usize>() + BETWEEN_COLUMNS * cells.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(rows: &[[&str; 2]]) -> String {
        let mut grid = Grid::new(2);
        for row in rows {
            grid.add_row(row.iter().copied());
        }
        let mut out = Vec::new();
        write(&mut out, &grid, Style::new()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_stand_under_each_other_by_the_room_they_take_on_a_screen() {
        let text = written(&[["NAME", "GROUP"], ["東京", "default"], ["é", "eu"]]);
        assert_eq!(text, "NAME  GROUP\n東京  default\né     eu\n");
    }

    #[test]
    fn no_line_ends_in_blanks() {
        assert_eq!(written(&[["NAME", "PARENT"], ["orders", ""]]), "NAME    PARENT\norders\n");
        assert_eq!(written(&[]), "");
    }
}
