//! The rows of a file that go to a database that is there.

mod earlier;

use std::collections::HashSet;

use anyhow::Result;
use indicatif::ProgressBar;

use super::{
    super::{
        exchange::{Filled, exchange},
        journal::{Fingerprint, Journal, Position},
        load::without_foreign_keys,
        made::Made,
        outcome::{Broken, IMPORTED, Imported, append, leaving},
        rows::{Batch, Insert, Loader, Row},
        stop::Stop,
        table::{Table, names, sweep, transact},
    },
    check::check,
    content::{Content, FileTable, Other, Sort},
    reader::Reader,
};
use crate::{
    args::{Import, ImportMode, ImportSqlite},
    context::{Context, say},
    exit::{Failure, Kind},
    hrana::Statement,
    many::counted,
    progress,
    script::{Created, Entity, folded, quote_identifier, quote_text},
};

pub(super) async fn run(
    cx: &Context,
    args: &ImportSqlite,
    reader: &Reader,
    content: &Content,
    fingerprint: Fingerprint,
) -> Result<()> {
    let Import { file, destination, batch, .. } = &args.import;
    if cx.is_dry_run() {
        let tables = content.tables.iter().filter(|table| table.sort != Sort::Behind).count() as u64;
        let rows = counted(content.rows(), "row");
        cx.notice(format_args!("this would insert {rows} into {}", counted(tables, "table")));
        return destination.rehearse(cx, None).await;
    }
    let bytes = fingerprint.bytes();
    let journal = Journal::new(&destination.target(cx), "", fingerprint)?;
    let earlier = args.import.earlier(&journal)?;
    let stop = Stop::listen(cx.flags().quiet)?;
    let connection = destination.open(cx, None, &stop).await?;
    let existing = stop.or(names(&connection)).await?;
    if earlier.is_none() {
        stop.or(check(args, content, &existing, &connection)).await?;
        if let Some(mark) = &journal.left {
            sweep(&connection, &stop, mark).await.map_err(|broken| broken.failure)?;
        }
    }
    let position = earlier.as_ref().map(|earlier| earlier.position.clone()).unwrap_or_default();
    let before = without_foreign_keys().into();
    let loader = Loader { connection, stop, journal, position, batch: *batch, before };
    let mode = args.mode;
    let mut load = Load { reader, content, mode, loader, existing, tables: Vec::new(), made: Made::default(), bytes };
    let first = load.catch_up(earlier.as_ref()).await?;
    let progress = progress::of_file(cx, "importing", file, bytes);
    let outcome = load.run(first, &progress).await;
    drop(progress);
    if let Err(broken) = outcome {
        return Err(load.give_up(&args.import, broken).await.into());
    }
    load.mark().await;
    load.loader.journal.forget();
    cx.out().value(&IMPORTED, &Imported { rows: Some(load.loader.position.done), ..destination.imported() })
}

struct Load<'f> {
    reader: &'f Reader,
    content: &'f Content,
    mode: Option<ImportMode>,
    loader: Loader,
    /// The names, as the engine compares them, of what was there before.
    existing: HashSet<String>,
    /// Where the rows of the tables of the file went, as far as it has come.
    tables: Vec<Table>,
    made: Made,
    bytes: u64,
}

impl Load<'_> {
    /// Begins with the table at this place in the file.
    async fn run(&mut self, first: usize, progress: &ProgressBar) -> Result<(), Broken> {
        for (index, table) in self.content.tables.iter().enumerate().skip(first) {
            let target = match self.tables.get(index) {
                // An earlier run has begun it.
                Some(target) => target.clone(),
                None => self.begin(index, table).await?,
            };
            if table.sort != Sort::Virtual {
                self.rows(index, table, &target, progress).await?;
            }
        }
        self.finish().await
    }

    /// Has a table ready that nothing was done with yet. What is about to be made is noted first.
    async fn begin(&mut self, index: usize, table: &FileTable) -> Result<Table, Broken> {
        let is_there = self.existing.contains(&folded(&table.name)) && table.sort == Sort::Ordinary;
        let Loader { connection, stop, journal, position, .. } = &mut self.loader;
        let has_own_rows = is_there && self.mode == Some(ImportMode::Append);
        journal.rows_before = if has_own_rows { stop.or(Table::made(&table.name).count(connection)).await? } else { 0 };
        journal.table.index = index;
        if !is_there {
            journal.table.made.insert(index);
        }
        journal.note(position, 0)?;
        if table.sort == Sort::Ordinary {
            return self.make(table).await;
        }
        if table.sort == Sort::Virtual {
            self.make_virtual(index, table).await?;
        }
        let target = Table::made(&table.name);
        self.tables.push(target.clone());
        Ok(target)
    }

    async fn make(&mut self, table: &FileTable) -> Result<Table, Broken> {
        let Loader { connection, stop, journal, .. } = &self.loader;
        let is_there = self.existing.contains(&folded(&table.name));
        if self.mode.is_none() && is_there {
            let problem = format!("table {:?} exists already, and this import did not make it", table.name);
            return Err(Failure::new(Kind::Refused, problem).into());
        }
        let (columns, mode) = (table.columns(false), self.mode.unwrap_or(ImportMode::Append));
        let target = Table::find(connection, &table.name, &columns, mode, &journal.table.mark);
        let target = stop.or(target).await?;
        if !is_there && !target.is_new() {
            let problem = format!("somebody else has made table {:?} meanwhile", table.name);
            return Err(Failure::new(Kind::Refused, problem).into());
        }
        // Before it is made: removing where rows would have gathered does no harm.
        self.tables.push(target.clone());
        let outcome = target.make(connection, stop, &columns, || table.sql.clone()).await;
        if target.is_new() {
            self.made.note([table.created()], &outcome);
        }
        outcome.map(|()| target)
    }

    /// Makes a virtual table with those behind it, and takes out of them what is in them from the start.
    async fn make_virtual(&mut self, index: usize, table: &FileTable) -> Result<(), Broken> {
        let empty = |table: &FileTable| Statement::new(format!("DELETE FROM {}", quote_identifier(&table.name)));
        let mut statements = vec![Statement::new(table.sql.as_str())];
        statements.extend(self.content.behind(index).map(empty));
        let outcome = self.commit(&statements, &format!("table {:?} cannot be created", table.name)).await;
        self.made.note([table.created()], &outcome);
        outcome
    }

    async fn rows(
        &mut self,
        index: usize,
        table: &FileTable,
        target: &Table,
        progress: &ProgressBar,
    ) -> Result<(), Broken> {
        let columns = table.columns(target.is_new());
        let insert = Insert::new(target.target(), columns.iter().copied(), "row");
        let before = self.content.rows_before(index);
        let mut place = self.loader.position.done.saturating_sub(before);
        let mut statement = self.reader.select(table, &columns, place)?;
        let mut source = statement.raw_query();
        let mut batch = Batch::default();
        loop {
            let next = self.reader.next(&mut source, table, place + 1)?;
            let is_end = next.is_none();
            if let Some(values) = next {
                place += 1;
                batch.push(Row::new(place, values));
            }
            if is_end || self.loader.is_full(&batch) {
                let next = Position { done: before + place, ..Position::default() };
                self.loader.send(&insert, &mut batch, next).await.map_err(|broken| at(table, broken))?;
                progress.set_position(self.bytes_done());
            }
            if is_end {
                return Ok(());
            }
        }
    }

    /// About how much of the file its rows are that were sent.
    fn bytes_done(&self) -> u64 {
        let (done, rows) = (u128::from(self.loader.position.done), u128::from(self.content.rows().max(1)));
        u64::try_from(u128::from(self.bytes) * done / rows).unwrap_or(self.bytes)
    }

    /// Makes what refers to tables, and puts rows that have gathered into their places.
    async fn finish(&mut self) -> Result<(), Broken> {
        let content = self.content;
        let (indexes, others): (Vec<_>, Vec<_>) = content
            .others
            .iter()
            .filter(|other| !self.existing.contains(&folded(&other.name)))
            .partition(|other| other.entity == Entity::Index);
        for index in indexes {
            // One at a time: it may take long.
            let statement = [Statement::new(index.sql.as_str())];
            let outcome = self.commit(&statement, &format!("index {:?} cannot be created", index.name)).await;
            self.made.note([index.created()], &outcome);
            outcome?;
        }
        let filled = self.tables.iter().zip(&content.tables);
        let filled: Vec<_> = filled
            .map(|(target, table)| Filled { table: target, columns: table.columns(false), rows: table.rows })
            .collect();
        let has_counter = |name: &str| {
            let mut made = self.tables.iter().filter(|table| table.is_new());
            self.existing.contains("sqlite_sequence") || made.any(|table| table.target() == name)
        };
        let counters = content.counters.iter().filter(|(table, _)| has_counter(table));
        let counters = counters.flat_map(|(table, last)| counter(table, *last));
        // Triggers come last: they are not for the rows of the file.
        let others = counters.chain(others.iter().map(|other| Statement::new(other.sql.as_str())));
        exchange(&self.loader.connection, &self.loader.stop, &filled, others).await
    }

    /// Marks a database that was empty as the file is. One that has tables may belong to another program; and a service
    /// need not let everything be set.
    async fn mark(&self) {
        for (name, value) in &self.content.marks {
            let set = [Statement::new(format!("PRAGMA {name} = {value}"))];
            let refused = match self.mode {
                Some(_) => Some("the database keeps its own".to_owned()),
                None => self.loader.connection.commit(&[], &set).await.err().map(|refused| refused.error.to_string()),
            };
            if let Some(why) = refused {
                say(format_args!("warning: {name} {value} of the file is left out: {why}"));
            }
        }
    }

    async fn commit(&self, statements: &[Statement], problem: &str) -> Result<(), Broken> {
        let Loader { connection, stop, before, .. } = &self.loader;
        transact(connection, stop, before, statements, problem, |_| None).await
    }

    /// Takes back what can be, and says what is left.
    async fn give_up(self, args: &Import, broken: Broken) -> Failure {
        let Loader { connection, journal, position, .. } = self.loader;
        let said =
            format!("{} ({} of {} inserted)", broken.failure, position.done, counted(self.content.rows(), "row"));
        let mut left = broken.unknown();
        let has_added =
            |(index, table): (usize, &Table)| table.has_own_rows() && position.done > self.content.rows_before(index);
        // Where nobody knows whether rows were replaced, what belongs to them must not be removed.
        let is_at_end = broken.is_last_unknown && position.done == self.content.rows();
        if args.keeps() || is_at_end || self.tables.iter().enumerate().any(has_added) {
            if !broken.is_last_unknown {
                // What was sent last is known not to be there. Where this cannot be noted, it is found out later.
                let _ = journal.note(&position, 0);
            }
            left.push("what was inserted is kept".to_owned());
            let has_made = !self.made.is_empty() || self.tables.iter().any(|table| !table.has_own_rows());
            let failure = leaving(broken.failure, position.done > 0 || has_made);
            return failure.saying(append(said, &left)).hint(args.again());
        }
        journal.forget();
        let mut is_changed = false;
        for table in self.tables.iter().filter(|table| !table.is_new()) {
            if let Err(problem) = table.remove(&connection).await {
                is_changed = true;
                left.push(problem);
            }
        }
        let removed = self.made.remove(&connection).await;
        is_changed |= removed.is_err();
        left.push(removed.unwrap_or_else(|left| left));
        leaving(broken.failure, is_changed).saying(append(said, &left))
    }
}

impl FileTable {
    fn created(&self) -> (Created, &str) {
        (Created { entity: Entity::Table, name: self.name.clone(), is_only_if_absent: false }, &self.sql)
    }
}

impl Other {
    fn created(&self) -> (Created, &str) {
        (Created { entity: self.entity, name: self.name.clone(), is_only_if_absent: false }, &self.sql)
    }
}

/// Sees to it that a number that was given once is not given again.
fn counter(table: &str, last: i64) -> [Statement; 2] {
    let table = quote_text(table);
    [
        format!("UPDATE sqlite_sequence SET seq = max(seq, {last}) WHERE name = {table}"),
        format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {table}, {last} \
             WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = {table})"
        ),
    ]
    .map(Statement::new)
}

/// Says in which table it was.
fn at(table: &FileTable, broken: Broken) -> Broken {
    let said = format!("table {:?}: {}", table.name, broken.failure);
    Broken { failure: broken.failure.saying(said), ..broken }
}
