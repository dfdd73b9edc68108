//! The records of a file, with the lines they begin in.

use std::io::{BufReader, Read as _};

use anyhow::{Context as _, Result};
use csv::{Reader, ReaderBuilder, StringRecord};

use super::{
    super::journal::Position,
    raw::{Quotes, Tap, open_quote, quoted},
};
use crate::{commands::input::Input, exit::Failure, many::counted};

/// An empty line is no record, unless there is one column only: then its field is empty. As `PostgreSQL` has it.
pub(in crate::commands) struct Records {
    input: Input,
    reader: Reader<Tap>,
    delimiter: u8,
    null: Option<String>,
    /// Which fields of the last record are within quotes, where it takes that to tell an empty text from NULL.
    quoted: Vec<bool>,
    /// The reader takes a record for ended at the first byte of `\r\n`, and has not counted the line yet.
    uncounted: u64,
    /// The byte the last record begins at.
    last: u64,
    /// Behind the record that was read last.
    place: csv::Position,
    /// Only where there is one column.
    ahead: Option<Ahead>,
}

/// A record that was read, and the empty lines before it that have yet to be told: the reader passes over them.
struct Ahead {
    record: StringRecord,
    /// Not so at the end of the file.
    is_there: bool,
    /// Where the next empty line would begin.
    byte: u64,
    line: u64,
}

impl Records {
    /// `null` is the field that stands for NULL, within quotes or not; without it, one of nothing at all does. A record of
    /// more bytes than `most` is refused.
    pub(in crate::commands) fn open(input: &Input, delimiter: u8, null: Option<&str>, most: usize) -> Result<Self> {
        let tap = Tap::on(input.from(0), most);
        let mut reader = ReaderBuilder::new().delimiter(delimiter).buffer_capacity(1 << 18).from_reader(tap);
        if let Err(error) = reader.headers() {
            let failure = unfit(input, 0, &error);
            return Err(too_long(input, reader.get_ref(), delimiter, (0, 1)).unwrap_or(failure).into());
        }
        let end = input.from(reader.position().byte().saturating_sub(1));
        let mut bytes = Vec::new();
        end.take(2).read_to_end(&mut bytes).with_context(|| format!("cannot read {input}"))?;
        let uncounted = u64::from(bytes == b"\r\n");
        let null = null.map(str::to_owned);
        let place = reader.position().clone();
        let input = input.clone();
        Ok(Self { input, reader, delimiter, null, quoted: Vec::new(), uncounted, last: 0, place, ahead: None })
    }

    pub(super) fn header(&mut self) -> Result<&StringRecord> {
        Ok(self.reader.headers()?)
    }

    /// Reads the next record; `false` behind the last.
    pub(in crate::commands) fn next(&mut self, record: &mut StringRecord) -> Result<bool, Failure> {
        if self.reader.headers().is_ok_and(|columns| columns.len() == 1) {
            return self.next_of_one_column(record);
        }
        let start = self.reader.position().byte();
        let is_there = self.read(record)?;
        self.note(record, start);
        Ok(is_there)
    }

    fn next_of_one_column(&mut self, record: &mut StringRecord) -> Result<bool, Failure> {
        let mut ahead = match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.look_ahead()?,
        };
        let mut position = csv::Position::new();
        position.set_byte(ahead.byte).set_line(ahead.line);
        let ends = match self.reader.get_ref().from(ahead.byte) {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => {
                *record = ahead.record;
                record.set_position(Some(position));
                self.note(record, ahead.byte);
                return Ok(ahead.is_there);
            }
        };
        *record = StringRecord::from(vec![""]);
        record.set_position(Some(position.clone()));
        self.quoted.clear();
        ahead.byte += ends;
        ahead.line += 1;
        // Behind the first byte of `\r\n`, as the reader has it.
        position.set_byte(position.byte() + 1).set_line(ahead.line);
        self.place = position;
        self.ahead = Some(ahead);
        Ok(true)
    }

    fn look_ahead(&mut self) -> Result<Ahead, Failure> {
        let start = self.reader.position().clone();
        let (mut record, byte) = (StringRecord::new(), start.byte());
        let is_there = self.read(&mut record)?;
        // What ends the line before is no empty one.
        let is_within_end = self.reader.get_ref().between(byte.saturating_sub(1), byte + 1) == b"\r\n";
        Ok(Ahead { record, is_there, byte: byte + u64::from(is_within_end), line: start.line() })
    }

    fn read(&mut self, record: &mut StringRecord) -> Result<bool, Failure> {
        let (start, line) = (self.reader.position().byte(), self.reader.position().line());
        // With the byte before, which may be the first of the two that end a line.
        self.reader.get_mut().pass(start.saturating_sub(1));
        let is_there = match self.reader.read_record(record) {
            Ok(is_there) => is_there,
            Err(error) => {
                let too_long = too_long(&self.input, self.reader.get_ref(), self.delimiter, (start, line));
                return Err(too_long.unwrap_or_else(|| unfit(&self.input, self.uncounted, &error)));
            }
        };
        if is_there {
            self.last = start;
        }
        Ok(is_there)
    }

    /// Takes the record that was read and begins at a byte for the last one.
    fn note(&mut self, record: &StringRecord, start: u64) {
        self.place = self.reader.position().clone();
        self.quoted.clear();
        if self.null.is_none() && record.iter().any(str::is_empty) {
            let raw = self.reader.get_ref().between(start, self.place.byte());
            self.quoted = quoted(raw, self.delimiter);
        }
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
        self.place.byte()
    }

    /// The place behind so many records.
    pub(super) fn place(&self, done: u64) -> Position {
        Position { done, bytes: self.place.byte(), line: self.place.line() }
    }

    /// Goes on at a place.
    pub(super) fn seek(&mut self, to: &Position) -> Result<()> {
        if to.bytes > 0 {
            let mut position = csv::Position::new();
            position.set_byte(to.bytes).set_line(to.line).set_record(to.done + 1);
            self.reader.seek(position.clone())?;
            (self.place, self.ahead) = (position, None);
        }
        Ok(())
    }

    /// Once all is read: whether the last record is within quotes at the end of the file, so that everything behind the
    /// quote was taken for one field. Yields the line the record begins in.
    pub(super) fn open_quote(&self) -> Result<Option<u64>> {
        let (mut quotes, mut is_blank, mut ends) = (Quotes::new(self.delimiter), true, 0);
        for byte in BufReader::new(self.input.from(self.last)).bytes() {
            let byte = byte?;
            // The end of the line before may be at the front.
            ends += u64::from(byte == b'\n' && !is_blank);
            is_blank = is_blank && matches!(byte, b'\n' | b'\r');
            quotes.pass(byte);
        }
        Ok(quotes.is_open.then(|| self.reader.position().line().saturating_sub(ends)))
    }
}

/// What is wrong with a record that begins at a byte and in a line, if it is too long.
fn too_long(input: &Input, tap: &Tap, delimiter: u8, (start, line): (u64, u64)) -> Option<Failure> {
    let raw = tap.is_full().then(|| tap.from(start))?;
    let most = tap.most >> 20;
    let problem = if let Some(line) = open_quote(raw, delimiter, line) {
        format!("line {line}: a quote opened there has not ended after {most} MiB")
    } else {
        let before = raw.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
        let line = line + before.filter(|byte| **byte == b'\n').count() as u64;
        format!("line {line}: the record has more than {most} MiB")
    };
    Some(Failure::usage(format!("{input}: {problem}")))
}

/// What is wrong with a record, with its line.
fn unfit(input: &Input, uncounted: u64, error: &csv::Error) -> Failure {
    let line = |position: &Option<csv::Position>| position.as_ref().map_or(1, csv::Position::line) + uncounted;
    let problem = match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            format!("line {}: {}, and the header has {expected_len}", line(pos), counted(*len, "field"))
        }
        csv::ErrorKind::Utf8 { pos, err } => format!("line {}: field {} is not UTF-8", line(pos), err.field() + 1),
        _ => error.to_string(),
    };
    Failure::usage(format!("{input}: {problem}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        hrana::Value,
        rows::{Mode, RowWriter},
    };

    fn open(file: &Path, delimiter: u8, null: Option<&str>) -> Result<Records> {
        Records::open(&Input::open(file)?, delimiter, null, usize::MAX)
    }

    /// The lines in which the records of a file begin.
    fn lines(text: &str) -> Vec<u64> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        std::fs::write(&file, text).unwrap();
        let mut records = open(&file, b',', None).unwrap();
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
            let mut records = open(&file, b',', None).unwrap();
            let mut record = StringRecord::new();
            let mut nulls = Vec::new();
            while records.next(&mut record).unwrap() {
                nulls.push(records.fields(&record).map(|field| field.is_none()).collect::<Vec<_>>());
            }
            let expected = [[true, false, false], [false, true, true], [false, true, false], [true, true, true]];
            assert_eq!(nulls, expected, "{text:?}");
        }
        let mut records = open(&file, b',', Some("")).unwrap();
        let mut record = StringRecord::new();
        assert!(records.next(&mut record).unwrap());
        assert!(records.fields(&record).all(|field| field.is_none()));
    }

    /// The rows of a file with a column `a`, each with its line, and again from the place behind each.
    fn of_one_column(text: &str) -> Vec<(u64, Option<String>)> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        std::fs::write(&file, text).unwrap();
        let rest = |from: &Position| {
            let mut records = open(&file, b',', None).unwrap();
            records.seek(from).unwrap();
            let (mut record, mut rows, mut places) = (StringRecord::new(), Vec::new(), Vec::new());
            while records.next(&mut record).unwrap() {
                let field = records.fields(&record).next().unwrap().map(str::to_owned);
                rows.push((records.line(&record), field));
                places.push(records.place(from.done + rows.len() as u64));
            }
            assert_eq!(records.open_quote().unwrap(), None);
            (rows, places)
        };
        let (rows, places) = rest(&Position::default());
        for (at, place) in places.iter().enumerate() {
            assert_eq!(rest(place).0, rows[at + 1..], "from {place:?} of {text:?}");
        }
        rows
    }

    #[test]
    fn an_empty_line_is_null_where_there_is_one_column() {
        let row = |line: u64, field: &str| (line, Some(field.to_owned()));
        let null = |line: u64| (line, None);
        for (text, expected) in [
            ("a", vec![]),
            ("a\n", vec![]),
            ("a\n\n", vec![null(2)]),
            ("a\n\n\nx\n\n\"\"\n\n", vec![null(2), null(3), row(4, "x"), null(5), row(6, ""), null(7)]),
            ("a\nx\n\ny", vec![row(2, "x"), null(3), row(4, "y")]),
            ("a\n\"\n\n\"\n\n", vec![row(2, "\n\n"), null(5)]),
        ] {
            assert_eq!(of_one_column(text), expected, "{text:?}");
            let fields = |rows: &[(u64, Option<String>)]| -> Vec<_> {
                rows.iter()
                    .map(|(line, field)| (*line, field.as_ref().map(|field| field.replace('\n', "\r\n"))))
                    .collect()
            };
            assert_eq!(of_one_column(&text.replace('\n', "\r\n")), fields(&expected), "{text:?}");
        }
        assert_eq!(lines("a,b\n\n1,2\n\n").len(), 1);
    }

    #[test]
    fn a_quote_that_never_ends_is_found_where_it_begins() {
        for ending in ["\n", "\r\n"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("a.csv");
            std::fs::write(&file, "a,b\n1,\"2\"\"\"\n3,\"4\n5,6\n7\"\"\n".replace('\n', ending)).unwrap();
            let mut records = open(&file, b',', None).unwrap();
            let mut record = StringRecord::new();
            while records.next(&mut record).unwrap() {}
            assert_eq!(records.open_quote().unwrap(), Some(3), "{ending:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_exported_is_read_as_it_was(
            rows in (1..3_usize).prop_flat_map(|columns| {
                let row = prop::collection::vec(prop::option::of("\\PC*|[\r\n,\"]*"), columns);
                prop::collection::vec(row, 0..20)
            }),
        ) {
            let columns = rows.first().map_or(1, Vec::len);
            let mut writer = RowWriter::new(Vec::new(), Mode::Csv, None);
            writer.begin(&["a".to_owned(), "b".to_owned()][..columns]).unwrap();
            for row in &rows {
                let value = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
                writer.row(&row.iter().map(value).collect::<Vec<_>>()).unwrap();
            }
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("a.csv");
            std::fs::write(&file, writer.out()).unwrap();
            let mut records = open(&file, b',', None).unwrap();
            let mut record = StringRecord::new();
            let mut read = Vec::new();
            while records.next(&mut record).unwrap() {
                read.push(records.fields(&record).map(|field| field.map(str::to_owned)).collect::<Vec<_>>());
            }
            prop_assert_eq!(read, rows);
        }
    }
}
