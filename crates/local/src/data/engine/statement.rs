//! One statement: compile, bind, run, describe.

use std::borrow::Cow;
use std::mem;
use std::time::Instant;

use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection as Handle, Row, Rows, Statement};

use super::limits::MAX_VALUE_BYTES;
use super::observer::{Observer, Purpose};
use super::seen::Seen;
use super::{Effect, Ran, RowSink, errors, ffi};
use crate::data::hrana::{self, Column, Description, Parameter, SqlError};
use crate::memory::{self, Exhausted, Lease};

/// Compiles the one statement `sql` must consist of, and says what was seen of it whether it compiles or not.
pub(super) fn only<'c>(
    handle: &'c Handle,
    observer: &Observer,
    sql: &str,
    purpose: Purpose,
) -> (Result<Statement<'c>, SqlError>, Seen) {
    let mut statements = Batch::new(handle, sql);
    let first = observer.compiling(purpose, || statements.next());
    let seen = observer.take();
    let statement = match first.map_err(errors::describe) {
        Ok(Some(statement)) => statement,
        Ok(None) => {
            let nothing = SqlError::new("SQL_PARSE_ERROR", "SQL string does not contain any statement");
            return (Err(nothing), seen);
        }
        Err(error) => return (Err(error), seen),
    };
    // A second statement that does not compile (its table may be created by the first) is a second one all the same.
    let is_alone = matches!(statements.next(), Ok(None));
    observer.take();
    let many = || SqlError::new("SQL_MANY_STATEMENTS", "SQL string contains more than one statement");
    (if is_alone { Ok(statement) } else { Err(many()) }, seen)
}

/// What running the statement would do.
pub(super) fn effect(statement: &Statement<'_>, seen: Seen) -> Effect {
    // The engine calls an explained INSERT writing, although explaining only prints.
    let is_explain = statement.is_explain() != 0;
    Effect {
        writes: !is_explain && !is_readonly(statement, seen),
        reconfigures: !is_explain && seen.changes_session(),
        attaches: !is_explain && seen.attaches(),
        transaction: seen.transaction().filter(|_| !is_explain),
    }
}

/// Whether the statement leaves the database as it is.
fn is_readonly(statement: &Statement<'_>, seen: Seen) -> bool {
    statement.readonly() && !seen.writes()
}

/// Runs the statement to its end and hands its columns and the wanted rows to the sink.
pub(super) fn run(
    handle: &Handle,
    observer: &Observer,
    statement: &mut Statement<'_>,
    seen: Seen,
    output: Option<(&mut dyn RowSink, bool)>,
) -> Result<Ran, SqlError> {
    let started = Instant::now();
    let changes_before = ffi::total_changes(handle);
    observer.take_insertion();
    let step = || match output {
        Some((sink, want_rows)) => step_into(handle, sink, want_rows, statement, seen),
        None => step_through(statement),
    };
    let stepped = observer.running(seen, || memory::stepping(step));
    let (rows_read, rows_written) = ffi::take_row_counts(handle);
    stepped?;
    // `changes()` keeps its value through statements that change nothing, and a virtual table or an index of vectors
    // that is created inserts rows of its own.
    let has_changed = !seen.changes_schema() && ffi::total_changes(handle) != changes_before;
    Ok(Ran {
        affected_row_count: if has_changed { handle.changes() } else { 0 },
        // An upsert may have updated, and a table without rowids changes no last one.
        last_insert_rowid: (has_changed && seen.inserts() && observer.take_insertion())
            .then(|| handle.last_insert_rowid()),
        rows_read,
        rows_written,
        duration: started.elapsed(),
    })
}

fn step_into(
    handle: &Handle,
    sink: &mut dyn RowSink,
    want_rows: bool,
    statement: &mut Statement<'_>,
    seen: Seen,
) -> Result<(), SqlError> {
    // The third value of a row, and the sixth of an instruction where it is explained.
    let path = seen.lists_files().then(|| if statement.is_explain() == 0 { 2 } else { 5 });
    let only_reads = statement.readonly();
    let mut rows = statement.raw_query();
    let handed_on = hand_on(sink, want_rows, &mut rows, path);
    if let Err(error) = &handed_on
        && error.code == "SQLITE_NOMEM"
        && !only_reads
    {
        // A write has done all of it before its first row, and to leave it now would commit it.
        handle.get_interrupt_handle().interrupt();
        let _interrupted = rows.next();
    }
    drop(rows);
    if !handed_on? {
        begin(sink, statement)?;
    }
    Ok(())
}

/// Says whether there were any.
fn hand_on(
    sink: &mut dyn RowSink,
    want_rows: bool,
    rows: &mut Rows<'_>,
    path: Option<usize>,
) -> Result<bool, SqlError> {
    let mut width = None;
    let mut spare = Vec::new();
    while let Some(row) = rows.next().map_err(errors::describe)? {
        let width = match width {
            Some(width) => width,
            // The engine may compile the statement again when it takes the first step: its columns are known after it.
            None => *width.insert(begin(sink, row.as_ref())?),
        };
        if want_rows {
            let mut lease = Lease::default();
            let mut values = values(row, width, mem::take(&mut spare), &mut lease)?;
            // Left out as it is for a database without a file.
            if let Some(path) = path.and_then(|index| values.get_mut(index)) {
                *path = hrana::ValueRef::Text(Cow::Borrowed(""));
            }
            sink.row(&values)?;
            spare = emptied(values);
        }
    }
    Ok(width.is_some())
}

fn step_through(statement: &mut Statement<'_>) -> Result<(), SqlError> {
    let mut rows = statement.raw_query();
    while rows.next().map_err(errors::describe)?.is_some() {}
    Ok(())
}

fn begin(sink: &mut dyn RowSink, statement: &Statement<'_>) -> Result<usize, SqlError> {
    let columns = columns(statement);
    let width = columns.len();
    sink.begin(columns)?;
    Ok(width)
}

/// Describes the statement.
pub(super) fn describe(statement: &Statement<'_>, seen: Seen) -> Description {
    let name = |index| statement.parameter_name(index).map(str::to_owned);
    Description {
        params: (1..=statement.parameter_count()).map(|index| Parameter { name: name(index) }).collect(),
        cols: columns(statement),
        is_explain: statement.is_explain() != 0,
        is_readonly: is_readonly(statement, seen),
    }
}

fn columns(statement: &Statement<'_>) -> Vec<Column> {
    let column = |column: rusqlite::Column<'_>| Column {
        name: Some(column.name().to_owned()),
        decltype: column.decl_type().map(str::to_owned),
    };
    statement.columns().into_iter().map(column).collect()
}

/// The values of a row, in a buffer that is empty, and a lease for what is copied of it.
fn values<'r>(
    row: &'r Row<'_>,
    width: usize,
    mut buffer: Vec<hrana::ValueRef<'r>>,
    lease: &mut Lease,
) -> Result<Vec<hrana::ValueRef<'r>>, SqlError> {
    let mut bytes = 0;
    for index in 0..width {
        // What it may take is a copy of a text.
        let value = memory::unbounded(|| row.get_ref(index)).map_err(errors::describe)?;
        if let ValueRef::Text(content) | ValueRef::Blob(content) = value {
            bytes += content.len();
        }
        if bytes > MAX_VALUE_BYTES {
            return Err(too_large());
        }
        buffer.push(in_unicode(value, lease)?);
    }
    Ok(buffer)
}

fn too_large() -> SqlError {
    SqlError::new(
        "SQLITE_TOOBIG",
        format!("SQLite error: string or blob too big: a row may have {MAX_VALUE_BYTES} bytes"),
    )
}

/// The buffer for another row: the same memory, which collecting nothing into it keeps.
fn emptied<'r>(mut values: Vec<hrana::ValueRef<'_>>) -> Vec<hrana::ValueRef<'r>> {
    values.clear();
    values.into_iter().map_while(|_| None).collect()
}

/// A TEXT may hold any bytes (`CAST(x'ff' AS TEXT)`), JSON only Unicode.
fn in_unicode<'a>(value: ValueRef<'a>, lease: &mut Lease) -> Result<hrana::ValueRef<'a>, Exhausted> {
    Ok(match value {
        ValueRef::Null => hrana::ValueRef::Null,
        ValueRef::Integer(value) => hrana::ValueRef::Integer(value),
        ValueRef::Real(value) => hrana::ValueRef::Float(value),
        ValueRef::Blob(value) => hrana::ValueRef::Blob(value),
        // Looking for what is none takes longer.
        ValueRef::Text(value) => hrana::ValueRef::Text(if let Ok(text) = str::from_utf8(value) {
            Cow::Borrowed(text)
        } else {
            lease.grow(value.len() * char::REPLACEMENT_CHARACTER.len_utf8())?;
            String::from_utf8_lossy(value)
        }),
    })
}
