//! What a cursor sends in one go, in the form in which it is taken.

use std::mem;

use bytes::Bytes;

use super::codec::Encoding;
use super::hrana::{CursorEntry, ValueRef};

/// Entries that belong together only because they were produced together.
pub(crate) trait Chunk: Send + 'static {
    /// What is sent.
    type Sent: Send + 'static;

    fn push(&mut self, entry: CursorEntry);
    fn push_row(&mut self, row: &[ValueRef<'_>]);

    /// About how many bytes there are.
    fn size(&self) -> usize;

    /// Empties it, and makes room for about as many bytes as are to come.
    fn take(&mut self, room: usize) -> Self::Sent;
}

/// Entries as they are, for whoever takes them by number.
#[derive(Default)]
pub(crate) struct Entries {
    entries: Vec<CursorEntry>,
    bytes: usize,
}

impl Chunk for Entries {
    type Sent = Vec<CursorEntry>;

    fn push(&mut self, entry: CursorEntry) {
        self.bytes += entry.wire_size();
        self.entries.push(entry);
    }

    fn push_row(&mut self, row: &[ValueRef<'_>]) {
        self.push(CursorEntry::Row { row: row.iter().map(ValueRef::to_value).collect() });
    }

    fn size(&self) -> usize {
        self.bytes
    }

    fn take(&mut self, _: usize) -> Self::Sent {
        self.bytes = 0;
        mem::take(&mut self.entries)
    }
}

/// Entries as they are on the wire.
pub(crate) struct Written {
    encoding: Encoding,
    buffer: Vec<u8>,
}

impl Written {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self { encoding, buffer: Vec::new() }
    }
}

impl Chunk for Written {
    type Sent = Bytes;

    fn push(&mut self, entry: CursorEntry) {
        self.encoding.write_entry(entry, &mut self.buffer);
    }

    fn push_row(&mut self, row: &[ValueRef<'_>]) {
        self.encoding.write_row(row, &mut self.buffer);
    }

    fn size(&self) -> usize {
        self.buffer.len()
    }

    fn take(&mut self, room: usize) -> Self::Sent {
        mem::replace(&mut self.buffer, Vec::with_capacity(room)).into()
    }
}
