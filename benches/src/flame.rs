//! Where a server spends its time under load, drawn as a flame graph.

use std::{
    fs::File,
    io::{BufReader, BufWriter},
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use inferno::{
    collapse::{Collapse as _, perf::Folder},
    flamegraph::{self, Options},
};

use crate::{
    process::whole,
    rows::sql::{execute, ours},
};

/// Frames narrower than this share of the whole, in percent, are left out.
const NARROWEST: f64 = 0.4;

#[derive(Args)]
pub(crate) struct Flame {
    /// With the names of its functions
    #[arg(long, default_value = "../target/release/tursoctl")]
    tursoctl: PathBuf,
    #[arg(long, default_value = "../docs/performance/pipeline-flame.svg")]
    out: PathBuf,
}

impl Flame {
    /// Sixteen connections send `SELECT 1` while `perf` looks at the server.
    pub(crate) fn perform(&self) -> Result<()> {
        let side = ours(&whole(&self.tursoctl)?)?;
        let folder = tempfile::tempdir_in(".")?;
        let (samples, stacks) = (folder.path().join("samples"), folder.path().join("stacks"));
        let mut perf = Command::new("perf");
        perf.args(["record", "--call-graph", "fp", "-F", "1999", "-p", &side.id().to_string(), "-o"]).arg(&samples);
        let mut watching =
            perf.args(["--", "sleep", "2"]).stderr(Stdio::null()).spawn().context("cannot start perf")?;
        side.load("v2/pipeline", &execute("SELECT 1"), 16, &[])?;
        ensure!(watching.wait()?.success(), "perf could not look at the server");
        let mut script = Command::new("perf");
        script.arg("script").arg("-i").arg(&samples).stdout(File::create(&stacks)?).stderr(Stdio::null());
        ensure!(script.status()?.success(), "perf could not tell what it saw");

        let folded = folder.path().join("folded");
        Folder::default().collapse(BufReader::new(File::open(stacks)?), BufWriter::new(File::create(&folded)?))?;
        let mut options = Options::default();
        options.title = "tursoctl local start: SELECT 1, 16 connections".to_owned();
        options.min_width = NARROWEST;
        flamegraph::from_files(&mut options, &[folded], BufWriter::new(File::create(&self.out)?))?;
        Ok(())
    }
}
