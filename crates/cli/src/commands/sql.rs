//! `sql`: statements without a person.

mod arguments;
mod rehearsal;
mod runner;

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor as Bytes},
    path::Path,
};

use anyhow::{Context as _, Result};

pub(super) use arguments::{Given, from_hexadecimal};
pub(super) use rehearsal::rehearse;
pub(super) use runner::{Runner, is_of_statement};

use super::input::refuse_folder;
use crate::{
    args::{OnError, Parameters, SqlArgs},
    connect::{Access, Rights, check, connect},
    context::Context,
    exit::{Failure, Kind},
    hrana::Connection,
    rows::{Mode, RowWriter},
    script::{Item, ScriptReader, Source},
    stdin::Stdin,
    stdout::{self, Out},
};

pub(crate) async fn run(cx: &Context, args: &SqlArgs) -> Result<()> {
    let (databases, sql) = databases_and_sql(args)?;
    databases.iter().try_for_each(|database| check(database))?;
    let given = Given::parse(&args.parameters)?;
    if let Some(recorder) = cx.recorder() {
        for database in databases {
            rehearse(cx, recorder, database, open(sql, args.file.as_deref())?, &args.parameters, no_command).await?;
        }
        return Ok(());
    }
    let mut writer = writer(cx, None);
    let mut failed = 0;
    for database in databases {
        let connection = connect(cx, database, access(&args.parameters)).await?;
        let mut runner = Runner::new(connection, writer, given.clone());
        if databases.len() > 1 {
            runner.database = Some(database.clone());
        }
        let script = open(sql, args.file.as_deref())?;
        let outcome = script_of(cx, &mut runner, script, &args.parameters).await;
        writer = runner.into_writer();
        failed += match outcome {
            Ok(failed) => failed,
            Err(error) => {
                writer.end()?;
                return Err(if databases.len() > 1 { error.context(format!("database {database}")) } else { error });
            }
        };
    }
    writer.end()?;
    partial(failed)
}

/// Where rows go, in the mode asked for or as `--output` says.
pub(super) fn writer(cx: &Context, mode: Option<Mode>) -> RowWriter<Out> {
    let mode = mode.unwrap_or_else(|| cx.out().format().into());
    let mut writer = RowWriter::new(stdout::lock(), mode, stdout::width());
    writer.pick(cx.out().fields());
    writer
}

/// Runs the statements of a script, and yields how many failed where that is no reason to stop.
pub(super) async fn script_of<W: io::Write>(
    cx: &Context,
    runner: &mut Runner<W>,
    script: impl BufRead,
    parameters: &Parameters,
) -> Result<u64> {
    if parameters.single_transaction {
        runner.begin().await?;
    }
    let ran = statements(cx, runner, script, parameters).await;
    let ended =
        if parameters.single_transaction { runner.end(ran.is_ok()).await } else { nothing_is_open(&runner.connection) };
    runner.close().await;
    let failed = ran?;
    ended.map(|()| failed)
}

/// What is not committed when a script ends is lost with its connection.
pub(super) fn nothing_is_open(connection: &Connection) -> Result<()> {
    if !connection.is_in_transaction() {
        return Ok(());
    }
    let problem = "the transaction was not committed: what was changed since BEGIN is rolled back";
    Err(Failure::new(Kind::Failed, problem).hint("end it with COMMIT, or leave out BEGIN").into())
}

async fn statements<W: io::Write>(
    cx: &Context,
    runner: &mut Runner<W>,
    script: impl BufRead,
    parameters: &Parameters,
) -> Result<u64> {
    let mut script = ScriptReader::new(script);
    let mut failed = 0;
    while let Some(item) = script.next().map_err(Failure::from)? {
        let outcome = match item {
            Item::Statement(statement) => runner.statement(&statement).await.map(drop),
            Item::Command(command) => no_command(&command),
        };
        match outcome {
            Ok(()) => {}
            Err(error) if parameters.on_error == OnError::Continue && is_of_statement(&error) => {
                runner.flush()?;
                cx.notice(format_args!("error: {error:#}"));
                failed += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(failed)
}

fn no_command(command: &Source) -> Result<()> {
    Err(Failure::usage(format!("line {}: {} is for the shell, not for SQL", command.line, command.text))
        .hint("tursoctl shell DATABASE --file FILE")
        .into())
}

/// The exit code where some statements failed and others went on.
pub(super) fn partial(failed: u64) -> Result<()> {
    match failed {
        0 => Ok(()),
        1 => Err(Failure::new(Kind::Partial, "1 statement failed").into()),
        many => Err(Failure::new(Kind::Partial, format!("{many} statements failed")).into()),
    }
}

pub(super) fn access(parameters: &Parameters) -> Access<'_> {
    let rights = if parameters.read_only { Rights::Read } else { Rights::Write };
    Access { rights, key: &parameters.key }
}

/// The last word is the SQL, unless it is in a file.
fn databases_and_sql(args: &SqlArgs) -> Result<(&[String], Option<&str>)> {
    match (&args.file, args.words.split_last()) {
        (Some(_), _) => Ok((&args.words, None)),
        (None, Some((sql, databases))) if !databases.is_empty() => Ok((databases, Some(sql))),
        _ => Err(Failure::usage("there is a database but no SQL, or SQL but no database")
            .hint("tursoctl sql DATABASE 'SELECT 1', or tursoctl sql DATABASE --file FILE")
            .into()),
    }
}

/// The script, from its beginning.
fn open<'s>(sql: Option<&'s str>, file: Option<&Path>) -> Result<Box<dyn BufRead + 's>> {
    match (sql, file) {
        (Some(sql), _) => Ok(Box::new(Bytes::new(sql))),
        (None, Some(file)) => open_file(file).map(|file| file as Box<dyn BufRead>),
        (None, None) => Ok(Box::new(io::empty())),
    }
}

/// A file, or with `-` the standard input.
pub(super) fn open_file(file: &Path) -> Result<Box<dyn BufRead>> {
    if file == Path::new("-") {
        return Ok(Box::new(BufReader::new(Stdin)));
    }
    refuse_folder(file)?;
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Box::new(BufReader::new(opened)))
}
