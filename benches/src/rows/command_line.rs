//! The command line against the official one.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Result, ensure};
use turso_cloud::NewDatabase;

use super::{Row, Tools, compete, contender, peer};
use crate::{
    measured::{Figures, Record, Stopwatch},
    process::{LocalCloud, whole},
};

pub(super) fn command_line(rounds: usize, tools: &Tools) -> Result<Vec<Record>> {
    let (tursoctl, turso) = (whole(&tools.tursoctl)?, whole(&tools.turso)?);
    let folder = tempfile::tempdir_in(".")?;
    let cloud = LocalCloud::start(&tursoctl, folder.path())?;
    let (client, runtime) = (cloud.client()?, tokio::runtime::Builder::new_current_thread().enable_all().build()?);
    runtime.block_on(async {
        let databases = (0..1000).map(|number| NewDatabase::new(format!("tenant-{number:04}"), "default"));
        for outcome in client.databases().create_many(databases).concurrency(16).await {
            outcome.result?;
        }
        anyhow::Ok(())
    })?;
    let official = folder.path().join("official");
    fs::create_dir(&official)?;
    fs::write(official.join("settings.json"), r#"{"organization":"acme"}"#)?;
    let ours = |arguments: &[&str]| turn(&tursoctl, arguments, &cloud, folder.path());
    let theirs = |arguments: &[&str]| turn(&turso, arguments, &cloud, &official);
    let empty = || turn("true".as_ref(), &[], &cloud, folder.path());
    let mut records = compete(
        Row::CommandLine,
        "--version",
        rounds * 4,
        vec![
            contender("floor: an empty program", empty),
            contender("tursoctl", || ours(&["--version"])),
            peer("turso", || theirs(&["--version"])),
        ],
    )?;
    records.extend(compete(
        Row::CommandLine,
        "db list of 1,000 databases",
        rounds * 2,
        vec![contender("tursoctl", || ours(&["db", "list"])), peer("turso", || theirs(&["db", "list"]))],
    )?);
    Ok(records)
}

fn turn(program: &Path, arguments: &[&str], cloud: &LocalCloud, configuration: &Path) -> Result<Figures> {
    let watch = Stopwatch::start_for_children()?;
    let status = Command::new(program)
        .args(arguments)
        .env("TURSO_API_TOKEN", &cloud.token)
        .env("TURSO_API_BASEURL", &cloud.url)
        .env("TURSO_ORG", "acme")
        .env("TURSO_CONFIG_FOLDER", configuration)
        .env("TURSOCTL_CONFIG_DIR", configuration)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "{} {arguments:?} failed: {status}", program.display());
    watch.read()
}
