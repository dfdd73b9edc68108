//! The rows of a statement that are kept until all of them are there.

use crate::data::hrana::{Column, Value, ValueRef};
use crate::memory::{Exhausted, Lease};

#[derive(Default)]
pub(crate) struct KeptRows {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Value>>,
    /// About how many they are on the wire, with the row there was no room for.
    pub(crate) bytes: usize,
    /// For all of it.
    pub(crate) lease: Lease,
}

impl KeptRows {
    /// Makes sure that there is memory for a result, before there is one.
    pub(crate) fn make_room(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.lease.grow(bytes)
    }

    /// Begins anew with these columns if there is room for them; says whether there was.
    pub(crate) fn begin(&mut self, columns: Vec<Column>, most_bytes: usize) -> Result<bool, Exhausted> {
        self.rows.clear();
        self.bytes = 0;
        let has_room = self.reserve(columns.iter().map(Column::wire_size).sum(), most_bytes)?;
        if has_room {
            self.columns = columns;
        }
        Ok(has_room)
    }

    /// Keeps a row if there is room for it; says whether there was.
    pub(crate) fn add(&mut self, row: &[ValueRef<'_>], most_bytes: usize) -> Result<bool, Exhausted> {
        let has_room = self.reserve(ValueRef::wire_size_of(row), most_bytes)?;
        if has_room {
            self.rows.push(row.iter().map(ValueRef::to_value).collect());
        }
        Ok(has_room)
    }

    fn reserve(&mut self, bytes: usize, most_bytes: usize) -> Result<bool, Exhausted> {
        self.bytes = self.bytes.saturating_add(bytes);
        let has_room = self.bytes <= most_bytes;
        if has_room {
            self.lease.grow(bytes)?;
        }
        Ok(has_room)
    }
}
