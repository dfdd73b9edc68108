//! What the cursor of a stream of a socket sends: entries that are fetched by number.

use std::{iter, mem};

use crate::data::hrana::{CursorEntry, ValueRef};
use crate::data::run::cursor::{Chunk, PIECE_BYTES};
use crate::memory::{Exhausted, Lease};

/// Entries as they are, for whoever takes them by number.
#[derive(Default)]
pub(super) struct Entries {
    entries: Vec<CursorEntry>,
    bytes: usize,
}

impl Chunk for Entries {
    type Sent = Vec<CursorEntry>;

    const LONGEST_BYTES: usize = PIECE_BYTES;

    fn push(&mut self, entry: CursorEntry) {
        self.bytes += entry.wire_size();
        self.entries.push(entry);
    }

    fn push_row(&mut self, row: &[ValueRef<'_>]) -> Result<(), Exhausted> {
        let mut lease = Lease::default();
        lease.grow(ValueRef::wire_size_of(row))?;
        self.push(CursorEntry::Row { row: row.iter().map(ValueRef::to_value).collect(), lease });
        Ok(())
    }

    fn size(&self) -> usize {
        self.bytes
    }

    fn take(&mut self, _: usize) -> impl Iterator<Item = Self::Sent> {
        self.bytes = 0;
        iter::once(mem::take(&mut self.entries))
    }
}
