//! What grows with the data, and how fast: each figure once more with ten and with a hundred times as much.

use std::{fs, path::Path, time::Instant};

use anyhow::{Context as _, Result};
use serde_json::json;
use turso_cloud::{Client, Expiration, NewDatabase, NewToken};

use super::{
    Row, Tools,
    sql::{Side, execute, ours},
};
use crate::{
    measured::{Figures, Record, named},
    process::{LocalCloud, figures_of, itself, whole},
    sql::engine,
};

const TIMES: [usize; 3] = [1, 10, 100];
const ROWS: usize = 10_000;
const DATABASES: usize = 100;

pub(super) fn growth(rounds: usize, tools: &Tools) -> Result<Vec<Record>> {
    let tursoctl = whole(&tools.tursoctl)?;
    let mut growths = with_rows(rounds, &tursoctl)?;
    growths.extend(with_databases(rounds, &tursoctl)?);
    Ok(growths.into_iter().flat_map(Growth::into_records).collect())
}

/// One figure at every size.
struct Growth {
    case: &'static str,
    /// What there is so many of.
    things: &'static str,
    points: Vec<(usize, f64)>,
}

impl Growth {
    fn of(case: &'static str, things: &'static str) -> Self {
        Self { case, things, points: Vec::new() }
    }

    /// The median of some measurements, in microseconds.
    fn measure(&mut self, size: usize, rounds: usize, mut each_us: impl FnMut() -> Result<f64>) -> Result<()> {
        let mut turns = (0..rounds).map(|_| each_us()).collect::<Result<Vec<_>>>()?;
        turns.sort_by(f64::total_cmp);
        self.points.push((size, turns[turns.len() / 2]));
        Ok(())
    }

    /// The last record has the slope: 0 is flat, 1 grows as the data does.
    fn into_records(self) -> Vec<Record> {
        let first = self.points[0];
        let last = self.points.len() - 1;
        let record = |(index, (size, each)): (usize, (usize, f64))| {
            let mut figures: Figures = [("each_us", each)].map(named).into();
            if index == last {
                let slope = (each / first.1).ln() / (size as f64 / first.0 as f64).ln();
                figures.insert("slope".to_owned(), slope);
            }
            let who = format!("{} {}", crate::report::number(size as f64), self.things);
            Record { row: Row::Growth.name(), case: self.case.to_owned(), who, figures }
        };
        self.points.into_iter().enumerate().map(record).collect()
    }
}

/// One database whose table grows.
fn with_rows(rounds: usize, tursoctl: &Path) -> Result<Vec<Growth>> {
    let side = ours(tursoctl)?;
    let mut select = Growth::of("a row of a table", "rows");
    let mut update = Growth::of("a row of a table changed", "rows");
    let mut cursor = Growth::of("a row of a cursor", "rows");
    let mut batch = Growth::of("a statement of a batch", "statements");
    let mut there = 0;
    for times in TIMES {
        let rows = ROWS * times;
        for sql in engine::fill(there..rows) {
            side.run(&sql)?;
        }
        there = rows;
        let one = execute(&format!("SELECT v FROM points WHERE id = {}", rows / 3));
        select.measure(rows, rounds, || each_us(&side, "v2/pipeline", &one, 1))?;
        let change = execute(&format!("UPDATE points SET v = 'changed' WHERE id = {}", rows / 3));
        update.measure(rows, rounds, || each_us(&side, "v2/pipeline", &change, 1))?;
        let taken = rows / 10;
        let all = json!({"batch": {"steps": [{"stmt": {"sql": format!("SELECT id, v FROM points LIMIT {taken}")}}]}});
        cursor.measure(taken, rounds, || each_us(&side, "v3/cursor", &all.to_string(), taken))?;
        let steps = vec![json!({"stmt": {"sql": "SELECT v FROM points WHERE id = 77"}}); 10 * times];
        let steps = json!({"requests": [{"type": "batch", "batch": {"steps": &steps}}, {"type": "close"}]});
        batch.measure(10 * times, rounds, || each_us(&side, "v2/pipeline", &steps.to_string(), 10 * times))?;
    }
    Ok(vec![select, update, cursor, batch])
}

fn each_us(side: &Side, path: &str, body: &str, things: usize) -> Result<f64> {
    each_of(&side.load(path, body, 1, &[])?, things)
}

fn each_of(figures: &Figures, things: usize) -> Result<f64> {
    Ok(1e6 / figures.get("per_second").context("no figure of requests")? / things as f64)
}

/// A cloud whose databases grow in number.
fn with_databases(rounds: usize, tursoctl: &Path) -> Result<Vec<Growth>> {
    let folder = tempfile::tempdir_in(".")?;
    let mut create = Growth::of("a database created beside others", "databases");
    let mut get = Growth::of("a database got by its name", "databases");
    let mut list = Growth::of("a database of a listing", "databases");
    let mut select = Growth::of("`SELECT 1` in one of many", "databases");
    let mut start = Growth::of("a server that knows them", "databases");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut there = 0;
    for times in TIMES {
        let databases = DATABASES * times;
        let cloud = LocalCloud::start(tursoctl, folder.path())?;
        let turso = cloud.client()?;
        let last = databases - DATABASES;
        runtime.block_on(make(&turso, there..last))?;
        let started = Instant::now();
        runtime.block_on(make(&turso, last..databases))?;
        let each = started.elapsed().as_secs_f64() * 1e6 / DATABASES as f64;
        create.measure(databases, 1, || Ok(each))?;
        there = databases;

        let all = format!("{}/v1/organizations/acme/databases", cloud.url);
        let one = format!("{all}/{}", name_of(databases / 3));
        get.measure(databases, rounds, || each_of(&load(folder.path(), &one, &cloud.token, None)?, 1))?;
        list.measure(databases, rounds, || each_of(&load(folder.path(), &all, &cloud.token, None)?, databases))?;
        let (url, token) = runtime.block_on(async {
            let token = NewToken::full_access().expires(Expiration::never());
            let token = turso.groups().create_token("default", token).await?;
            let url = turso.databases().get(name_of(databases / 3)).await?.url();
            anyhow::Ok((format!("{}/v2/pipeline", url.trim_end_matches('/')), token.expose().to_owned()))
        })?;
        let body = execute("SELECT 1");
        select.measure(databases, rounds, || each_of(&load(folder.path(), &url, &token, Some(&body))?, 1))?;
        drop(cloud);
        start.measure(databases, rounds, || {
            let started = Instant::now();
            let _cloud = LocalCloud::start(tursoctl, folder.path())?;
            Ok(started.elapsed().as_secs_f64() * 1e6)
        })?;
    }
    Ok(vec![create, get, list, select, start])
}

async fn make(turso: &Client, numbers: std::ops::Range<usize>) -> Result<()> {
    let databases = numbers.map(|number| NewDatabase::new(name_of(number), "default"));
    turso.databases().create_many(databases).concurrency(16).await.into_result()?;
    Ok(())
}

fn name_of(number: usize) -> String {
    format!("tenant-{number:05}")
}

fn load(folder: &Path, url: &str, token: &str, body: Option<&str>) -> Result<Figures> {
    let targets = folder.join("targets");
    fs::write(&targets, format!("{url} {token}"))?;
    let mut command = itself(&["load", "--seconds", "1"])?;
    command.arg("--targets").arg(targets);
    if let Some(body) = body {
        command.args(["--body", body]);
    }
    figures_of(&mut command)
}
