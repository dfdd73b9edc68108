use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use anyhow::Result;

use super::{fields::Column, shape::Form};

/// Rows of cells. Their texts stand in one, because lists are long.
#[derive(Debug)]
pub(super) struct Grid {
    columns: usize,
    text: String,
    cells: Vec<Span>,
}

/// Where the text of a cell ends, and how much room it takes on a screen.
#[derive(Clone, Copy, Debug)]
struct Span {
    end: usize,
    width: usize,
}

impl Grid {
    /// Without rows so far.
    pub(super) fn new(columns: usize) -> Self {
        Self { columns, text: String::new(), cells: Vec::new() }
    }

    /// A row that says what stands in these columns of a value.
    pub(super) fn of<T: Serialize>(columns: &[Column], value: &T) -> Result<Self> {
        let mut grid = Self::new(columns.len());
        grid.add_value(columns, value)?;
        Ok(grid)
    }

    pub(super) fn add_value<T: Serialize>(&mut self, columns: &[Column], value: &T) -> Result<()> {
        for column in columns {
            column.append(value, Form::Line, &mut self.text)?;
            self.end_cell();
        }
        Ok(())
    }

    pub(super) fn add_row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        for cell in cells {
            self.text.push_str(cell);
            self.end_cell();
        }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = impl Iterator<Item = Cell<'_>>> {
        let mut start = 0;
        self.cells.chunks(self.columns.max(1)).map(move |spans| {
            let first = start;
            start = spans.last().map_or(start, |span| span.end);
            spans.iter().scan(first, |start, span| {
                let text = &self.text[*start..span.end];
                *start = span.end;
                Some(Cell { text, width: span.width })
            })
        })
    }

    /// How wide the widest cell of each column is.
    pub(super) fn widths(&self) -> Vec<usize> {
        let mut widths = vec![0; self.columns];
        for row in self.cells.chunks(self.columns.max(1)) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.width.max(*width);
            }
        }
        widths
    }

    fn end_cell(&mut self) {
        let text = &self.text[self.cells.last().map_or(0, |cell| cell.end)..];
        let width = if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) { text.len() } else { text.width() };
        self.cells.push(Span { end: self.text.len(), width });
    }
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell<'a> {
    pub(super) text: &'a str,
    pub(super) width: usize,
}
