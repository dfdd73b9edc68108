//! Measures the project against a floor and against peers, all in the same run, and makes the page of the results.

mod fixture;
mod flame;
mod measured;
mod process;
mod processors;
mod report;
mod rows;
mod sql;
mod work;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

use rows::{Row, Tools};

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures rows of the table and adds them to a file of results
    Run {
        /// Which ones; all without it
        rows: Vec<Row>,
        /// Where the results are kept; those of other rows stay
        #[arg(long, default_value = "results.json")]
        results: PathBuf,
        /// How often each contender has its turn; the median is kept
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        #[command(flatten)]
        tools: Tools,
    },
    /// Makes the page and its plots from a file of results
    Report {
        #[arg(long, default_value = "results.json")]
        results: PathBuf,
        /// The folder of the page
        #[arg(long, default_value = "../docs")]
        out: PathBuf,
    },
    /// Serves answers of a fixed size until its standard input closes (a contender's server)
    Fixture,
    /// One turn of one contender, which prints what it took as JSON
    Work(work::Work),
    /// Requests to a server, which prints how it answered as JSON
    Load(sql::load::Load),
    /// Draws where the local cloud spends its time; needs `perf`
    Flame(flame::Flame),
}

fn main() -> Result<()> {
    match Args::parse().command {
        Command::Run { rows, results, rounds, tools } => rows::run(&rows, &results, rounds, &tools),
        Command::Report { results, out } => report::write(&results, &out),
        Command::Fixture => fixture::serve(),
        Command::Work(work) => work.perform(),
        Command::Load(load) => load.perform(),
        Command::Flame(flame) => flame.perform(),
    }
}
