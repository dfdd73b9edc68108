//! What a cursor sends in one go, in the form in which it is taken.

use std::{iter, mem};

use bytes::Bytes;

use crate::data::host::Encoding;
use crate::data::hrana::{CursorEntry, ValueRef};
use crate::memory::{Exhausted, Lease, counted};

/// Entries that belong together only because they were produced together.
pub(crate) trait Chunk: Send + 'static {
    /// What is sent.
    type Sent: Send + 'static;

    /// How long one gets.
    const LONGEST_BYTES: usize;

    fn push(&mut self, entry: CursorEntry);
    fn push_row(&mut self, row: &[ValueRef<'_>]) -> Result<(), Exhausted>;

    /// About how many bytes there are.
    fn size(&self) -> usize;

    /// Empties it into pieces that are taken one by one, and makes room for about as many bytes as are to come.
    fn take(&mut self, room: usize) -> impl Iterator<Item = Self::Sent>;
}

/// How long a piece gets: the longer, the faster a client has to be that is not taken for gone.
const PIECE_BYTES: usize = 64 * 1024;

/// Entries as they are, for whoever takes them by number.
#[derive(Default)]
pub(crate) struct Entries {
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

/// Entries as they are on the wire.
pub(crate) struct Written {
    encoding: Encoding,
    buffer: Vec<u8>,
    lease: Lease,
}

impl Written {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self { encoding, buffer: Vec::new(), lease: Lease::default() }
    }
}

impl Chunk for Written {
    type Sent = Bytes;

    /// The longer, the fewer times whoever sends it is woken.
    const LONGEST_BYTES: usize = 4 * PIECE_BYTES;

    fn push(&mut self, entry: CursorEntry) {
        self.encoding.write_entry(entry, &mut self.buffer);
    }

    fn push_row(&mut self, row: &[ValueRef<'_>]) -> Result<(), Exhausted> {
        let bytes = ValueRef::wire_size_of(row);
        self.lease.grow(bytes)?;
        // A long row would have it grow to twice as much as it takes.
        if bytes > PIECE_BYTES {
            self.buffer.reserve_exact(bytes);
        }
        self.encoding.write_row(row, &mut self.buffer);
        Ok(())
    }

    fn size(&self) -> usize {
        self.buffer.len()
    }

    fn take(&mut self, room: usize) -> impl Iterator<Item = Self::Sent> {
        let mut rest = counted(mem::replace(&mut self.buffer, Vec::with_capacity(room)));
        self.lease = Lease::default();
        // Of one size, so that no crumb is left.
        let size = rest.len().div_ceil(rest.len().div_ceil(PIECE_BYTES).max(1));
        iter::from_fn(move || (!rest.is_empty()).then(|| rest.split_to(rest.len().min(size))))
    }
}
