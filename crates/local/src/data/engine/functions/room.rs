//! The memory that functions take: the engine counts arguments and answers, but nothing in between.

use std::cell::Cell;

use super::super::limits::MAX_VALUE_BYTES;
use super::arguments::End;
use crate::memory::Tally;

/// What a table of characters takes for each of them while it grows.
const ENTRY: usize = 32;

/// So many characters there are.
const CHARACTERS: usize = char::MAX as usize + 1;

/// The memory of one call.
#[derive(Default)]
pub(super) struct Room(Cell<Tally>);

impl Room {
    /// Makes room for so many bytes, before they are there.
    pub(super) fn take(&self, bytes: usize) -> Result<(), End> {
        let mut tally = self.0.take();
        let taken = tally.add(bytes);
        self.0.set(tally);
        taken.map_err(|_| End::NoMemory)
    }

    /// Makes room for an answer of so many bytes, and refuses one that the engine would refuse; `None` are more than can be
    /// counted.
    pub(super) fn fit(&self, bytes: Option<usize>) -> Result<usize, End> {
        let bytes = bytes.filter(|bytes| *bytes <= MAX_VALUE_BYTES).ok_or(End::TooBig)?;
        self.take(bytes)?;
        Ok(bytes)
    }

    /// Makes room for a table of the characters of a text.
    pub(super) fn table(&self, text: &str) -> Result<(), End> {
        self.take(text.chars().count().min(CHARACTERS) * ENTRY)
    }

    /// The answer that has these characters, and most likely so many bytes.
    pub(super) fn text(&self, bytes: usize, characters: impl Iterator<Item = char>) -> Result<String, End> {
        self.take(bytes)?;
        let mut text = String::with_capacity(bytes);
        for character in characters {
            let missing = (text.len() + character.len_utf8()).saturating_sub(text.capacity());
            if missing > 0 {
                let more = text.capacity().max(missing);
                self.take(more)?;
                text.reserve_exact(more);
            }
            text.push(character);
            if text.len() > MAX_VALUE_BYTES {
                return Err(End::TooBig);
            }
        }
        Ok(text)
    }

    /// Bytes as text, with U+FFFD for those that are no Unicode.
    pub(super) fn unicode(&self, bytes: &[u8]) -> Result<String, End> {
        let parts = || {
            bytes.utf8_chunks().flat_map(|chunk| {
                let bad = if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
                [chunk.valid(), bad]
            })
        };
        let length = parts().map(str::len).sum();
        self.take(length)?;
        let mut text = String::with_capacity(length);
        text.extend(parts());
        Ok(text)
    }
}
