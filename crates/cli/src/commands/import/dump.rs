//! A dump that is run statement by statement, some at once.

mod survey;
mod translate;

use std::{collections::HashSet, io::BufReader};

use anyhow::Result;
use indicatif::ProgressBar;

use super::{
    journal::{Journal, Position},
    load::{FULL, Sent, commit, without_foreign_keys},
    made::Made,
    outcome::{Broken, IMPORTED, Imported, append, leaving},
    stop::Stop,
    table::{names, sweep},
};
use survey::Survey;
use translate::Translation;

use crate::{
    args::{Import, ImportDump},
    commands::input::{Cursor, Input},
    context::Context,
    exit::{Failure, Kind},
    hrana::{BatchError, Connection, Statement},
    many::counted,
    progress,
    script::{Item, ScriptReader, Source, altered, created, folded, makes_virtual_table},
};

pub(super) async fn run(cx: &Context, args: &ImportDump) -> Result<()> {
    let destination = &args.import.destination;
    let (input, fingerprint, group) = args.import.open(cx).await?;
    let survey = Survey::take(cx, &input, fingerprint.bytes())?;
    if cx.is_dry_run() {
        cx.notice(format_args!("this would run {}", counted(survey.statements, "statement")));
        return destination.rehearse(cx, group.as_ref()).await;
    }
    let stop = Stop::listen(cx.flags().quiet)?;
    let journal = Journal::new(&destination.target(cx), "", fingerprint.clone())?;
    let start = start(&args.import, &journal)?;
    let connection = destination.open(cx, group.as_ref(), &stop).await?;
    let existing = match look(&connection, &stop, &survey, &journal, &start).await {
        Ok(existing) => existing,
        Err(error) => return Err(destination.abandon(cx, error).await),
    };
    let mut load = Load {
        connection,
        stop,
        journal,
        position: start,
        translation: Translation::of(&survey),
        made: Made::default(),
        existing,
        statements: survey.statements,
        batch: args.import.batch as usize,
    };
    let progress = progress::of_file(cx, "importing", input.path(), fingerprint.bytes());
    let loaded = load.run(&input, &progress).await;
    drop(progress);
    if let Err(broken) = loaded {
        return Err(load.give_up(cx, &args.import, broken).await.into());
    }
    load.journal.forget();
    cx.out().value(&IMPORTED, &Imported { statements: Some(load.position.done), ..destination.imported() })
}

fn open(input: &Input, from: &Position) -> ScriptReader<BufReader<Cursor>> {
    ScriptReader::new(BufReader::new(input.from(from.bytes))).after(from.done, from.line, from.bytes)
}

/// Where to begin.
fn start(args: &Import, journal: &Journal) -> Result<Position> {
    match args.earlier(journal)? {
        None => Ok(Position::default()),
        Some(earlier) if earlier.sent > 0 => {
            let problem = format!(
                "--resume: nobody knows whether the {} after statement {} were run",
                counted(earlier.sent, "statement"),
                earlier.position.done
            );
            Err(Failure::new(Kind::Refused, problem)
                .hint("look whether their rows are there, and leave out --resume to begin anew")
                .into())
        }
        Some(earlier) => Ok(earlier.position),
    }
}

/// What is there before a statement is run. Whoever begins anew needs room for what the dump makes.
async fn look(
    connection: &Connection,
    stop: &Stop,
    survey: &Survey,
    journal: &Journal,
    start: &Position,
) -> Result<HashSet<String>> {
    let existing = stop.or(names(connection)).await?;
    if start.done == 0 {
        survey.refuse_what_exists(&existing)?;
        if let Some(mark) = &journal.left {
            sweep(connection, stop, mark).await.map_err(|broken| broken.failure)?;
        }
    }
    Ok(existing)
}

struct Load {
    connection: Connection,
    stop: Stop,
    journal: Journal,
    position: Position,
    translation: Translation,
    /// What was made, and was not there before.
    made: Made,
    existing: HashSet<String>,
    statements: u64,
    batch: usize,
}

impl Load {
    async fn run(&mut self, input: &Input, progress: &ProgressBar) -> Result<(), Broken> {
        let mut script = open(input, &self.position);
        let (mut waiting, mut bytes) = (Vec::new(), 0);
        let mut end = self.position.clone();
        self.look().await?;
        loop {
            let item = script.next().map_err(|error| Failure::usage(format!("{input}: {error}")))?;
            let Some(Item::Statement(mut source) | Item::Command(mut source)) = item else { break };
            end = Position { done: source.number, bytes: source.end, line: source.last_line };
            let Some(sql) = self.translation.statement(std::mem::take(&mut source.text)) else { continue };
            bytes += sql.len();
            // It makes more tables than the one it names.
            let has_more_tables = makes_virtual_table(&sql);
            waiting.push(Source { text: sql, ..source });
            if waiting.len() >= self.batch || bytes >= FULL || has_more_tables {
                self.send(&waiting, end.clone()).await?;
                progress.set_position(self.position.bytes);
                waiting.clear();
                bytes = 0;
            }
            if has_more_tables {
                self.look().await?;
            }
        }
        self.send(&waiting, end).await
    }

    /// Sees what virtual tables there are.
    async fn look(&mut self) -> Result<(), Broken> {
        Ok(self.stop.or(self.translation.look(&self.connection)).await?)
    }

    /// Commits statements, behind which the import stands at `next`.
    async fn send(&mut self, sources: &[Source], next: Position) -> Result<(), Broken> {
        self.stop.check()?;
        if !sources.is_empty() {
            self.note(sources.len() as u64)?;
            let statements: Vec<_> = sources.iter().map(|source| Statement::new(source.text.as_str())).collect();
            // A dump may name a row before the one it refers to.
            let sent = commit(&self.connection, &self.stop, &without_foreign_keys(), &statements).await;
            let outcome = sent.map(drop).map_err(|sent| blame(sent, sources));
            for sql in sources.iter().map(|source| source.text.as_str()) {
                let made = created(sql).filter(|made| !self.existing.contains(&folded(&made.name)));
                self.made.note(made.map(|made| (made, sql)), &outcome);
                if let Some(altered) = altered(sql).filter(|_| outcome.is_ok()) {
                    self.made.follow(altered);
                }
            }
            outcome?;
        }
        self.position = next;
        self.note(0)
    }

    fn note(&self, sent: u64) -> Result<(), Broken> {
        Ok(self.journal.note(&self.position, sent)?)
    }

    /// Takes back what can be, and says what is left.
    async fn give_up(self, cx: &Context, args: &Import, broken: Broken) -> Failure {
        let (done, all) = (self.position.done, self.statements);
        let mut said = format!("{} ({done} of {})", broken.failure, counted(all, "statement"));
        let mut left = broken.unknown();
        if args.keeps() {
            if !broken.is_last_unknown {
                // Where this cannot be noted, the next run will not go on by itself.
                let _ = self.note(0);
            }
            left.push("what was run is kept".to_owned());
            let is_changed = done > 0 || args.destination.create;
            return leaving(broken.failure, is_changed).saying(append(said, &left)).hint(args.again());
        }
        self.journal.forget();
        let mut is_changed = false;
        if args.destination.create {
            let removed = args.destination.remove_again(cx).await;
            is_changed = removed.is_err();
            left.push(removed.unwrap_or_else(|left| left));
        } else if done > 0 || broken.is_last_unknown {
            let removed = self.made.remove(&self.connection).await;
            let removed = removed.map(|said| format!("{said}; what it did to tables that were there is kept"));
            is_changed = true;
            left.push(removed.unwrap_or_else(|left| left));
        } else {
            said.push_str(": nothing was changed");
        }
        leaving(broken.failure, is_changed).saying(append(said, &left))
    }
}

/// Says which statement it was.
fn blame(sent: Sent, sources: &[Source]) -> Broken {
    let BatchError { statement, error } = match sent {
        Sent::Broken(broken) => return broken,
        Sent::Refused(refused) => refused,
    };
    match statement.and_then(|at| sources.get(at)) {
        None => Failure::from(error).into(),
        Some(source) => source.blame(error).into(),
    }
}
