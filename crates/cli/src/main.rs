//! `tursoctl`: an unofficial command line for Turso Cloud and the local cloud.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod config;
mod connect;
mod context;
mod exit;
mod files;
mod hrana;
mod output;
mod progress;
mod requests;
mod rows;
mod script;
mod signals;

use std::{io::Write as _, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::Parser as _;

use args::{Args, Format, GlobalArgs};
use context::Context;
use exit::Report;

fn main() -> ExitCode {
    let Args { global, command } = Args::parse();
    let format = global.format();
    let verbose = global.verbose > 0;
    match run(global, &command) {
        Ok(code) => code,
        Err(error) if exit::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let report = Report::of(&error);
            tell(&report, format, verbose);
            report.exit_code()
        }
    }
}

fn run(global: GlobalArgs, command: &args::Command) -> Result<ExitCode> {
    let cx = Context::new(global)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")?;
    let outcome = runtime.block_on(async {
        if command.handles_signals() {
            return commands::run(&cx, command).await.map(|()| ExitCode::SUCCESS);
        }
        tokio::select! {
            outcome = commands::run(&cx, command) => outcome.map(|()| ExitCode::SUCCESS),
            stopped = signals::stopped() => Ok((stopped? as u8).into()),
        }
    });
    runtime.shutdown_background();
    let code = outcome?;
    if let Some(recorder) = cx.recorder() {
        cx.out().unmuted().list(&requests::REQUEST, &recorder.requests())?;
    }
    Ok(code)
}

/// Says what went wrong on standard error: in words, or as JSON where data would be JSON.
fn tell(report: &Report, format: Option<Format>, verbose: bool) {
    let mut stderr = anstream::stderr();
    // Whoever closed standard error does not want to be told.
    let _ = if matches!(format, Some(Format::Json | Format::Jsonl)) {
        let envelope = serde_json::json!({ "error": report });
        writeln!(stderr, "{envelope}")
    } else {
        let red = anstyle::AnsiColor::Red.on_default().bold();
        let mut said = format!("{red}error:{red:#} {}\n", report.message());
        if let Some(request) = report.request().filter(|_| verbose) {
            said.push_str("request: ");
            said.push_str(&request);
            said.push('\n');
        }
        if let Some(hint) = report.hint() {
            said.push_str("hint: ");
            said.push_str(hint);
            said.push('\n');
        }
        stderr.write_all(said.as_bytes())
    };
}
