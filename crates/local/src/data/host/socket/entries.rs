//! What the cursor of a stream of a socket sends: entries that are fetched by number.

use std::{iter, mem};

use crate::data::hrana::{CursorEntry, ValueRef};
use crate::data::run::cursor::{Chunk, PIECE_BYTES};
use crate::memory::{Exhausted, Lease};

/// An entry, measured once.
pub(super) struct Entry {
    pub(super) content: CursorEntry,
    /// About how many bytes it takes on the wire.
    pub(super) bytes: usize,
}

impl From<CursorEntry> for Entry {
    fn from(content: CursorEntry) -> Self {
        Self { bytes: content.wire_size(), content }
    }
}

/// Entries as they are, for whoever takes them by number.
#[derive(Default)]
pub(super) struct Entries {
    entries: Vec<Entry>,
    bytes: usize,
}

impl Chunk for Entries {
    type Sent = Vec<Entry>;

    const LONGEST_BYTES: usize = PIECE_BYTES;

    fn push(&mut self, entry: CursorEntry) {
        let entry = Entry::from(entry);
        self.bytes += entry.bytes;
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
