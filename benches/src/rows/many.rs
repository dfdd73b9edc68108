//! Requests spread over ten thousand databases by Zipf's law: memory, open files, and how long a cold one takes.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::Result;
use turso_cloud::{NewDatabase, NewToken};

use super::{Row, Tools, sql::execute};
use crate::{
    measured::{Figures, Record, named},
    process::{LocalCloud, figures_of, itself, whole},
};

const DATABASES: usize = 10_000;

pub(super) fn many(tools: &Tools) -> Result<Vec<Record>> {
    let record = |case: &str, figures| Record {
        row: Row::Many.name(),
        case: case.to_owned(),
        who: "turso-cloud-local".to_owned(),
        figures,
    };
    let [created, cold, crowd, zipf] = ours(&whole(&tools.tursoctl)?)?;
    Ok(vec![
        record("each for the first time", created),
        record("each once more, one at a time", cold),
        record("each once more, 16 at a time", crowd),
        record("Zipf's law, 16 at a time", zipf),
    ])
}

fn ours(tursoctl: &Path) -> Result<[Figures; 4]> {
    let folder = tempfile::tempdir_in(".")?;
    let cloud = LocalCloud::start(tursoctl, folder.path())?;
    let (turso, runtime) = (cloud.client()?, tokio::runtime::Builder::new_current_thread().enable_all().build()?);
    let targets = runtime.block_on(async {
        let databases = (0..DATABASES).map(|number| NewDatabase::new(format!("tenant-{number:05}"), "default"));
        for outcome in turso.databases().create_many(databases).concurrency(16).await {
            outcome.result?;
        }
        let token = turso.groups().create_token("default", NewToken::full_access()).await?;
        let mut targets = String::new();
        for database in turso.databases().list().await? {
            writeln!(targets, "{}/v2/pipeline {}", database.url().trim_end_matches('/'), token.expose())?;
        }
        anyhow::Ok(targets)
    })?;
    let file = folder.path().join("targets");
    fs::write(&file, targets)?;
    let make = execute("CREATE TABLE IF NOT EXISTS notes(id INTEGER PRIMARY KEY, v TEXT)");
    let insert = execute("INSERT OR REPLACE INTO notes(id, v) VALUES (1, 'a note')");
    let load = |body: &str, connections: &str, more: &[&str]| -> Result<Figures> {
        let mut command = itself(&["load", "--body", body, "--connections", connections])?;
        let mut figures = figures_of(command.arg("--targets").arg(&file).args(more))?;
        figures.extend(
            [
                ("server_resident_kib", cloud.running.resident_kib()?),
                ("server_peak_kib", cloud.running.peak_kib()?),
                ("server_open_files", cloud.running.open_files()?),
            ]
            .map(named),
        );
        Ok(figures)
    };
    let each = ["--each-once"];
    let created = load(&make, "16", &each)?;
    let cold = load(&insert, "1", &each)?;
    let crowd = load(&insert, "16", &each)?;
    Ok([created, cold, crowd, load(&insert, "16", &["--zipf", "--seconds", "10"])?])
}
