//! The records of a file, with the lines they begin in.

use std::{
    fs::File,
    io::{BufReader, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use csv::{Reader, ReaderBuilder, StringRecord};

use super::super::{journal::Position, outcome::counted};
use crate::exit::Failure;

pub(super) struct Records {
    file: PathBuf,
    reader: Reader<File>,
    delimiter: u8,
    /// The reader takes a record for ended at the first byte of `\r\n`, and has not counted the line yet.
    uncounted: u64,
    /// The byte the last record begins at.
    last: u64,
}

impl Records {
    pub(super) fn open(file: &Path, delimiter: char) -> Result<Self> {
        let delimiter = u8::try_from(delimiter).ok().filter(|byte| byte.is_ascii() && !b"\"\r\n".contains(byte));
        let delimiter = delimiter.ok_or_else(|| {
            Failure::usage("--delimiter has to be an ASCII character that is neither a quote nor the end of a line")
        })?;
        let unreadable = || format!("cannot read {}", file.display());
        let opened = File::open(file).with_context(unreadable)?;
        let mut reader = ReaderBuilder::new().delimiter(delimiter).buffer_capacity(1 << 18).from_reader(opened);
        reader.headers().map_err(|error| unfit(file, 0, &error))?;
        let mut next = File::open(file).with_context(unreadable)?;
        next.seek(SeekFrom::Start(reader.position().byte())).with_context(unreadable)?;
        let mut byte = [0];
        let uncounted = u64::from(next.read(&mut byte).with_context(unreadable)? == 1 && byte == *b"\n");
        Ok(Self { file: file.to_owned(), reader, delimiter, uncounted, last: 0 })
    }

    pub(super) fn header(&mut self) -> Result<&StringRecord> {
        Ok(self.reader.headers()?)
    }

    /// Reads the next record; `false` behind the last.
    pub(super) fn next(&mut self, record: &mut StringRecord) -> Result<bool, Failure> {
        let start = self.reader.position().byte();
        let is_there = self.reader.read_record(record).map_err(|error| unfit(&self.file, self.uncounted, &error))?;
        if is_there {
            self.last = start;
        }
        Ok(is_there)
    }

    /// The line a record begins in.
    pub(super) fn line(&self, record: &StringRecord) -> u64 {
        record.position().map_or(1, csv::Position::line) + self.uncounted
    }

    pub(super) fn bytes(&self) -> u64 {
        self.reader.position().byte()
    }

    /// The place behind so many records.
    pub(super) fn place(&self, done: u64) -> Position {
        let position = self.reader.position();
        Position { done, bytes: position.byte(), line: position.line() }
    }

    /// Goes on at a place.
    pub(super) fn seek(&mut self, to: &Position) -> Result<()> {
        if to.bytes > 0 {
            let mut position = csv::Position::new();
            position.set_byte(to.bytes).set_line(to.line).set_record(to.done + 1);
            self.reader.seek(position)?;
        }
        Ok(())
    }

    /// Once all is read: whether the last record is within quotes at the end of the file, so that everything behind the
    /// quote was taken for one field. Yields the line the record begins in.
    pub(super) fn open_quote(&self) -> Result<Option<u64>> {
        let mut rest = File::open(&self.file)?;
        rest.seek(SeekFrom::Start(self.last))?;
        let (mut is_quoted, mut is_fresh, mut is_blank, mut ends) = (false, true, true, 0);
        for byte in BufReader::new(rest).bytes() {
            let byte = byte?;
            // The end of the line before may be at the front.
            ends += u64::from(byte == b'\n' && !is_blank);
            is_blank = is_blank && matches!(byte, b'\n' | b'\r');
            if is_quoted {
                // Twice a quote closes and opens it anew.
                is_quoted = byte != b'"';
                is_fresh = !is_quoted;
            } else {
                is_quoted = byte == b'"' && is_fresh;
                is_fresh = byte == self.delimiter || matches!(byte, b'\n' | b'\r');
            }
        }
        Ok(is_quoted.then(|| self.reader.position().line().saturating_sub(ends)))
    }
}

/// What is wrong with a record, with its line.
fn unfit(file: &Path, uncounted: u64, error: &csv::Error) -> Failure {
    let line = |position: &Option<csv::Position>| position.as_ref().map_or(1, csv::Position::line) + uncounted;
    let problem = match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            format!("line {}: {}, and the header has {expected_len}", line(pos), counted(*len, "field"))
        }
        csv::ErrorKind::Utf8 { pos, err } => format!("line {}: field {} is not UTF-8", line(pos), err.field() + 1),
        _ => error.to_string(),
    };
    Failure::usage(format!("{}: {problem}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines in which the records of a file begin.
    fn lines(text: &str) -> Vec<u64> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        std::fs::write(&file, text).unwrap();
        let mut records = Records::open(&file, ',').unwrap();
        let mut record = StringRecord::new();
        let mut lines = Vec::new();
        while records.next(&mut record).unwrap() {
            lines.push(records.line(&record));
        }
        assert_eq!(records.open_quote().unwrap(), None);
        lines
    }

    #[test]
    fn records_know_their_lines_whatever_ends_them() {
        let text = "a,b\n1,2\n\"3\n\",4\n5,6";
        assert_eq!(lines(text), [2, 3, 5]);
        assert_eq!(lines(&text.replace('\n', "\r\n")), [2, 3, 5]);
    }

    #[test]
    fn a_quote_that_never_ends_is_found_where_it_begins() {
        for ending in ["\n", "\r\n"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("a.csv");
            std::fs::write(&file, "a,b\n1,\"2\"\"\"\n3,\"4\n5,6\n7\"\"\n".replace('\n', ending)).unwrap();
            let mut records = Records::open(&file, ',').unwrap();
            let mut record = StringRecord::new();
            while records.next(&mut record).unwrap() {}
            assert_eq!(records.open_quote().unwrap(), Some(3), "{ending:?}");
        }
    }
}
