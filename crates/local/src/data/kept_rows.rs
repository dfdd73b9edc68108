//! The rows of a statement that are kept until all of them are there.

use super::hrana::{Column, Value, ValueRef};

#[derive(Default)]
pub(crate) struct KeptRows {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Value>>,
    /// About how many they are on the wire, with the row there was no room for.
    pub(crate) bytes: usize,
}

impl KeptRows {
    /// None so far.
    pub(crate) fn of(columns: Vec<Column>) -> Self {
        Self { columns, ..Self::default() }
    }

    /// Keeps a row if there is room for it; says whether there was.
    pub(crate) fn add(&mut self, row: &[ValueRef<'_>], most_bytes: usize) -> bool {
        self.bytes += row.iter().map(ValueRef::wire_size).sum::<usize>();
        let has_room = self.bytes <= most_bytes;
        if has_room {
            self.rows.push(row.iter().map(ValueRef::to_value).collect());
        }
        has_room
    }
}
