//! Ten thousand databases, created by the thousand, so that it shows whether the next one costs more than the last.

use std::{path::Path, time::Instant};

use anyhow::Result;
use turso_cloud::NewDatabase;

use super::{Row, Tools, compete, contender, peer};
use crate::{
    measured::{Figures, Record, named},
    process::{LocalCloud, Sqld, whole},
    sql::engine,
};

const DATABASES: usize = 10_000;
const STEP: usize = 1000;
const AT_A_TIME: usize = 16;

pub(super) fn create(tools: &Tools) -> Result<Vec<Record>> {
    let (tursoctl, sqld_program) = (whole(&tools.tursoctl)?, whole(&tools.sqld)?);
    // Once each, since a turn is ten thousand.
    let contenders = vec![
        contender("floor: rows and files", floor),
        contender("turso-cloud-local", || ours(&tursoctl)),
        peer("sqld", || sqld(&sqld_program)),
    ];
    compete(Row::Create, "10,000 databases", 1, contenders)
}

/// A row for each in one table, and an empty database file for each.
fn floor() -> Result<Figures> {
    let folder = tempfile::tempdir_in(".")?;
    let catalogue = engine::open(&folder.path().join("catalogue.db"))?;
    catalogue.execute_batch("CREATE TABLE databases(id INTEGER PRIMARY KEY, name TEXT UNIQUE, host TEXT UNIQUE)")?;
    in_steps(|numbers| {
        for number in numbers {
            let name = format!("tenant-{number:05}");
            catalogue.execute("INSERT INTO databases(name, host) VALUES (?1, ?1 || '-acme')", [&name])?;
            std::fs::File::create_new(folder.path().join(name))?;
        }
        Ok(())
    })
}

fn ours(tursoctl: &Path) -> Result<Figures> {
    let folder = tempfile::tempdir_in(".")?;
    let cloud = LocalCloud::start(tursoctl, folder.path())?;
    let (turso, runtime) = (cloud.client()?, tokio::runtime::Builder::new_current_thread().enable_all().build()?);
    let mut figures = in_steps(|numbers| {
        let databases = numbers.map(|number| NewDatabase::new(format!("tenant-{number:05}"), "default"));
        let outcomes =
            runtime.block_on(async { turso.databases().create_many(databases).concurrency(AT_A_TIME).await });
        outcomes.into_result()?;
        Ok(())
    })?;
    figures.insert("server_peak_kib".to_owned(), cloud.running.peak_kib()?);
    Ok(figures)
}

fn sqld(program: &Path) -> Result<Figures> {
    let folder = tempfile::tempdir_in(".")?;
    let server = Sqld::start(program, folder.path())?;
    let mut figures = in_steps(|numbers| {
        let numbers = std::sync::Mutex::new(numbers);
        std::thread::scope(|scope| {
            let lane = || {
                while let Some(number) = next(&numbers) {
                    server.create(&format!("tenant-{number:05}"))?;
                }
                anyhow::Ok(())
            };
            let lanes: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(lane)).collect();
            lanes.into_iter().try_for_each(|lane| match lane.join() {
                Ok(result) => result,
                Err(_) => anyhow::bail!("a lane of creations panicked"),
            })
        })
    })?;
    figures.insert("server_peak_kib".to_owned(), server.running.peak_kib()?);
    Ok(figures)
}

fn next(numbers: &std::sync::Mutex<std::ops::Range<usize>>) -> Option<usize> {
    numbers.lock().ok()?.next()
}

/// The time of one, over all, and in the first and the last step.
fn in_steps(mut create: impl FnMut(std::ops::Range<usize>) -> Result<()>) -> Result<Figures> {
    let mut steps = Vec::new();
    for first in (0..DATABASES).step_by(STEP) {
        let started = Instant::now();
        create(first..first + STEP)?;
        steps.push(started.elapsed().as_secs_f64() * 1e6 / STEP as f64);
    }
    let all = steps.iter().sum::<f64>() / steps.len() as f64;
    let (first, last) = (steps[0], steps[steps.len() - 1]);
    Ok([("each_us", all), ("each_of_first_1000_us", first), ("each_of_last_1000_us", last)].map(named).into())
}
