//! The records of a file, with the lines they begin in.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use csv::{Reader, ReaderBuilder, StringRecord};

use super::super::journal::Position;
use crate::{exit::Failure, many::counted};

pub(super) struct Records {
    file: PathBuf,
    reader: Reader<Tap>,
    delimiter: u8,
    null: Option<String>,
    /// Which fields of the last record are within quotes, where it takes that to tell an empty text from NULL.
    quoted: Vec<bool>,
    /// The reader takes a record for ended at the first byte of `\r\n`, and has not counted the line yet.
    uncounted: u64,
    /// The byte the last record begins at.
    last: u64,
}

impl Records {
    /// `null` is the field that stands for NULL, within quotes or not; without it, one of nothing at all does.
    pub(super) fn open(file: &Path, delimiter: char, null: Option<&str>) -> Result<Self> {
        let delimiter = u8::try_from(delimiter).ok().filter(|byte| byte.is_ascii() && !b"\"\r\n".contains(byte));
        let delimiter = delimiter.ok_or_else(|| {
            Failure::usage("--delimiter has to be an ASCII character that is neither a quote nor the end of a line")
        })?;
        let unreadable = || format!("cannot read {}", file.display());
        let opened = File::open(file).with_context(unreadable)?;
        let mut reader =
            ReaderBuilder::new().delimiter(delimiter).buffer_capacity(1 << 18).from_reader(Tap::on(opened));
        reader.headers().map_err(|error| unfit(file, 0, &error))?;
        let mut next = File::open(file).with_context(unreadable)?;
        next.seek(SeekFrom::Start(reader.position().byte())).with_context(unreadable)?;
        let mut byte = [0];
        let uncounted = u64::from(next.read(&mut byte).with_context(unreadable)? == 1 && byte == *b"\n");
        let null = null.map(str::to_owned);
        Ok(Self { file: file.to_owned(), reader, delimiter, null, quoted: Vec::new(), uncounted, last: 0 })
    }

    pub(super) fn header(&mut self) -> Result<&StringRecord> {
        Ok(self.reader.headers()?)
    }

    /// Reads the next record; `false` behind the last.
    pub(super) fn next(&mut self, record: &mut StringRecord) -> Result<bool, Failure> {
        let start = self.reader.position().byte();
        self.reader.get_mut().pass(start);
        let is_there = self.reader.read_record(record).map_err(|error| unfit(&self.file, self.uncounted, &error))?;
        if is_there {
            self.last = start;
            self.quoted.clear();
            if self.null.is_none() && record.iter().any(str::is_empty) {
                let raw = self.reader.get_ref().between(start, self.reader.position().byte());
                self.quoted = quoted(raw, self.delimiter);
            }
        }
        Ok(is_there)
    }

    /// The fields of the record that was read last; nothing for NULL.
    pub(super) fn fields<'r>(&'r self, record: &'r StringRecord) -> impl Iterator<Item = Option<&'r str>> {
        record.iter().enumerate().map(|(at, field)| {
            let is_null = match &self.null {
                Some(null) => field == null,
                None => field.is_empty() && !self.quoted.get(at).copied().unwrap_or_default(),
            };
            (!is_null).then_some(field)
        })
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
        let (mut quotes, mut is_blank, mut ends) = (Quotes::new(self.delimiter), true, 0);
        for byte in BufReader::new(rest).bytes() {
            let byte = byte?;
            // The end of the line before may be at the front.
            ends += u64::from(byte == b'\n' && !is_blank);
            is_blank = is_blank && matches!(byte, b'\n' | b'\r');
            quotes.pass(byte);
        }
        Ok(quotes.is_open.then(|| self.reader.position().line().saturating_sub(ends)))
    }
}

/// A file, and what was read of it from the record on that is being taken apart: the reader of CSV does not tell which fields
/// were within quotes.
struct Tap {
    file: File,
    kept: Vec<u8>,
    /// The place in the file of what is kept.
    start: u64,
    /// The place before which nothing is needed any more.
    passed: u64,
}

impl Tap {
    fn on(file: File) -> Self {
        Self { file, kept: Vec::new(), start: 0, passed: 0 }
    }

    fn pass(&mut self, place: u64) {
        self.passed = place;
    }

    fn between(&self, start: u64, end: u64) -> &[u8] {
        self.kept.get(self.at(start)..self.at(end)).unwrap_or_default()
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
        let read = self.file.read(bytes)?;
        self.kept.extend_from_slice(bytes.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl Seek for Tap {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = self.file.seek(to)?;
        self.kept.clear();
        (self.start, self.passed) = (place, place);
        Ok(place)
    }
}

/// Whether a place in a record is within quotes.
struct Quotes {
    delimiter: u8,
    is_open: bool,
    may_open: bool,
}

impl Quotes {
    fn new(delimiter: u8) -> Self {
        Self { delimiter, is_open: false, may_open: true }
    }

    fn pass(&mut self, byte: u8) {
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

/// Which fields of a record begin with a quote.
fn quoted(raw: &[u8], delimiter: u8) -> Vec<bool> {
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
    use proptest::prelude::*;

    use super::*;
    use crate::{
        hrana::Value,
        rows::{Mode, RowWriter},
    };

    /// The lines in which the records of a file begin.
    fn lines(text: &str) -> Vec<u64> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        std::fs::write(&file, text).unwrap();
        let mut records = Records::open(&file, ',', None).unwrap();
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
    fn only_an_empty_field_without_quotes_is_null() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        let text = "a,b,c\n,\"\",\"\"\n\"x,\"\",\n\",,\n\n\"\",,\"\"\"\"\n,,";
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            std::fs::write(&file, &text).unwrap();
            let mut records = Records::open(&file, ',', None).unwrap();
            let mut record = StringRecord::new();
            let mut nulls = Vec::new();
            while records.next(&mut record).unwrap() {
                nulls.push(records.fields(&record).map(|field| field.is_none()).collect::<Vec<_>>());
            }
            let expected = [[true, false, false], [false, true, true], [false, true, false], [true, true, true]];
            assert_eq!(nulls, expected, "{text:?}");
        }
        let mut records = Records::open(&file, ',', Some("")).unwrap();
        let mut record = StringRecord::new();
        assert!(records.next(&mut record).unwrap());
        assert!(records.fields(&record).all(|field| field.is_none()));
    }

    #[test]
    fn a_quote_that_never_ends_is_found_where_it_begins() {
        for ending in ["\n", "\r\n"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("a.csv");
            std::fs::write(&file, "a,b\n1,\"2\"\"\"\n3,\"4\n5,6\n7\"\"\n".replace('\n', ending)).unwrap();
            let mut records = Records::open(&file, ',', None).unwrap();
            let mut record = StringRecord::new();
            while records.next(&mut record).unwrap() {}
            assert_eq!(records.open_quote().unwrap(), Some(3), "{ending:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_exported_is_read_as_it_was(
            rows in prop::collection::vec(prop::collection::vec(prop::option::of("\\PC*|[\r\n,\"]*"), 2..=2), 1..20),
        ) {
            let mut writer = RowWriter::new(Vec::new(), Mode::Csv, None);
            writer.begin(&["a".to_owned(), "b".to_owned()]).unwrap();
            for row in &rows {
                let value = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
                writer.row(&row.iter().map(value).collect::<Vec<_>>()).unwrap();
            }
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("a.csv");
            std::fs::write(&file, writer.out()).unwrap();
            let mut records = Records::open(&file, ',', None).unwrap();
            let mut record = StringRecord::new();
            let mut read = Vec::new();
            while records.next(&mut record).unwrap() {
                read.push(records.fields(&record).map(|field| field.map(str::to_owned)).collect::<Vec<_>>());
            }
            prop_assert_eq!(read, rows);
        }
    }
}
