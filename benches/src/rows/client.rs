//! The client against requests written by hand, the official client and a script.

use std::process::Command;

use anyhow::Result;

use super::{Row, Tools, compete, contender, peer};
use crate::{
    measured::{Figures, Record},
    process::{Running, figures_of, itself},
};

pub(super) fn call(rounds: usize, tools: &Tools) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for concurrency in [1, 16] {
        let case = format!("{concurrency} at a time");
        records.extend(all_clients(Row::Call, &case, "call", (4000, 400), concurrency, rounds, tools)?);
    }
    Ok(records)
}

pub(super) fn list(rounds: usize, tools: &Tools) -> Result<Vec<Record>> {
    all_clients(Row::List, "10,000 databases", "list", (20, 3), 1, rounds, tools)
}

pub(super) fn audit(rounds: usize) -> Result<Vec<Record>> {
    let (_server, url) = fixture()?;
    compete(
        Row::Audit,
        "1,000,000 entries",
        rounds.min(3),
        vec![
            contender("floor", || rust("audit", "floor", &url, (1, 0), 1)),
            contender("turso-cloud", || rust("audit", "ours", &url, (1, 0), 1)),
        ],
    )
}

fn all_clients(
    row: Row,
    case: &str,
    task: &str,
    (count, warm_up): (usize, usize),
    concurrency: usize,
    rounds: usize,
    tools: &Tools,
) -> Result<Vec<Record>> {
    let (_server, url) = fixture()?;
    let (numbers, url) = ((count, warm_up), url.as_str());
    let scripted = |program: &std::path::Path, script: &str| -> Result<Figures> {
        let numbers = [count, warm_up, concurrency].map(|number| number.to_string());
        figures_of(Command::new(program).args([script, task, url]).args(numbers))
    };
    let in_rust = |who| move || rust(task, who, url, numbers, concurrency);
    let mut contenders = vec![contender("floor", in_rust("floor"))];
    if row == Row::Call {
        contenders.push(contender("floor, with a timeout", in_rust("floor-with-timeout")));
    }
    contenders.push(contender("turso-cloud", in_rust("ours")));
    contenders.push(peer("@tursodatabase/api", || scripted("node".as_ref(), "peers/node/api.mjs")));
    contenders.push(peer("requests", || scripted(&tools.python, "peers/python/api.py")));
    let records = compete(row, case, rounds, contenders)?;
    Ok(per_call(records, count))
}

/// Times of one call instead of all of them, in microseconds.
fn per_call(mut records: Vec<Record>, count: usize) -> Vec<Record> {
    for record in &mut records {
        for (name, per) in [("wall_ms", "wall_us"), ("cpu_ms", "cpu_us")] {
            if let Some(whole) = record.figures.remove(name) {
                record.figures.insert(per.to_owned(), whole * 1000.0 / count as f64);
            }
        }
    }
    records
}

fn fixture() -> Result<(Running, String)> {
    Running::start_and_read_line(&mut itself(&["fixture"])?)
}

fn rust(task: &str, who: &str, url: &str, (count, warm_up): (usize, usize), concurrency: usize) -> Result<Figures> {
    let mut command = itself(&["work", task, "--who", who, "--url", url])?;
    let numbers = [("--count", count), ("--warm-up", warm_up), ("--concurrency", concurrency)];
    for (name, number) in numbers {
        command.arg(name).arg(number.to_string());
    }
    figures_of(&mut command)
}
