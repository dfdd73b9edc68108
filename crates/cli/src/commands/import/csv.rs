//! The rows of a CSV file that go to a table.

mod fields;
mod raw;
mod records;
mod survey;
mod types;

use anyhow::Result;
use csv::StringRecord;
use indicatif::ProgressBar;

use super::{
    exchange::{Filled, exchange},
    journal::{Earlier, Journal, Position},
    made::Made,
    outcome::{Broken, IMPORTED, Imported, append, leaving},
    rows::{Batch, Insert, Loader},
    stop::Stop,
    table::{Columns, Table, gone, names, sweep},
};
use crate::{
    args::{Destination, Import, ImportCsv},
    commands::input::{Input, is_standard_input},
    context::Context,
    exit::{Failure, Kind},
    hrana::Connection,
    many::counted,
    progress,
    script::{created, folded, quote_identifier},
};
use fields::Fields;
pub(in crate::commands) use records::Records;
use survey::Survey;

/// More than any database takes in one request.
const LONGEST_RECORD: usize = 64 << 20;

/// A file, and how it is to be read.
struct Source<'a> {
    args: &'a ImportCsv,
    input: Input,
    bytes: u64,
}

impl Source<'_> {
    fn records(&self) -> Result<Records> {
        Records::open(&self.input, self.args.delimiter, self.args.null.as_deref(), LONGEST_RECORD)
    }
}

pub(super) async fn run(cx: &Context, args: &ImportCsv) -> Result<()> {
    let destination = &args.import.destination;
    let name = table_name(args)?;
    let (input, fingerprint, group) = args.import.open(cx).await?;
    let source = Source { args, input, bytes: fingerprint.bytes() };
    let mut survey = survey::survey(cx, &source)?;
    if cx.is_dry_run() {
        cx.notice(format_args!("this would insert {} into table {name:?}", counted(survey.rows, "row")));
        return destination.rehearse(cx, group.as_ref()).await;
    }
    let mut journal = Journal::new(&destination.target(cx), &name, fingerprint)?;
    let earlier = args.import.earlier(&journal)?;
    let stop = Stop::listen(cx.flags().quiet)?;
    let connection = destination.open(cx, group.as_ref(), &stop).await?;
    let is_begun = earlier.is_some();
    let found = stop.or(find(cx, &source, &name, &mut survey, &connection, earlier, &mut journal)).await;
    let (table, position) = match found {
        Ok(found) => found,
        Err(error) => return Err(destination.abandon(cx, error).await),
    };
    let (fields, columns) = (Fields::new(&survey, table.is_new()), survey.names());
    if !is_begun {
        if let Some(mark) = &journal.left
            && let Err(broken) = sweep(&connection, &stop, mark).await
        {
            return Err(destination.abandon(cx, broken.failure.into()).await);
        }
        let create = format!("CREATE TABLE {} ({})", quote_identifier(&name), survey.definition());
        if let Err(broken) = table.make(&connection, &stop, &columns, || create.clone()).await {
            return Err(destination.abandon(cx, not_made(broken, &table, &create, &connection).await.into()).await);
        }
    }
    let insert = Insert::new(table.target(), columns.iter().copied(), "line");
    let loader = Loader { connection, stop, journal, position, batch: args.import.batch, before: Vec::new() };
    let mut load = Load { loader, table, insert, fields, rows: survey.rows };
    let progress = progress::of_file(cx, "importing", source.input.path(), source.bytes);
    let mut outcome = load.run(&source, &progress).await;
    drop(progress);
    if outcome.is_ok() {
        let Loader { connection, stop, .. } = &load.loader;
        let rows = load.loader.position.done;
        outcome = exchange(connection, stop, &[Filled { table: &load.table, columns, rows }], []).await;
    }
    if let Err(broken) = outcome {
        return Err(load.give_up(cx, args, broken).await.into());
    }
    load.loader.journal.forget();
    let imported = Imported { table: Some(name), rows: Some(load.loader.position.done), ..destination.imported() };
    cx.out().value(&IMPORTED, &imported)
}

/// Looks at the table, and says where in the file to begin.
async fn find(
    cx: &Context,
    source: &Source<'_>,
    name: &str,
    survey: &mut Survey,
    connection: &Connection,
    earlier: Option<Earlier>,
    journal: &mut Journal,
) -> Result<(Table, Position)> {
    if let Some(earlier) = &earlier {
        (journal.rows_before, journal.table) = (earlier.rows_before, earlier.table.clone());
    }
    let table = if journal.table.made.is_empty() {
        find_table(cx, source.args, name, survey, connection, &journal.table.mark).await.map_err(with_hint)?
    } else {
        Table::made(name)
    };
    let Some(earlier) = earlier else {
        // A table that is about to be made has none.
        journal.rows_before = if table.has_own_rows() { table.count(connection).await? } else { 0 };
        if table.is_new() {
            journal.table.made.insert(0);
        }
        return Ok((table, Position::default()));
    };
    let count = match table.count(connection).await {
        Ok(count) => count,
        Err(error) if names(connection).await?.contains(&folded(table.target())) => return Err(error),
        Err(_) => return Err(gone(&table, earlier.position.done + earlier.sent)),
    };
    let position = match earlier.went_on(count, earlier.position.done)? {
        0 => earlier.position,
        more => skip(source, &earlier.position, more)?,
    };
    Ok((table, position))
}

/// Looks at the table. What the file has for columns that it generates is left out: their values come from the others.
async fn find_table(
    cx: &Context,
    args: &ImportCsv,
    name: &str,
    survey: &mut Survey,
    connection: &Connection,
    mark: &str,
) -> Result<Table> {
    let found = Columns::read(connection, name).await?;
    survey.leave_to_columns(&found.types);
    let left_out = survey.leave_out(&found.generated).join(", ");
    let columns = survey.names();
    if columns.is_empty() {
        return Err(Failure::usage(format!("table {name:?} generates every column of the file: {left_out}")).into());
    }
    let table = Table::with(name, &found, &columns, args.mode, mark)?;
    if table.is_new() {
        tell_kept_texts(cx, &survey.kept_as_text);
    }
    if !left_out.is_empty() {
        cx.notice(format_args!("table {name:?} generates {left_out}: what the file has there is left out"));
    }
    Ok(table)
}

/// Says which columns of a table that is made hold text although somebody may want numbers.
fn tell_kept_texts(cx: &Context, kept: &[(String, String)]) {
    let Some((first, _)) = kept.first() else { return };
    let columns: Vec<_> = kept.iter().map(|(column, field)| format!("{column} ({field})")).collect();
    cx.notice(format_args!(
        "kept as text, which numbers would not be written as: {}; --types {first}=real makes numbers of it",
        columns.join(", ")
    ));
}

/// A table that nobody knows to be there is removed.
async fn not_made(broken: Broken, table: &Table, create: &str, connection: &Connection) -> Failure {
    if !broken.is_last_unknown {
        return broken.failure;
    }
    let removed = match created(create).filter(|_| table.is_new()) {
        Some(created) => {
            let mut made = Made::default();
            made.perhaps(created, create);
            made.remove(connection).await
        }
        None => table.remove(connection).await,
    };
    broken.failure.adding(&removed.unwrap_or_else(|left| left))
}

/// What does not fit one table may fit another.
fn with_hint(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<Failure>() {
        Ok(failure) if failure.is(Kind::Usage) => failure.hint("name another table with --table").into(),
        Ok(failure) => failure.into(),
        Err(error) => error,
    }
}

/// The place behind rows that were inserted although nobody said so.
fn skip(source: &Source<'_>, from: &Position, rows: u64) -> Result<Position> {
    let mut records = source.records()?;
    records.seek(from)?;
    let mut record = StringRecord::new();
    for _ in 0..rows {
        records.next(&mut record)?;
    }
    Ok(records.place(from.done + rows))
}

/// The name of the file, without its ending, unless another is given.
fn table_name(args: &ImportCsv) -> Result<String> {
    if args.table.is_none() && is_standard_input(&args.import.file) {
        return Err(Failure::usage("standard input has no name for a table").hint("give --table NAME").into());
    }
    let name = args.table.clone().or_else(|| Some(args.import.file.file_stem()?.to_str()?.to_owned()));
    match name.filter(|name| !name.trim().is_empty()) {
        Some(name) if !folded(&name).starts_with("sqlite_") => Ok(name),
        Some(name) => {
            Err(Failure::usage(format!("--table {name:?}: names that begin with sqlite_ are the engine's")).into())
        }
        None if args.table.is_some() => Err(Failure::usage("--table \"\": a table needs a name").into()),
        None => Err(Failure::usage("the name of the file is none for a table").hint("give --table NAME").into()),
    }
}

struct Load {
    loader: Loader,
    table: Table,
    insert: Insert,
    fields: Fields,
    rows: u64,
}

impl Load {
    async fn run(&mut self, source: &Source<'_>, progress: &ProgressBar) -> Result<(), Broken> {
        let mut records = source.records()?;
        records.seek(&self.loader.position)?;
        let mut batch = Batch::default();
        let mut record = StringRecord::new();
        while records.next(&mut record)? {
            batch.push(self.fields.row(records.line(&record), records.fields(&record))?);
            if self.loader.is_full(&batch) {
                let next = records.place(self.loader.position.done + batch.len());
                self.loader.send(&self.insert, &mut batch, next).await?;
                progress.set_position(self.loader.position.bytes);
            }
        }
        let next = records.place(self.loader.position.done + batch.len());
        self.loader.send(&self.insert, &mut batch, next).await
    }

    /// Takes back what can be, and says what is left.
    async fn give_up(self, cx: &Context, args: &ImportCsv, broken: Broken) -> Failure {
        let said =
            format!("{} ({} of {} inserted)", broken.failure, self.loader.position.done, counted(self.rows, "row"));
        let mut parts = broken.unknown();
        let destination = &args.import.destination;
        let left = if args.import.keeps() || (self.table.has_own_rows() && !destination.create) {
            self.keep(&args.import, broken.is_last_unknown)
        } else {
            self.take_back(cx, destination, broken.is_last_unknown).await
        };
        parts.push(left.said);
        let failure = leaving(broken.failure, left.is_changed).saying(append(said, &parts));
        if let Some(hint) = left.hint { failure.hint(hint) } else { failure }
    }

    /// Leaves the rows for another run to go on from, or for somebody to look at.
    fn keep(self, import: &Import, is_last_unknown: bool) -> Left {
        let Loader { journal, position, .. } = self.loader;
        if !is_last_unknown {
            // What was sent last is known not to be there. Where this cannot be noted, it is found out later.
            let _ = journal.note(&position, 0);
        }
        if position.done > 0 || is_last_unknown {
            let again = if is_standard_input(&import.file) {
                "delete them before it is run again".to_owned()
            } else {
                format!("{}, or delete them", import.again())
            };
            return Left {
                said: "the rows that were inserted are kept".to_owned(),
                is_changed: true,
                hint: Some(again),
            };
        }
        if !self.table.has_own_rows() {
            let said = "the table that was made is kept".to_owned();
            return Left { said, is_changed: true, hint: Some(import.again().to_owned()) };
        }
        journal.forget();
        Left { said: "nothing was changed".to_owned(), is_changed: false, hint: None }
    }

    /// Removes the database or the table that was made for the rows.
    async fn take_back(self, cx: &Context, destination: &Destination, is_last_unknown: bool) -> Left {
        let Loader { connection, journal, position, .. } = self.loader;
        journal.forget();
        let removed = if destination.create {
            destination.remove_again(cx).await
        } else if is_last_unknown && position.done == self.rows && !self.table.is_new() {
            let either = "the table has either its old rows or the new ones";
            self.table.remove(&connection).await.map(|_| either.to_owned())
        } else {
            self.table.remove(&connection).await
        };
        let is_changed = removed.is_err();
        let said = removed.unwrap_or_else(|left| left);
        Left { said, is_changed, hint: None }
    }
}

/// What an import that failed has left behind.
struct Left {
    said: String,
    is_changed: bool,
    hint: Option<String>,
}
