//! A local cloud that goes on when the command returns.

use std::{
    env, fs,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{instance::Instances, ready::Ready, start};
use crate::{
    args::{DEFAULT_NAME, LocalStart},
    context::Context,
    exit::{Failure, Kind},
    signals::Signals,
};

/// Flags of `CreateProcess`: it hears no Ctrl-C of the console it is started from, and needs none itself.
#[cfg(windows)]
const OF_ITS_OWN: u32 = CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW;
#[cfg(windows)]
const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
#[cfg(windows)]
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

/// Starts this program again without `--detach` and waits for the line that says it is ready. What it writes from then on
/// is in a file of its own.
pub(super) async fn start(cx: &Context, args: &LocalStart) -> Result<()> {
    let instances = Instances::find()?;
    // Without a name nobody could stop it.
    let name = args.name.as_deref().unwrap_or(DEFAULT_NAME);
    start::free_name(&instances, Some(name)).await?;
    let log = instances.file(name, "log")?;
    instances.create()?;
    let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    // Before there is a cloud that a signal would leave behind: it does not hear those of this terminal.
    let mut signals = Signals::listen()?;
    let mut child = spawn(file, args.name.is_none().then_some(name))?;
    let line = tokio::select! {
        line = first_line(child.stdout.take()) => line?,
        kind = signals.stopped() => {
            child.kill().and_then(|()| child.wait()).context("the local cloud cannot be ended")?;
            instances.forget_own(name, child.id());
            return Err(Failure::new(kind, "interrupted before the local cloud was ready").into());
        }
    };
    if line.is_empty() {
        return Err(failure(&mut child, &log));
    }
    // What a cloud that was killed has left is about another one.
    let instance = instances.load(name)?.filter(|instance| instance.pid == child.id()).ok_or_else(|| {
        let problem = format!("the local cloud runs as process {}, but others cannot find it", child.id());
        Failure::new(Kind::Failed, problem).hint(format!("tursoctl local logs --name {name}"))
    })?;
    Ready::from(instance).tell(cx)?;
    // There, the standard library hands on to a program whatever its starter was given to hand on.
    #[cfg(windows)]
    if !std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        cx.notice("on Windows a pipe stays open until the cloud ends; `--ready-file` tells where it is without one");
    }
    cx.notice(format_args!("it runs on as process {}; end it with `tursoctl local stop --name {}`", child.id(), name));
    Ok(())
}

/// Waits for the line that says that a cloud is ready; empty where it ends without one.
async fn first_line(output: Option<ChildStdout>) -> Result<String> {
    let output = output.context("the output of the local cloud is not there")?;
    let read = || {
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).map(|_| line)
    };
    Ok(tokio::task::spawn_blocking(read).await??)
}

fn spawn(log: File, further_name: Option<&str>) -> Result<Child> {
    let arguments = env::args_os().skip(1).filter(|argument| argument != "--detach");
    let name = further_name.into_iter().flat_map(|name| ["--name", name]);
    let mut command = Command::new(env::current_exe().context("this program cannot be found")?);
    command.args(arguments).args(name).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    // Neither Ctrl-C in this terminal nor its end is meant for it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(&mut command, OF_ITS_OWN);
    command.spawn().context("the local cloud cannot be started")
}

/// It ended without being ready: what it has said is the reason.
fn failure(child: &mut Child, log: &Path) -> anyhow::Error {
    let code = child.wait().ok().and_then(|status| status.code());
    let log = fs::read_to_string(log).unwrap_or_default();
    let (said, hint) = last_error(log.trim());
    let kind = match code {
        Some(2) => Kind::Usage,
        Some(6) => Kind::Refused,
        _ => Kind::Failed,
    };
    let failure = Failure::new(kind, format!("the local cloud did not start: {said}"));
    hint.into_iter().fold(failure, Failure::hint).into()
}

/// The error at the end of a log and its hint, be they words or JSON as data would have been; else all of the log.
fn last_error(log: &str) -> (String, Option<String>) {
    let line = log.lines().last().unwrap_or_default();
    if let Ok(Value::Object(envelope)) = serde_json::from_str(line)
        && let Some(error) = envelope.get("error")
        && let Some(message) = error["message"].as_str()
    {
        return (message.to_owned(), error["hint"].as_str().map(str::to_owned));
    }
    let last = log.rmatch_indices("error: ").find(|(at, _)| log[..*at].is_empty() || log[..*at].ends_with('\n'));
    let text = last.map_or(log, |(at, prefix)| &log[at + prefix.len()..]);
    let (message, hint) = text.split_once("\nhint: ").map_or((text, None), |(message, hint)| (message, Some(hint)));
    (message.to_owned(), hint.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::last_error;

    #[test]
    fn the_error_of_a_log_is_its_last_one_in_words_or_json() {
        let none = |said: &str| (said.to_owned(), None);
        for (log, expected) in [
            ("", none("")),
            ("thread main ended", none("thread main ended")),
            ("error: it is taken", none("it is taken")),
            ("now WARN a: error: b\nerror: it is taken", none("it is taken")),
            ("error: it is taken\nhint: take another", ("it is taken".to_owned(), Some("take another".to_owned()))),
            (
                "a warning\n{\"error\":{\"message\":\"it is taken\",\"hint\":\"take another\"}}",
                ("it is taken".to_owned(), Some("take another".to_owned())),
            ),
        ] {
            assert_eq!(last_error(log), expected, "{log:?}");
        }
    }
}
