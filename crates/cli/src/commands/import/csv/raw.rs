//! The bytes that records are made of.

use std::io::{self, Read, Seek, SeekFrom};

use crate::commands::input::Cursor;

/// A file, and what was read of it from the record on that is being taken apart: the reader of CSV does not tell which fields
/// were within quotes.
pub(super) struct Tap {
    file: Cursor,
    kept: Vec<u8>,
    /// The place in the file of what is kept.
    start: u64,
    /// The place before which nothing is needed any more.
    passed: u64,
    /// So much of one record is read and no more: behind a quote that never ends, all of the file is one.
    pub(super) most: usize,
}

impl Tap {
    pub(super) fn on(file: Cursor, most: usize) -> Self {
        Self { file, kept: Vec::new(), start: 0, passed: 0, most }
    }

    /// Whether what is kept is too much.
    pub(super) fn is_full(&self) -> bool {
        self.kept.len() >= self.most
    }

    pub(super) fn pass(&mut self, place: u64) {
        self.passed = place;
    }

    pub(super) fn between(&self, start: u64, end: u64) -> &[u8] {
        self.kept.get(self.at(start)..self.at(end)).unwrap_or_default()
    }

    /// What was kept from a place on.
    pub(super) fn from(&self, start: u64) -> &[u8] {
        self.between(start, u64::MAX)
    }

    fn at(&self, place: u64) -> usize {
        usize::try_from(place.saturating_sub(self.start)).unwrap_or(usize::MAX).min(self.kept.len())
    }
}

impl Read for Tap {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let gone = self.at(self.passed);
        self.kept.drain(..gone);
        self.start += gone as u64;
        // The reader asks for more only where all of this is of the record that it is at.
        if self.is_full() {
            return Err(io::Error::other("a record is too long"));
        }
        let room = bytes.len().min(self.most - self.kept.len());
        let read = self.file.read(bytes.get_mut(..room).unwrap_or_default())?;
        self.kept.extend_from_slice(bytes.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl Seek for Tap {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = self.file.seek(to)?;
        // With the byte before, which may be the first of the two that end a line.
        self.kept.clear();
        self.start = place.saturating_sub(1);
        self.passed = self.start;
        self.file.seek(SeekFrom::Start(self.start))?;
        (&mut self.file).take(place - self.start).read_to_end(&mut self.kept)?;
        Ok(place)
    }
}

/// Whether a place in a record is within quotes.
pub(super) struct Quotes {
    delimiter: u8,
    pub(super) is_open: bool,
    may_open: bool,
}

impl Quotes {
    pub(super) fn new(delimiter: u8) -> Self {
        Self { delimiter, is_open: false, may_open: true }
    }

    pub(super) fn pass(&mut self, byte: u8) {
        if self.is_open {
            // Twice a quote closes and opens it anew.
            self.is_open = byte != b'"';
            self.may_open = !self.is_open;
        } else {
            self.is_open = byte == b'"' && self.may_open;
            self.may_open = byte == self.delimiter || matches!(byte, b'\n' | b'\r');
        }
    }
}

/// Within quotes, the line in which they opened; otherwise none. `line` is that of the first byte.
pub(super) fn open_quote(raw: &[u8], delimiter: u8, mut line: u64) -> Option<u64> {
    let (mut quotes, mut opened, mut has_closed) = (Quotes::new(delimiter), line, false);
    for byte in raw.iter().copied() {
        let was_open = quotes.is_open;
        quotes.pass(byte);
        if quotes.is_open && !was_open && !has_closed {
            opened = line;
        }
        has_closed = was_open && !quotes.is_open;
        line += u64::from(byte == b'\n');
    }
    quotes.is_open.then_some(opened)
}

/// Which fields of a record begin with a quote.
pub(super) fn quoted(raw: &[u8], delimiter: u8) -> Vec<bool> {
    let (mut fields, mut quotes, mut begins) = (Vec::new(), Quotes::new(delimiter), true);
    // The end of the line before may be at the front.
    for byte in raw.iter().copied().skip_while(|byte| matches!(byte, b'\n' | b'\r')) {
        if begins {
            fields.push(byte == b'"');
        }
        begins = byte == delimiter && !quotes.is_open;
        quotes.pass(byte);
    }
    fields
}
