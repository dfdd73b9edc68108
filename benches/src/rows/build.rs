//! Building from nothing, and what comes of it.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use anyhow::{Result, ensure};

use super::Row;
use crate::measured::{Figures, Record, Stopwatch};

const MANIFEST: &str = "../Cargo.toml";

/// What is built, each time with all that it depends on: the command line with the local cloud in it.
const BUILDS: [&str; 3] = ["turso-cloud-contract", "turso-cloud", "turso-cloud-cli"];

/// Everything is built once: a clean build takes minutes.
pub(super) fn build() -> Result<Vec<Record>> {
    let record = |package: &str| {
        Ok(Record {
            row: Row::Build.name(),
            case: "a clean release build".to_owned(),
            who: package.to_owned(),
            figures: figures(package)?,
        })
    };
    BUILDS.into_iter().map(record).collect()
}

fn figures(package: &str) -> Result<Figures> {
    let target = tempfile::tempdir_in(".")?;
    let watch = Stopwatch::start_for_children()?;
    let status = Command::new("cargo")
        .args(["build", "--release", "--quiet", "--manifest-path", MANIFEST, "--package", package])
        .arg("--target-dir")
        .arg(target.path())
        .status()?;
    ensure!(status.success(), "{package} cannot be built: {status}");
    let took = watch.read()?;
    let seconds = took.iter().map(|(name, milliseconds)| (name.replace("_ms", "_s"), milliseconds / 1000.0));
    let mut figures: Figures = seconds.collect();
    figures.insert("crates".to_owned(), crates(package)? as f64);
    if let Some(bytes) = size_of_program(target.path()) {
        figures.insert("program_kib".to_owned(), bytes as f64 / 1024.0);
    }
    Ok(figures)
}

/// How many crates it is built from, itself among them.
fn crates(package: &str) -> Result<usize> {
    let tree = Command::new("cargo")
        .args(["tree", "--manifest-path", MANIFEST, "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--package", package])
        .output()?;
    ensure!(tree.status.success(), "the dependencies of {package} cannot be listed: {}", tree.status);
    let tree = String::from_utf8(tree.stdout)?;
    let names: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    Ok(names.len())
}

fn size_of_program(target: &Path) -> Option<u64> {
    Some(fs::metadata(target.join("release/tursoctl")).ok()?.len())
}
