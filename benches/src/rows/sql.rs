//! Small statements over HTTP.

use std::{fs, path::Path};

use anyhow::Result;
use turso_cloud::{Expiration, NewDatabase, NewToken};

use super::{Contender, Row, Tools, compete, contender, peer};
use crate::{
    measured::{Figures, Record, named},
    process::{LocalCloud, Running, Sqld, figures_of, itself, post, whole},
    sql::engine,
};

const SECONDS: &str = "2";

pub(super) fn select(rounds: usize, tools: &Tools) -> Result<Vec<Record>> {
    let arena = Arena::open(tools)?;
    let body = execute("SELECT 1");
    let mut records = Vec::new();
    for connections in [1, 16, 64] {
        let (ours, sqld) = (&arena.ours, &arena.sqld);
        let contenders = vec![
            contender("floor: /health", || ours.load("health", "", connections, &[])),
            contender("turso-cloud-local", || ours.load("v2/pipeline", &body, connections, &[])),
            peer("sqld", || sqld.load("v2/pipeline", &body, connections, &[])),
        ];
        records.extend(compete(Row::Select, &format!("{connections} at a time"), rounds, contenders)?);
    }
    // What a client waits when requests come on their own, at half of what the server can do.
    let most = records.iter().find(|record| record.case.starts_with("16") && record.who == "turso-cloud-local");
    let rate = most.and_then(|record| record.figures.get("per_second")).copied().unwrap_or(1000.0) / 2.0;
    let case = format!("open load of {rate:.0} per second");
    let rate = rate.to_string();
    let open = vec![contender("turso-cloud-local", || arena.ours.load("v2/pipeline", &body, 64, &["--rate", &rate]))];
    records.extend(compete(Row::Select, &case, rounds, open)?);
    Ok(records)
}

pub(super) fn insert(rounds: usize, tools: &Tools) -> Result<Vec<Record>> {
    let arena = Arena::open(tools)?;
    let folder = tempfile::tempdir_in(".")?;
    let connection = engine::open(&folder.path().join("floor.db"))?;
    connection.execute_batch("CREATE TABLE notes(id INTEGER PRIMARY KEY, v TEXT)")?;
    let sql = "INSERT INTO notes(v) VALUES ('a note of some length')";
    let body = execute(sql);
    let mut records = Vec::new();
    for connections in [1, 16] {
        let contenders: Vec<Contender<'_>> = vec![
            contender("floor: the engine, one thread", || engine::repeat(&connection, sql, 2.0)),
            contender("turso-cloud-local", || arena.ours.load("v2/pipeline", &body, connections, &[])),
            peer("sqld", || arena.sqld.load("v2/pipeline", &body, connections, &[])),
        ];
        records.extend(compete(Row::Insert, &format!("{connections} at a time"), rounds, contenders)?);
    }
    Ok(records)
}

/// Both servers, each with a database and a table `notes`.
pub(super) struct Arena {
    pub(super) ours: Side,
    pub(super) sqld: Side,
}

/// A server with a database that requests are sent to.
pub(crate) struct Side {
    running: Running,
    folder: tempfile::TempDir,
    /// Host and port of the database.
    address: String,
    /// Behind the address, with a slash at its end.
    prefix: String,
    token: String,
}

impl Arena {
    pub(super) fn open(tools: &Tools) -> Result<Self> {
        let arena = Self { ours: ours(&whole(&tools.tursoctl)?)?, sqld: sqld(&whole(&tools.sqld)?)? };
        for side in [&arena.ours, &arena.sqld] {
            side.run("CREATE TABLE notes(id INTEGER PRIMARY KEY, v TEXT)")?;
        }
        Ok(arena)
    }
}

/// The local cloud with a database `bench`.
pub(crate) fn ours(tursoctl: &Path) -> Result<Side> {
    let folder = tempfile::tempdir_in(".")?;
    let cloud = LocalCloud::start(tursoctl, folder.path())?;
    let (turso, runtime) = (cloud.client()?, tokio::runtime::Builder::new_current_thread().enable_all().build()?);
    let (url, token) = runtime.block_on(async {
        turso.databases().create(NewDatabase::new("bench", "default")).await?;
        let token = NewToken::full_access().expires(Expiration::never());
        let token = turso.databases().create_token("bench", token).await?;
        anyhow::Ok((turso.databases().get("bench").await?.url(), token.expose().to_owned()))
    })?;
    let rest = url.trim_start_matches("http://");
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    let prefix = format!("/{path}{}", if path.is_empty() || path.ends_with('/') { "" } else { "/" });
    Ok(Side { running: cloud.running, folder, address: address.to_owned(), prefix, token })
}

/// One database, `default`: `sqld` takes what is before the first dot of a host for a name, and a host without one for this.
fn sqld(program: &Path) -> Result<Side> {
    let folder = tempfile::tempdir_in(".")?;
    let sqld = Sqld::start(program, folder.path())?;
    // Some versions have made it by themselves, and refuse to make it again.
    sqld.create("default").or_else(|_| anyhow::Ok(()))?;
    Ok(Side { address: sqld.http, prefix: "/".to_owned(), token: sqld.token, running: sqld.running, folder })
}

impl Side {
    /// Of its process.
    pub(crate) fn id(&self) -> u32 {
        self.running.id()
    }

    /// One statement, beside what is measured.
    pub(crate) fn run(&self, sql: &str) -> Result<()> {
        let authorization = format!("Authorization: Bearer {}\r\n", self.token);
        post(&self.address, &format!("{}v2/pipeline", self.prefix), &authorization, &execute(sql)).map(drop)
    }

    /// A load, with what the server used for it.
    pub(crate) fn load(&self, path: &str, body: &str, connections: usize, more: &[&str]) -> Result<Figures> {
        let targets = self.folder.path().join("targets");
        fs::write(&targets, format!("http://{}{}{path} {}", self.address, self.prefix, self.token))?;
        let before = self.running.cpu_ms()?;
        let mut command = itself(&["load", "--seconds", SECONDS, "--connections", &connections.to_string()])?;
        command.arg("--targets").arg(targets).args(more);
        if !body.is_empty() {
            command.args(["--body", body]);
        }
        let mut figures = figures_of(&mut command)?;
        figures.extend(
            [("server_cpu_ms", self.running.cpu_ms()? - before), ("server_peak_kib", self.running.peak_kib()?)]
                .map(named),
        );
        Ok(figures)
    }
}

pub(crate) fn execute(sql: &str) -> String {
    let execute = serde_json::json!({"type": "execute", "stmt": {"sql": sql}});
    serde_json::json!({"baton": null, "requests": [execute, {"type": "close"}]}).to_string()
}
