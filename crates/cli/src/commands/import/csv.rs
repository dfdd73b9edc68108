//! The rows of a CSV file that go to a table.

mod insert;
mod records;
mod survey;
mod table;

use anyhow::Result;
use csv::StringRecord;
use indicatif::ProgressBar;

use super::{
    journal::{Earlier, Fingerprint, Journal, Position},
    load::{FULL, Sent, commit},
    outcome::{Broken, IMPORTED, Imported, counted},
    stop::Stop,
};
use crate::{
    args::{ImportCsv, ImportMode},
    context::Context,
    exit::{Failure, Kind},
    hrana::{BatchError, Connection},
    progress,
};
use insert::{Insert, Row};
use records::Records;
use survey::Survey;
use table::Table;

pub(super) async fn run(cx: &Context, args: &ImportCsv) -> Result<()> {
    let fingerprint = Fingerprint::of(&args.file)?;
    let name = table_name(args)?;
    let survey = survey::survey(cx, args, fingerprint.bytes())?;
    args.destination.check(cx).await?;
    if cx.is_dry_run() {
        cx.notice(format_args!("this would insert {} into table {name:?}", counted(survey.rows, "row")));
        return args.destination.rehearse(cx).await;
    }
    let mut journal = Journal::new(&args.destination.to, &name, fingerprint.clone())?;
    let earlier = if args.batches.resume { journal.earlier()? } else { None };
    if earlier.is_some() && args.destination.create {
        return Err(Failure::usage("--resume goes on in a database that exists: leave out --create").into());
    }
    let stop = Stop::listen()?;
    let connection = args.destination.open(cx).await?;
    let prepared = prepare(args, &name, &survey, &connection, earlier, &mut journal).await;
    let (table, position) = match prepared {
        Ok(prepared) => prepared,
        Err(error) if args.destination.create => {
            return Err(match args.destination.remove(cx).await {
                Ok(()) => error,
                Err(left) => error.context(left),
            });
        }
        Err(error) => return Err(error),
    };
    let insert = Insert::new(table.target(), &survey, &args.null);
    let batch = args.batches.batch as usize;
    let mut load = Load { connection, stop, journal, position, table, insert, rows: survey.rows, batch };
    let progress = progress::of_file(cx, "importing", &args.file, fingerprint.bytes());
    let mut loaded = load.run(args, &progress).await;
    drop(progress);
    if loaded.is_ok() {
        loaded = load.table.finish(&load.connection, &survey).await;
    }
    if let Err(broken) = loaded {
        return Err(load.give_up(cx, args, broken).await.into());
    }
    load.journal.forget();
    let (database, rows, created) = (args.destination.to.clone(), Some(load.position.done), args.destination.create);
    cx.out().value(&IMPORTED, &Imported { database, table: Some(name), rows, statements: None, created })
}

/// Has the table ready, and says where in the file to begin.
async fn prepare(
    args: &ImportCsv,
    name: &str,
    survey: &Survey,
    connection: &Connection,
    earlier: Option<Earlier>,
    journal: &mut Journal,
) -> Result<(Table, Position)> {
    let is_replacing = args.mode == ImportMode::Replace;
    let Some(earlier) = earlier else {
        let table = Table::prepare(connection, name, survey, is_replacing).await?;
        // A table that was just made has none.
        journal.rows_before = if table.has_own_rows() { table.count(connection).await? } else { 0 };
        return Ok((table, Position::default()));
    };
    let table = Table::find(connection, name, survey, is_replacing).await?;
    journal.rows_before = earlier.rows_before;
    let added = table.count(connection).await?.saturating_sub(earlier.rows_before);
    let Position { done, .. } = earlier.position;
    if added == done {
        return Ok((table, earlier.position));
    }
    if earlier.sent > 0 && added == done + earlier.sent {
        let position = skip(args, &earlier.position, earlier.sent)?;
        return Ok((table, position));
    }
    let problem = format!(
        "--resume: {} of the file were inserted, and the table has {added} more than before: somebody else changed it",
        counted(done, "row")
    );
    Err(Failure::new(Kind::Refused, problem).hint("leave out --resume to begin anew").into())
}

/// The place behind rows that were inserted although nobody said so.
fn skip(args: &ImportCsv, from: &Position, rows: u64) -> Result<Position> {
    let mut records = Records::open(&args.file, args.delimiter)?;
    records.seek(from)?;
    let mut record = StringRecord::new();
    for _ in 0..rows {
        records.next(&mut record)?;
    }
    Ok(records.place(from.done + rows))
}

/// The name of the file, without its ending, unless another is given.
fn table_name(args: &ImportCsv) -> Result<String> {
    let name = args.table.clone().or_else(|| Some(args.file.file_stem()?.to_str()?.to_owned()));
    match name.filter(|name| !name.trim().is_empty()) {
        Some(name) if !name.to_lowercase().starts_with("sqlite_") => Ok(name),
        Some(name) => {
            Err(Failure::usage(format!("--table {name:?}: names that begin with sqlite_ are the engine's")).into())
        }
        None => Err(Failure::usage("the name of the file is none for a table").hint("give --table NAME").into()),
    }
}

struct Load {
    connection: Connection,
    stop: Stop,
    journal: Journal,
    position: Position,
    table: Table,
    insert: Insert,
    rows: u64,
    batch: usize,
}

impl Load {
    async fn run(&mut self, args: &ImportCsv, progress: &ProgressBar) -> Result<(), Broken> {
        let failed = |error: anyhow::Error| Failure::new(Kind::Failed, format!("{error:#}"));
        let mut records = Records::open(&args.file, args.delimiter).map_err(failed)?;
        records.seek(&self.position).map_err(failed)?;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let mut record = StringRecord::new();
        while records.next(&mut record)? {
            let row = self.insert.row(records.line(&record), &record)?;
            bytes += row.bytes;
            rows.push(row);
            if rows.len() >= self.batch || bytes >= FULL {
                let next = records.place(self.position.done + rows.len() as u64);
                self.send(&rows, next).await?;
                progress.set_position(self.position.bytes);
                rows.clear();
                bytes = 0;
            }
        }
        let next = records.place(self.position.done + rows.len() as u64);
        self.send(&rows, next).await
    }

    async fn send(&mut self, rows: &[Row], next: Position) -> Result<(), Broken> {
        if let Some(kind) = self.stop.asked() {
            return Err(Failure::new(kind, "interrupted").into());
        }
        if rows.is_empty() {
            return Ok(());
        }
        self.journal
            .note(&self.position, rows.len() as u64)
            .map_err(|error| Failure::new(Kind::Failed, format!("{error:#}")))?;
        let statements = self.insert.together(rows);
        let affected = match commit(&self.connection, &self.stop, &[], &statements).await {
            Ok(affected) => affected,
            Err(Sent::Broken(broken)) => return Err(broken),
            Err(Sent::Refused(refused)) => return Err(self.blame(rows, refused).await.into()),
        };
        let inserted: u64 = affected.iter().sum();
        if inserted != rows.len() as u64 {
            let problem = format!(
                "{} were sent, and the database says it inserted {inserted}",
                counted(rows.len() as u64, "row")
            );
            return Err(Broken { failure: Failure::new(Kind::Failed, problem), is_last_unknown: true });
        }
        self.position = next;
        Ok(())
    }

    /// Finds out which row it was, by inserting them one by one and taking it all back.
    async fn blame(&self, rows: &[Row], refused: BatchError) -> Failure {
        let statements = self.insert.one_by_one(rows);
        let refused = match self.connection.rehearse(&[], &statements).await {
            Err(one) if one.statement.is_some() => one,
            _ => refused,
        };
        let row = refused.statement.and_then(|at| rows.get(at));
        let lines = match (row, rows.first(), rows.last()) {
            (Some(row), ..) => format!("line {}", row.line),
            (None, Some(first), Some(last)) => format!("lines {} to {}", first.line, last.line),
            _ => "no line".to_owned(),
        };
        Failure::new(refused.error.exit(), format!("{lines}: {}", refused.error)).caused_by(refused.error)
    }

    /// Takes back what can be, and says what is left.
    async fn give_up(self, cx: &Context, args: &ImportCsv, broken: Broken) -> Failure {
        let done = self.position.done;
        let mut said = format!("{} ({done} of {} inserted)", broken.failure, counted(self.rows, "row"));
        let mut say = |part: &str| {
            said.push_str("; ");
            said.push_str(part);
        };
        if broken.is_last_unknown {
            say("nobody knows whether the last batch took effect");
        }
        let is_kept = args.batches.resume || (self.table.has_own_rows() && !args.destination.create);
        if is_kept {
            let again = "run it again with --resume to go on, or delete them";
            let failure = broken.failure;
            if !broken.is_last_unknown {
                // What was sent last is known not to be there. Where this cannot be noted, it is found out later.
                let _ = self.journal.note(&self.position, 0);
            }
            return if done > 0 || broken.is_last_unknown {
                say("the rows that were inserted are kept");
                failure.saying(said).hint(again)
            } else {
                say("nothing was changed");
                self.journal.forget();
                failure.saying(said)
            };
        }
        self.journal.forget();
        let removed = if args.destination.create {
            args.destination.remove(cx).await.map(|()| "the database was removed again".to_owned())
        } else {
            self.table.remove(&self.connection).await
        };
        say(&removed.unwrap_or_else(|left| left));
        broken.failure.saying(said)
    }
}
