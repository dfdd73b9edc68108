//! `tursoctl`: an unofficial command line for Turso Cloud and the local cloud.
#![forbid(unsafe_code)]

mod args;
mod blocking;
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
mod random;
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
    let variable = env::var("TURSOCTL_OUTPUT").ok();
    let Args { global, command } = match Args::read(&words) {
        Ok(args) => args,
        Err(asked_for) if !asked_for.use_stderr() => return show(&asked_for),
        Err(refused) if asks_for_json(env::args_os(), variable.as_deref()) => {
            return Telling { format: Some(Format::Json), is_verbose: false }.fail(&Report::of_usage(&refused));
        }
        Err(refused) => refused.exit(),
    };
    let mut telling =
        Telling { format: global.format().or_else(|| format_named(&variable?)), is_verbose: global.verbose > 0 };
    run(global, &command, &mut telling).unwrap_or_else(|error| telling.fail(&Report::of(&error)))
}

/// Writes what `--help` and `--version` ask for.
fn show(asked_for: &clap::Error) -> ExitCode {
    match asked_for.print().and_then(|()| std::io::stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let error = anyhow::Error::from(error).context("cannot write to standard output");
            Telling::default().fail(&Report::of(&error))
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Notes how errors are to be told as soon as it is known.
fn run(global: GlobalArgs, command: &args::Command, telling: &mut Telling) -> Result<ExitCode> {
    if let Some(outcome) = commands::run_offline(&global, command) {
        return outcome.map(|()| ExitCode::SUCCESS);
    }
    let global = global.with_environment()?;
    global.color.unwrap_or_default().apply();
    telling.is_verbose = global.verbose > 0;
    let cx = Context::new(global, command)?;
    telling.format = Some(cx.out().format());
    let mut runtime = if command.is_parallel() { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    let runtime = runtime.enable_all().build().context("cannot start the runtime")?;
    let outcome = runtime.block_on(async {
        signals::outlive_full_files()?;
        if command.handles_signals() {
            return anyhow::Ok(Ok(commands::run(&cx, command).await));
        }
        let mut signals = Signals::listen()?;
        Ok(tokio::select! {
            // The signal first: what it is meant to prevent may be due at the same moment.
            biased;
            kind = signals.stopped() => Err(kind),
            outcome = commands::run(&cx, command) => Ok(outcome),
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
    let asked = arguments.iter().enumerate().find_map(|(at, argument)| match &**argument {
        "-o" | "--output" => arguments.get(at + 1).map(|format| &**format),
        "--json" => Some("json"),
        joined => joined
            .strip_prefix("--output=")
            .or_else(|| joined.strip_prefix("-o").map(|short| short.strip_prefix('=').unwrap_or(short))),
    });
    asked.or(variable).and_then(format_named).is_some_and(|format| matches!(format, Format::Json | Format::Jsonl))
}

fn format_named(name: &str) -> Option<Format> {
    Format::from_str(name, false).ok()
}

/// How an error is told.
#[derive(Debug, Default)]
struct Telling {
    /// That of data: where it is JSON, an error is JSON too, and elsewhere it is told in words.
    format: Option<Format>,
    is_verbose: bool,
}

impl Telling {
    /// Says on standard error what went wrong, and yields how the run ends.
    fn fail(&self, report: &Report) -> ExitCode {
        let mut stderr = anstream::stderr();
        // Whoever closed standard error does not want to be told.
        let _ = if matches!(self.format, Some(Format::Json | Format::Jsonl)) {
            writeln!(stderr, "{}", harmless(report.envelope()))
        } else {
            let red = anstyle::AnsiColor::Red.on_default().bold();
            let mut said = format!("{red}error:{red:#} {}\n", report.shown());
            let request = report.request().filter(|_| self.is_verbose);
            for (what, text) in [("request", request.as_deref()), ("hint", report.hint())] {
                if let Some(text) = text {
                    said.push_str(&harmless(format!("{what}: {text}\n")));
                }
            }
            stderr.write_all(said.as_bytes())
        };
        report.exit_code()
    }
}
