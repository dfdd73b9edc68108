//! A command with a local cloud of its own, as tests want it.

#[cfg(unix)]
use std::io::IsTerminal as _;
use std::{
    io,
    process::{ExitCode, ExitStatus},
};

use anyhow::{Context as _, Result};
use tokio::process::{Child, Command};
use turso_cloud::{NewDatabase, NewToken};
use turso_cloud_local::{Cloud, Server};

use super::{
    instance::Instances,
    launch,
    start::{describe, found_by_others, register},
    variables::{self, Variables},
};
use crate::{
    args::{LocalExec, NAME_VARIABLE},
    context::Context,
    signals::{Signal, Signals},
};

/// What shells make of a signal: 128 and its number.
#[cfg(unix)]
const SIGNALLED: i32 = 128;

pub(super) async fn exec(cx: &Context, args: &LocalExec) -> Result<ExitCode> {
    let (program, arguments) = args.command.split_first().context("no command is given")?;
    if cx.is_dry_run() {
        cx.notice(format_args!("this would run {} with a local cloud of its own", program.display()));
        return Ok(ExitCode::SUCCESS);
    }
    launch::write_log(cx);
    let cloud = launch::open(&args.cloud, None)?;
    let server = cloud.serve("127.0.0.1:0").await?;
    let variables = variables(args, &cloud, &server).await?;
    let name = format!("exec-{}", std::process::id());
    let registration =
        found_by_others(cx, || register(&Instances::find()?, &name, &cloud, &mut describe(&cloud, &server, None)?));
    let mut command = Command::new(program);
    command.args(arguments).envs(variables).env(NAME_VARIABLE, &name).kill_on_drop(true);
    // Before the command can tell anybody that it is there.
    let signals = Signals::listen_to_all()?;
    let mut child = command.spawn().with_context(|| format!("cannot run {}", program.display()))?;
    let status = end_of(&mut child, signals, &cloud).await?;
    // Nobody is to find a cloud that is about to end.
    drop(registration);
    server.shutdown().await;
    Ok(code(status))
}

async fn variables(args: &LocalExec, cloud: &Cloud, server: &Server) -> Result<Variables> {
    let turso = cloud.client().build()?;
    let group = turso.groups().list().await?.into_iter().next().context("the organization has no group")?;
    // A seed file may have made it already, in whatever group.
    if turso.databases().find(args.database.as_str()).await?.is_none() {
        turso.databases().create(NewDatabase::new(&args.database, group.name.as_str())).await?;
    }
    let database = turso.databases().get(args.database.as_str()).await?;
    let token = turso.databases().create_token(args.database.as_str(), NewToken::full_access()).await?;
    let mut variables = variables::of_platform(&server.url(), cloud.token().expose(), cloud.organization().as_str());
    variables.extend(variables::of_database(&args.database, &database.url(), token.expose()));
    Ok(variables)
}

/// Waits for the end of a command, whose business signals are rather than ours. A cloud that is to stop ends with its
/// command, and so does it the other way round.
async fn end_of(child: &mut Child, mut signals: Signals, cloud: &Cloud) -> io::Result<ExitStatus> {
    let mut is_ending = false;
    loop {
        tokio::select! {
            status = child.wait() => return status,
            signal = signals.next() => hand_on(signal, child),
            () = cloud.stop_requested(), if !is_ending => {
                is_ending = true;
                end(child);
            }
        }
    }
}

#[cfg(unix)]
fn end(child: &mut Child) {
    hand_on(Signal::Terminate, child);
}

#[cfg(not(unix))]
fn end(child: &mut Child) {
    // One that has just ended cannot be ended, and need not be.
    let _ = child.start_kill();
}

/// Ctrl-C in a terminal reaches the command without our help.
#[cfg(unix)]
fn hand_on(signal: Signal, child: &Child) {
    use rustix::process::{self, Pid, kill_process};
    let signal = match signal {
        Signal::Interrupt if io::stdin().is_terminal() => return,
        Signal::Interrupt => process::Signal::INT,
        Signal::Terminate => process::Signal::TERM,
        Signal::Hangup => process::Signal::HUP,
    };
    // One that has just ended cannot be told, and need not be.
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let _ = pid.map(|pid| kill_process(pid, signal));
}

#[cfg(not(unix))]
fn hand_on(_: Signal, _: &Child) {}

fn code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    let code = status
        .code()
        .or_else(|| std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| SIGNALLED + signal));
    #[cfg(not(unix))]
    let code = status.code();
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1).into()
}
