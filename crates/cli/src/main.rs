//! `tursoctl`: an unofficial command line for Turso Cloud and the local cloud.
#![forbid(unsafe_code)]

mod args;
mod browser;
mod commands;
mod config;
mod connect;
mod context;
mod exit;
mod files;
mod hrana;
mod many;
mod out;
mod output;
mod progress;
mod quote;
mod requests;
mod rows;
mod script;
mod signals;
mod stdin;
mod stdout;
mod suggest;
mod terminal;
mod vectors;

use std::{
    env,
    ffi::OsString,
    io::{ErrorKind, Write as _},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::ValueEnum as _;
use tokio::runtime::Builder;

use args::{Args, Format, GlobalArgs};
use context::Context;
use exit::Report;
use signals::Signals;
use terminal::harmless;

fn main() -> ExitCode {
    let words = args::words(env::args_os());
    let Args { global, command } = match Args::read(&words) {
        Ok(args) => args,
        Err(refused)
            if refused.use_stderr() && asks_for_json(env::args_os(), env::var("TURSOCTL_OUTPUT").ok().as_deref()) =>
        {
            let report = Report::of_usage(&refused);
            tell(&report, Some(Format::Json), false);
            return report.exit_code();
        }
        Err(refused) if refused.use_stderr() => refused.exit(),
        Err(asked_for) => return show(&asked_for),
    };
    let mut format = global.format().or_else(|| format_named(&env::var("TURSOCTL_OUTPUT").ok()?));
    let mut verbose = global.verbose > 0;
    match run(global, &command, &mut format, &mut verbose) {
        Ok(code) => code,
        Err(error) => {
            let report = Report::of(&error);
            tell(&report, format, verbose);
            report.exit_code()
        }
    }
}

/// Writes what `--help` and `--version` ask for.
fn show(asked_for: &clap::Error) -> ExitCode {
    match asked_for.print().and_then(|()| std::io::stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let report = Report::of(&anyhow::Error::from(error).context("cannot write to standard output"));
            tell(&report, None, false);
            report.exit_code()
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Notes how errors are to be told as soon as it is known.
fn run(
    global: GlobalArgs,
    command: &args::Command,
    format: &mut Option<Format>,
    verbose: &mut bool,
) -> Result<ExitCode> {
    if let Some(outcome) = commands::run_offline(&global, command) {
        return outcome.map(|()| ExitCode::SUCCESS);
    }
    let global = global.with_environment()?;
    global.color.unwrap_or_default().apply();
    *verbose = global.verbose > 0;
    let cx = Context::new(global, command)?;
    *format = Some(cx.out().format());
    let mut runtime = if command.is_parallel() { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    let runtime = runtime.enable_all().build().context("cannot start the runtime")?;
    let outcome = runtime.block_on(async {
        signals::outlive_full_files()?;
        if command.handles_signals() {
            return anyhow::Ok(Ok(commands::run(&cx, command).await));
        }
        let mut signals = Signals::listen()?;
        Ok(tokio::select! {
            outcome = commands::run(&cx, command) => Ok(outcome),
            kind = signals.stopped() => Err(kind),
        })
    })?;
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(stopped) => {
            drop(cx);
            runtime.block_on(signals::clean_up())?;
            runtime.shutdown_background();
            return Ok((stopped as u8).into());
        }
    };
    runtime.shutdown_background();
    let code = outcome.map_err(|error| exit::introduce(cx.settings(), error))?;
    if let Some(recorder) = cx.recorder() {
        recorder.show(cx.out())?;
    }
    Ok(code)
}

/// Whether the arguments, which cannot be understood as a whole, ask for JSON, or the variable does where they are silent.
fn asks_for_json(arguments: impl Iterator<Item = OsString>, variable: Option<&str>) -> bool {
    let arguments: Vec<_> = arguments.filter_map(|argument| argument.into_string().ok()).collect();
    let behind = arguments.windows(2).find(|pair| matches!(&*pair[0], "-o" | "--output")).map(|pair| &*pair[1]);
    let joined = || {
        let is_one = |argument: &&String| argument.starts_with("-o") && !argument.starts_with("--");
        let short = arguments.iter().filter(is_one).find_map(|argument| argument.strip_prefix("-o"));
        short.or_else(|| arguments.iter().find_map(|argument| argument.strip_prefix("--output=")))
    };
    let alone = || arguments.iter().any(|argument| argument == "--json").then_some("json");
    let asked = behind.or_else(joined).or_else(alone).or(variable);
    asked.and_then(format_named).is_some_and(|format| matches!(format, Format::Json | Format::Jsonl))
}

fn format_named(name: &str) -> Option<Format> {
    Format::from_str(name, false).ok()
}

/// Says what went wrong on standard error: in words, or as JSON where data would be JSON.
fn tell(report: &Report, format: Option<Format>, verbose: bool) {
    let mut stderr = anstream::stderr();
    // Whoever closed standard error does not want to be told.
    let _ = if matches!(format, Some(Format::Json | Format::Jsonl)) {
        writeln!(stderr, "{}", harmless(report.envelope()))
    } else {
        let red = anstyle::AnsiColor::Red.on_default().bold();
        let mut said = format!("{red}error:{red:#} {}\n", report.shown());
        let request = report.request().filter(|_| verbose);
        for (what, text) in [("request", request.as_deref()), ("hint", report.hint())] {
            if let Some(text) = text {
                said.push_str(&harmless(format!("{what}: {text}\n")));
            }
        }
        stderr.write_all(said.as_bytes())
    };
}
