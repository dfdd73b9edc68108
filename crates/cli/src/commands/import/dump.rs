//! A dump that is run statement by statement, some at once.

mod survey;

use std::{
    collections::HashSet,
    fs::File,
    io::{BufReader, Seek as _, SeekFrom},
    path::Path,
};

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;

use super::{
    journal::{Fingerprint, Journal, Position},
    load::{FULL, Sent, commit},
    outcome::{Broken, IMPORTED, Imported, counted},
    stop::Stop,
};
use survey::Survey;

use crate::{
    args::ImportDump,
    context::Context,
    exit::{Failure, Kind},
    hrana::{BatchError, Connection, Statement, Value},
    progress,
    script::{Created, Item, ScriptReader, Source, created, first_word, is_transaction_control, quote_identifier},
};

pub(super) async fn run(cx: &Context, args: &ImportDump) -> Result<()> {
    let fingerprint = Fingerprint::of(&args.file)?;
    let survey = Survey::take(cx, &args.file, fingerprint.bytes())?;
    args.destination.check(cx).await?;
    if cx.is_dry_run() {
        cx.notice(format_args!("this would run {}", counted(survey.statements, "statement")));
        return args.destination.rehearse(cx).await;
    }
    let stop = Stop::listen()?;
    let journal = Journal::new(&args.destination.to, "", fingerprint.clone())?;
    let start = start(args, &journal)?;
    let connection = args.destination.open(cx).await?;
    let existing = existing(&connection).await?;
    if start.done == 0 {
        survey.refuse_what_exists(&existing)?;
    }
    let mut load = Load {
        connection,
        stop,
        journal,
        position: start,
        made: Vec::new(),
        existing,
        statements: survey.statements,
        batch: args.batches.batch as usize,
    };
    let progress = progress::of_file(cx, "importing", &args.file, fingerprint.bytes());
    let loaded = load.run(&args.file, &progress).await;
    drop(progress);
    if let Err(broken) = loaded {
        return Err(load.give_up(cx, args, broken).await.into());
    }
    load.journal.forget();
    let (database, statements) = (args.destination.to.clone(), Some(load.position.done));
    let created = args.destination.create;
    cx.out().value(&IMPORTED, &Imported { database, table: None, rows: None, statements, created })
}

fn open(file: &Path, from: &Position) -> Result<ScriptReader<BufReader<File>>> {
    let unreadable = || format!("cannot read {}", file.display());
    let mut opened = File::open(file).with_context(unreadable)?;
    opened.seek(SeekFrom::Start(from.bytes)).with_context(unreadable)?;
    Ok(ScriptReader::new(BufReader::new(opened)).after(from.done, from.line, from.bytes))
}

/// Where to begin.
fn start(args: &ImportDump, journal: &Journal) -> Result<Position> {
    if !args.batches.resume {
        return Ok(Position::default());
    }
    match journal.earlier()? {
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
        Some(_) if args.destination.create => {
            Err(Failure::usage("--resume goes on in a database that exists: leave out --create").into())
        }
        Some(earlier) => Ok(earlier.position),
    }
}

/// What is there already.
async fn existing(connection: &Connection) -> Result<HashSet<String>> {
    let mut beside = connection.another();
    let rows = beside.rows(&Statement::new("SELECT lower(name) FROM sqlite_schema")).await.map_err(Failure::from)?;
    beside.close().await;
    Ok(rows
        .into_iter()
        .filter_map(|row| match row.into_iter().next() {
            Some(Value::Text(name)) => Some(name),
            _ => None,
        })
        .collect())
}

struct Load {
    connection: Connection,
    stop: Stop,
    journal: Journal,
    position: Position,
    /// What was made, and was not there before.
    made: Vec<Created>,
    existing: HashSet<String>,
    statements: u64,
    batch: usize,
}

impl Load {
    async fn run(&mut self, file: &Path, progress: &ProgressBar) -> Result<(), Broken> {
        let failed = |error: anyhow::Error| Failure::new(Kind::Failed, format!("{error:#}"));
        let mut script = open(file, &self.position).map_err(failed)?;
        let mut waiting = Vec::new();
        let mut bytes = 0;
        loop {
            let item = script.next().map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
            let Some(Item::Statement(source) | Item::Command(source)) = item else { break };
            bytes += source.text.len();
            waiting.push(source);
            if waiting.len() >= self.batch || bytes >= FULL {
                self.send(&waiting).await?;
                progress.set_position(self.position.bytes);
                waiting.clear();
                bytes = 0;
            }
        }
        self.send(&waiting).await
    }

    async fn send(&mut self, sources: &[Source]) -> Result<(), Broken> {
        let Some(last) = sources.last() else { return Ok(()) };
        if let Some(kind) = self.stop.asked() {
            return Err(Failure::new(kind, "interrupted").into());
        }
        // The transactions are ours, and so is what holds for them.
        let is_ours = |source: &&Source| {
            is_transaction_control(&source.text)
                || (first_word(&source.text) == "PRAGMA" && source.text.to_ascii_lowercase().contains("foreign_keys"))
        };
        let sources: Vec<_> = sources.iter().filter(|source| !is_ours(source)).collect();
        let statements: Vec<_> = sources.iter().map(|source| Statement::new(source.text.as_str())).collect();
        self.note(statements.len() as u64)?;
        if !statements.is_empty() {
            // A dump may name a row before the one it refers to.
            let before = [Statement::new("PRAGMA foreign_keys = OFF")];
            commit(&self.connection, &self.stop, &before, &statements).await.map_err(|sent| blame(sent, &sources))?;
        }
        for made in sources.iter().filter_map(|source| created(&source.text)) {
            if !self.existing.contains(&made.name.to_lowercase()) {
                self.made.push(made);
            }
        }
        self.position = Position { done: last.number, bytes: last.end, line: last.last_line };
        self.note(0)
    }

    fn note(&self, sent: u64) -> Result<(), Broken> {
        self.journal.note(&self.position, sent).map_err(|error| Failure::new(Kind::Failed, format!("{error:#}")).into())
    }

    /// Takes back what can be, and says what is left.
    async fn give_up(self, cx: &Context, args: &ImportDump, broken: Broken) -> Failure {
        let (done, all) = (self.position.done, self.statements);
        let mut said = format!("{} ({done} of {})", broken.failure, counted(all, "statement"));
        let mut left = Vec::new();
        if broken.is_last_unknown {
            left.push("nobody knows whether the last batch took effect".to_owned());
        }
        if args.batches.resume {
            if !broken.is_last_unknown {
                // Where this cannot be noted, the next run will not go on by itself.
                let _ = self.note(0);
            }
            left.push("what was run is kept".to_owned());
            return broken.failure.saying(append(said, &left)).hint("run it again with --resume to go on");
        }
        self.journal.forget();
        if args.destination.create {
            match args.destination.remove(cx).await {
                Ok(()) => left.push("the database was removed again".to_owned()),
                Err(problem) => left.push(problem),
            }
        } else if done > 0 || broken.is_last_unknown {
            match self.remove_made().await {
                Ok(()) => {
                    let said = "what it had made was removed again; rows in tables that were there are kept";
                    left.push(said.to_owned());
                }
                Err(problem) => left.push(problem),
            }
        } else {
            said.push_str(": nothing was changed");
        }
        broken.failure.saying(append(said, &left))
    }

    async fn remove_made(&self) -> Result<(), String> {
        if self.made.is_empty() {
            return Ok(());
        }
        let drops: Vec<_> = self
            .made
            .iter()
            .rev()
            .map(|made| Statement::new(format!("DROP {} IF EXISTS {}", made.kind, quote_identifier(&made.name))))
            .collect();
        let before = [Statement::new("PRAGMA foreign_keys = OFF")];
        self.connection.commit(&before, &drops).await.map(drop).map_err(|BatchError { error, .. }| {
            let names: Vec<_> = self.made.iter().map(|made| made.name.as_str()).collect();
            format!("these were made and could not be removed: {} ({error})", names.join(", "))
        })
    }
}

fn append(mut said: String, left: &[String]) -> String {
    for part in left {
        said.push_str("; ");
        said.push_str(part);
    }
    said
}

/// Says which statement it was.
fn blame(sent: Sent, sources: &[&Source]) -> Broken {
    let BatchError { statement, error } = match sent {
        Sent::Broken(broken) => return broken,
        Sent::Refused(refused) => refused,
    };
    match statement.and_then(|at| sources.get(at)) {
        None => Failure::from(error).into(),
        Some(source) => Failure::new(error.exit(), source.blame(&error)).caused_by(error).into(),
    }
}
