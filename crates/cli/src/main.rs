//! `tursoctl`: an unofficial command line for Turso Cloud and the local cloud.
#![forbid(unsafe_code)]

mod args;
mod commands;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Command, LocalCommand};

fn main() -> ExitCode {
    let outcome = match Args::parse().command {
        Command::Local { command: LocalCommand::Start(start) } => commands::local::start(&start),
        Command::Local { command: LocalCommand::Env(env) } => commands::local::env(&env),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tursoctl: {error:#}");
            ExitCode::FAILURE
        }
    }
}
