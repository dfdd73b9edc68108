//! A local cloud that goes on when the command returns.

use std::{
    env, fs,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result};

use super::{instance::Instances, start};
use crate::{
    args::{DEFAULT_NAME, LocalStart},
    context::Context,
    exit::{Failure, Kind},
};

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
    let mut child = spawn(file, args.name.is_none().then_some(name))?;
    let ready = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        let output = child.stdout.take().context("the output of the local cloud is not there")?;
        BufReader::new(output).read_line(&mut line)?;
        Ok::<_, anyhow::Error>((child, line))
    });
    let (mut child, line) = ready.await??;
    if line.is_empty() {
        return Err(failure(&mut child, &log));
    }
    cx.out().text(line.trim_end())?;
    cx.notice(format_args!("it runs on as process {}; end it with `tursoctl local stop --name {}`", child.id(), name));
    Ok(())
}

fn spawn(log: File, further_name: Option<&str>) -> Result<Child> {
    let arguments = env::args_os().skip(1).filter(|argument| argument != "--detach");
    let name = further_name.into_iter().flat_map(|name| ["--name", name]);
    let mut command = Command::new(env::current_exe().context("this program cannot be found")?);
    command.args(arguments).args(name).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    // Ctrl-C in this terminal is not meant for it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().context("the local cloud cannot be started")
}

/// It ended without being ready: what it has said is the reason.
fn failure(child: &mut Child, log: &Path) -> anyhow::Error {
    let code = child.wait().ok().and_then(|status| status.code());
    let said = fs::read_to_string(log).unwrap_or_default();
    let said = said.trim().strip_prefix("error: ").unwrap_or(said.trim()).to_owned();
    let kind = match code {
        Some(2) => Kind::Usage,
        Some(6) => Kind::Refused,
        _ => Kind::Failed,
    };
    Failure::new(kind, format!("the local cloud did not start: {said}")).into()
}
