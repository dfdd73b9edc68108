//! The formats of rows.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use anyhow::Result;
use comfy_table::{ContentArrangement, Table, presets};

use super::{Row, distinct, literal, plain};
use crate::{args::Format, exit::Failure, hrana::Value, output::yaml, terminal::harmless};

/// So many rows are laid out as one table.
const ROWS_OF_A_TABLE: usize = 5_000;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// Columns for people
    Table,
    /// A line for each value
    Line,
    /// Values as SQL has them
    Quote,
    /// An array of objects
    Json,
    /// An object in each line
    Jsonl,
    /// A sequence of maps
    Yaml,
    /// Fields separated by commas
    Csv,
    /// The first column
    Name,
}

impl From<Format> for Mode {
    fn from(format: Format) -> Self {
        match format {
            Format::Table | Format::Wide => Self::Table,
            Format::Json => Self::Json,
            Format::Jsonl => Self::Jsonl,
            Format::Yaml => Self::Yaml,
            Format::Csv => Self::Csv,
            Format::Name => Self::Name,
        }
    }
}

/// Writes sets of rows one after another. Only a table is held in memory, piece by piece.
pub(crate) struct RowWriter<W> {
    out: W,
    mode: Mode,
    /// Whether names of columns are written where they are apart from the rows.
    pub(crate) has_headers: bool,
    /// How wide a table may be.
    width: Option<u16>,
    columns: Option<Vec<String>>,
    waiting: Vec<Vec<String>>,
    written: u64,
    sets: u64,
    /// The columns that are written, if not all.
    picked: Vec<String>,
    places: Option<Vec<usize>>,
    /// How many values of each column were infinite, which neither the protocol nor any format can say.
    infinite: BTreeMap<String, u64>,
}

impl<W: Write> RowWriter<W> {
    pub(crate) fn new(out: W, mode: Mode, width: Option<u16>) -> Self {
        Self {
            out,
            mode,
            has_headers: true,
            width,
            columns: None,
            waiting: Vec::new(),
            written: 0,
            sets: 0,
            picked: Vec::new(),
            places: None,
            infinite: BTreeMap::new(),
        }
    }

    /// Writes only these columns, in this order.
    pub(crate) fn pick(&mut self, columns: &[String]) {
        self.picked = columns.to_vec();
    }

    pub(crate) fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
    }

    /// A terminal may have another width than before.
    pub(crate) fn set_width(&mut self, width: Option<u16>) {
        self.width = width;
    }

    pub(crate) fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// What was written since it was last asked has not of the values.
    pub(crate) fn loss(&mut self) -> Option<String> {
        let infinite = std::mem::take(&mut self.infinite);
        if infinite.is_empty() {
            return None;
        }
        let columns: Vec<_> = infinite.iter().map(|(column, count)| format!("{column:?} ({count})")).collect();
        let stand_in = match self.mode {
            Mode::Json | Mode::Jsonl | Mode::Yaml => "null",
            Mode::Quote => "NULL",
            Mode::Table | Mode::Line | Mode::Csv | Mode::Name => "NaN",
        };
        Some(format!("infinite numbers are written as {stand_in}, in column {}", columns.join(", ")))
    }

    /// Begins a set of rows, unless one with the same columns is open: then they go on in it.
    pub(crate) fn begin(&mut self, columns: &[String]) -> Result<()> {
        let all = distinct(columns);
        self.places = self.places_among(&all)?;
        let columns = match &self.places {
            None => all,
            Some(places) => places.iter().filter_map(|place| all.get(*place)).cloned().collect(),
        };
        if self.columns.as_ref() == Some(&columns) {
            return Ok(());
        }
        self.end()?;
        match self.mode {
            Mode::Json => self.out.write_all(b"[")?,
            Mode::Csv => {
                if self.sets > 0 {
                    self.out.write_all(b"\n")?;
                }
                if self.has_headers {
                    write_record(&mut self.out, columns.iter().map(Some))?;
                }
            }
            _ => {}
        }
        self.columns = Some(columns);
        self.written = 0;
        self.sets += 1;
        Ok(())
    }

    pub(crate) fn row(&mut self, values: &[Value]) -> Result<()> {
        match &self.places {
            None => self.write(values)?,
            Some(places) => {
                let picked: Vec<_> = places.iter().filter_map(|place| values.get(*place)).cloned().collect();
                self.write(&picked)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, values: &[Value]) -> io::Result<()> {
        let columns = self.columns.as_deref().unwrap_or_default();
        let row = Row { columns, values };
        for (column, value) in columns.iter().zip(values) {
            if matches!(value, Value::Real(number) if !number.is_finite()) {
                *self.infinite.entry(column.clone()).or_default() += 1;
            }
        }
        match self.mode {
            Mode::Table => {
                self.waiting.push(values.iter().map(cell).collect());
                if self.waiting.len() >= ROWS_OF_A_TABLE {
                    self.lay_out()?;
                }
            }
            Mode::Line => {
                if self.written > 0 {
                    self.out.write_all(b"\n")?;
                }
                let names: Vec<_> = columns.iter().map(harmless).collect();
                let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
                for (name, value) in names.iter().zip(values) {
                    writeln!(self.out, "{name:>width$} = {}", cell(value))?;
                }
            }
            Mode::Quote => {
                writeln!(self.out, "{}", values.iter().map(literal).collect::<Vec<_>>().join(","))?;
            }
            Mode::Json => {
                self.out.write_all(if self.written > 0 { b",\n " } else { b"" })?;
                serde_json::to_writer(&mut self.out, &row)?;
            }
            Mode::Jsonl => {
                serde_json::to_writer(&mut self.out, &row)?;
                self.out.write_all(b"\n")?;
            }
            Mode::Yaml => {
                let text = yaml::text(&[row])?;
                self.out.write_all(text.as_bytes())?;
            }
            Mode::Csv => {
                let field = |value: &Value| (*value != Value::Null).then(|| plain(value));
                write_record(&mut self.out, values.iter().map(field))?;
            }
            Mode::Name => writeln!(self.out, "{}", values.first().map(plain).unwrap_or_default())?,
        }
        self.written += 1;
        Ok(())
    }

    /// Ends the set that is open, if there is one.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        if self.columns.is_none() {
            return Ok(());
        }
        match self.mode {
            Mode::Table => self.lay_out()?,
            Mode::Json => self.out.write_all(b"]\n")?,
            Mode::Yaml if self.written == 0 => self.out.write_all(b"[]\n")?,
            _ => {}
        }
        self.columns = None;
        self.out.flush()
    }

    fn places_among(&self, columns: &[String]) -> Result<Option<Vec<usize>>> {
        let place = |name: &String| {
            let found = columns.iter().position(|column| column.eq_ignore_ascii_case(name));
            let known = columns.join(", ");
            found
                .ok_or_else(|| Failure::usage(format!("--fields {name:?}: there is no such column; there are {known}")))
        };
        let places: Vec<_> = self.picked.iter().map(place).collect::<Result<_, _>>()?;
        Ok((!places.is_empty()).then_some(places))
    }

    fn lay_out(&mut self) -> io::Result<()> {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        if let Some(width) = self.width {
            table.set_width(width);
        }
        if self.has_headers {
            table.set_header(self.columns.iter().flatten().map(harmless));
        }
        table.add_rows(std::mem::take(&mut self.waiting));
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table.lines().try_for_each(|line| writeln!(self.out, "{}", line.trim_end()))
    }
}

/// A value where NULL has to be seen, and nothing may move the cursor of a terminal.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        other => harmless(plain(other)).into_owned(),
    }
}

/// A record as RFC 4180 has it. NULL is a field of nothing, also where it is all of a line, and an empty text is within
/// quotes. `PostgreSQL` writes and reads them so.
fn write_record<T: AsRef<str>>(out: &mut impl Write, fields: impl Iterator<Item = Option<T>>) -> io::Result<()> {
    for (at, field) in fields.enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        match field.as_ref().map(T::as_ref) {
            None => {}
            Some(text) if text.is_empty() || text.contains([',', '"', '\r', '\n']) => {
                write!(out, "\"{}\"", text.replace('"', "\"\""))?;
            }
            Some(text) => out.write_all(text.as_bytes())?,
        }
    }
    out.write_all(b"\n")
}
