//! From nothing to the first answer, and what a cloud takes at rest.

use std::{process::Command, time::Instant};

use anyhow::Result;
use turso_cloud_local::Cloud;

use super::{Row, Tools, compete, contender, peer};
use crate::{
    measured::{Figures, Record, named},
    process::{LocalCloud, Sqld, post, wait_for, whole},
};

pub(super) fn start(rounds: usize, tools: &Tools) -> Result<Vec<Record>> {
    let (tursoctl, sqld) = (whole(&tools.tursoctl)?, whole(&tools.sqld)?);
    let served = vec![
        contender("floor: an empty program", || timed(|| Ok(Command::new("true").status().map(drop)?))),
        contender("turso-cloud-local", || {
            let folder = tempfile::tempdir_in(".")?;
            let started = Instant::now();
            let cloud = LocalCloud::start(&tursoctl, folder.path())?;
            wait_for(cloud.url.trim_start_matches("http://"))?;
            let mut figures = since(started);
            figures.insert("resident_kib".to_owned(), cloud.running.resident_kib()?);
            Ok(figures)
        }),
        peer("sqld", || {
            let folder = tempfile::tempdir_in(".")?;
            let started = Instant::now();
            let server = Sqld::start(&sqld, folder.path())?;
            let headers = format!("Authorization: Bearer {}\r\n", server.token);
            post(&server.http, "/v2/pipeline", &headers, r#"{"requests":[]}"#)?;
            let mut figures = since(started);
            figures.insert("resident_kib".to_owned(), server.running.resident_kib()?);
            Ok(figures)
        }),
    ];
    let mut records = compete(Row::Start, "a server", rounds, served)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let _inside = runtime.enter();
    let in_process = vec![contender("turso-cloud-local", || timed(|| Cloud::new().map(drop).map_err(Into::into)))];
    records.extend(compete(Row::Start, "a cloud in a test", rounds.max(20), in_process)?);
    Ok(records)
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Figures> {
    let started = Instant::now();
    work()?;
    Ok(since(started))
}

fn since(started: Instant) -> Figures {
    [("wall_ms", started.elapsed().as_secs_f64() * 1000.0)].map(named).into()
}
