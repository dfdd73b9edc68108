//! A Turso Cloud on this machine. Commands reach a running one by its paths below `/_local/` and in no other way.

mod clock;
mod detach;
mod doctor;
mod entries;
mod env;
mod exec;
mod fault;
mod fork;
mod instance;
mod launch;
mod lifecycle;
mod logs;
mod ready;
mod ready_file;
mod remote;
mod requests;
mod snapshot;
mod start;
mod variables;

use std::process::ExitCode;

use anyhow::Result;

use crate::{args::LocalCommand, context::Context};

pub(crate) async fn run(cx: &Context, command: &LocalCommand) -> Result<ExitCode> {
    match command {
        LocalCommand::Exec(args) => return exec::exec(cx, args).await,
        LocalCommand::Start(args) if args.detach && !cx.is_dry_run() => detach::start(cx, args).await,
        LocalCommand::Start(args) => start::start(cx, args).await,
        LocalCommand::Stop(args) => lifecycle::stop(cx, args).await,
        LocalCommand::Status(name) => lifecycle::status(cx, name).await,
        LocalCommand::List => lifecycle::list(cx).await,
        LocalCommand::Env(args) => env::env(cx, args).await,
        LocalCommand::Reset(name) => lifecycle::reset(cx, name).await,
        LocalCommand::Snapshot(command) => snapshot::run(cx, command).await,
        LocalCommand::Fork(command) => fork::run(cx, command).await,
        LocalCommand::Logs(args) => logs::logs(cx, args).await,
        LocalCommand::Requests(args) => requests::requests(cx, args).await,
        LocalCommand::Clock(command) => clock::run(cx, command).await,
        LocalCommand::Fault(command) => fault::run(cx, command).await,
        LocalCommand::Ca(name) => lifecycle::ca(cx, name),
        LocalCommand::Open(name) => lifecycle::open(cx, name).await,
        LocalCommand::Doctor => doctor::doctor(cx).await,
    }
    .map(|()| ExitCode::SUCCESS)
}
