//! Opens the cloud that the arguments describe.

use std::{fs, io, path::Path};

use anyhow::{Context as _, Result};
use tracing_subscriber::filter::LevelFilter;
use turso_cloud_local::{Cloud, CloudBuilder};

use crate::{args::LocalCloud, context::Context};

/// What databases keep open, as many clients as a server takes, and as much again for streams in a transaction.
const MANY_FILES: u64 = 2048;

/// Writes what the cloud has to say of itself to standard error: warnings, and with `-v` and `-vv` more than that.
pub(super) fn write_log(cx: &Context) {
    let level = match cx.flags().verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).with_max_level(level);
    // It would say that the log cannot be written where the log is, and panic as it cannot.
    log.log_internal_errors(false).init();
}

/// Lets this process have more files open where it may: macOS lets one begin with 256, which many clients of many databases
/// are more than. It is not for `local exec`, whose command would begin with the same.
pub(super) fn allow_many_files() {
    // With fewer, the cloud keeps fewer open, and lets fewer streams have a connection.
    if let Err(error) = rlimit::increase_nofile_limit(MANY_FILES) {
        tracing::info!(%error, "the limit of open files stays as it is");
    }
}

pub(super) fn open(args: &LocalCloud, data_dir: Option<&Path>) -> Result<Cloud> {
    let mut builder = Cloud::builder();
    if let Some(folder) = data_dir {
        builder = builder.directory(folder);
    }
    if let Some(seed) = args.seed {
        builder = builder.seed(seed);
    }
    if let Some(form) = args.hostnames {
        builder = builder.hostnames(form);
    }
    if let Some(limit) = args.rate_limit {
        builder = builder.rate_limit(limit.get());
    }
    if let Some(file) = &args.seed_file {
        builder = builder.seed_file(file).with_context(|| format!("cannot use {}", file.display()))?;
    }
    // After the seed file, whose last organization it is for, as with the builder.
    if let Some(plan) = &args.plan {
        builder = builder.with_plan(plan);
    }
    builder = args.quirk.iter().copied().fold(builder, CloudBuilder::quirk);
    let cloud =
        args.allow_host.iter().fold(builder, CloudBuilder::allow_host).build().context("cannot open the cloud")?;
    if let Some(file) = &args.scenario {
        let scenario = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        cloud.faults().load(&scenario).with_context(|| format!("cannot use {}", file.display()))?;
    }
    Ok(cloud)
}
