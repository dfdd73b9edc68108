//! `sql`: statements that are not typed interactively.

mod arguments;
mod demand;
mod rehearsal;
mod runner;
mod script;
mod text;

use anyhow::Result;

pub(super) use arguments::Given;
pub(super) use rehearsal::rehearse;
pub(super) use runner::{IsLast, Runner};
use runner::{is_of_database, tell};
pub(super) use script::{Flow, Performer, partial, run_script};
pub(super) use text::Text;

use crate::{
    args::{OnError, Parameters, SqlArgs},
    connect::{Access, Rights, check, connect},
    context::Context,
    exit::{Failure, after_changes},
    many::each_once,
    rows::{Mode, RowWriter},
    script::{Item, Source},
    stdout::{self, Out},
};

pub(crate) async fn run(cx: &Context, args: &SqlArgs) -> Result<()> {
    let (databases, text) = databases_and_text(args)?;
    databases.iter().try_for_each(|database| check(database))?;
    let given = Given::parse(&args.parameters)?;
    given.check(&text)?;
    if let Some(recorder) = cx.recorder() {
        for database in &databases {
            rehearse(cx, recorder, database, text.open()?, &args.parameters, given.clone(), no_command).await?;
        }
        return Ok(());
    }
    let mut writer = writer(cx, None);
    let ran = on_each(cx, &databases, &text, &args.parameters, &given, &mut writer).await;
    // What came before a failure is shown as a whole.
    let ended = writer.end();
    let (statements, databases) = ran?;
    ended?;
    partial(statements, databases)
}

/// Where rows go, in the mode asked for or as `--output` says.
pub(super) fn writer(cx: &Context, mode: Option<Mode>) -> RowWriter<Out> {
    let mode = mode.unwrap_or_else(|| cx.out().format().into());
    let mut writer = RowWriter::new(stdout::lock(), mode, stdout::width());
    writer.pick(cx.out().fields());
    writer
}

/// Yields how many statements failed, and how many of several databases, where that is no reason to stop.
async fn on_each(
    cx: &Context,
    databases: &[String],
    text: &Text<'_>,
    parameters: &Parameters,
    given: &Given,
    writer: &mut RowWriter<Out>,
) -> Result<(u64, u64)> {
    let are_several = databases.len() > 1;
    let goes_on = are_several && parameters.on_error == OnError::Continue;
    let (mut statements, mut unreachable) = (0, 0);
    let mut has_changed = false;
    for database in databases {
        let on_one = async {
            let connection = connect(cx, database, access(parameters)).await?;
            let mut runner = Runner::new(connection, &mut *writer, given.clone());
            runner.database = are_several.then(|| database.clone());
            let ran = run_script(&mut runner, text.open()?, parameters).await;
            has_changed |= runner.has_changed();
            runner.close().await;
            ran
        };
        match on_one.await {
            Ok(failed) => statements += failed,
            Err(error) if goes_on && is_of_database(&error) => {
                tell(Some(database), &error);
                unreachable += 1;
            }
            Err(error) if are_several => {
                let error = error.context(format!("database {database}"));
                return Err(if has_changed { after_changes(error) } else { error });
            }
            Err(error) => return Err(error),
        }
    }
    Ok((statements, unreachable))
}

impl<'w> Performer<'w> for Runner<'w> {
    fn runner(&mut self) -> &mut Self {
        self
    }

    async fn perform(&mut self, item: &Item, is_last: IsLast<'_>) -> Result<Flow> {
        match item {
            Item::Statement(statement) => self.statement(statement, is_last).await.map(|_| Flow::GoOn),
            Item::Command(command) => no_command(command).map(|()| Flow::GoOn),
        }
    }
}

fn no_command(command: &Source) -> Result<()> {
    Err(Failure::usage(format!("line {}: {} is for the shell, not for SQL", command.line, command.text))
        .hint("tursoctl shell DATABASE --file FILE")
        .into())
}

pub(super) fn access(parameters: &Parameters) -> Access<'_> {
    let rights = if parameters.read_only { Rights::Read } else { Rights::Write };
    Access { rights, key: &parameters.key }
}

/// The last word is the SQL, unless it is in a file.
fn databases_and_text(args: &SqlArgs) -> Result<(Vec<String>, Text<'_>)> {
    match (&args.file, args.words.split_last()) {
        (Some(file), _) => {
            let databases = each_once(&args.words);
            let text = Text::of_file(file, databases.len())?;
            Ok((databases, text))
        }
        (None, Some((sql, databases))) if !databases.is_empty() => Ok((each_once(databases), Text::Given(sql))),
        _ => Err(Failure::usage("there is a database but no SQL, or SQL but no database")
            .hint("tursoctl sql DATABASE 'SELECT 1', or tursoctl sql DATABASE --file FILE")
            .into()),
    }
}
