//! `shell`: statements from a person, or from a script that uses what only the shell knows.

mod dots;
mod editor;
mod names;
mod session;

use std::path::Path;

use anyhow::{Context as _, Result};
use turso_cloud_local::Scanner;

use super::{
    input::DASH,
    sql::{Flow, Given, Performer as _, Runner, Text, access, partial, rehearse, run_script, writer},
};
use crate::{
    args::ShellArgs,
    connect::connect,
    context::{Context, say},
    exit::{Failure, Report},
    script::{ScriptReader, Source},
    signals, stdout,
};
use editor::{Line, LineEditor};
use session::Session;

pub(crate) async fn run(cx: &Context, args: &ShellArgs) -> Result<()> {
    let given = Given::parse(&args.parameters)?;
    let text = text(args);
    given.check(&text)?;
    if let Some(recorder) = cx.recorder() {
        if args.is_interactive() {
            return Err(Failure::usage("--dry-run: what is typed into a shell is run as it is typed")
                .hint("give the statements by --command or --file")
                .into());
        }
        let command = |command: &Source| {
            cx.notice(format_args!("this would run {}", command.text));
            Ok(())
        };
        return rehearse(cx, recorder, &args.database, text.open()?, &args.parameters, given, command).await;
    }
    let connection = connect(cx, &args.database, access(&args.parameters)).await?;
    let mut writer = writer(cx, args.mode);
    let runner = Runner::new(connection, &mut writer, given);
    let mut session = Session::new(cx, runner, &args.database);
    let outcome = if args.is_interactive() {
        interact(cx, &mut session).await
    } else {
        run_script(&mut session, text.open()?, &args.parameters).await.and_then(|failed| partial(failed, 0))
    };
    let flushed = session.runner.flush();
    session.runner.close().await;
    outcome?;
    Ok(flushed?)
}

fn text(args: &ShellArgs) -> Text<'_> {
    match (&args.command, &args.file) {
        (Some(sql), _) => Text::Given(sql),
        (None, Some(file)) => Text::File(file),
        (None, None) => Text::File(Path::new(DASH)),
    }
}

/// Reads and runs lines until their writer has had enough.
async fn interact(cx: &Context, session: &mut Session<'_>) -> Result<()> {
    signals::put_terminal_back().context("signals cannot be listened to")?;
    let mut editor = LineEditor::new()?;
    // What cannot be reached is said before anything is typed.
    editor.set_names(session.names().await?);
    cx.notice(format_args!(
        "Connected to {}. Type .help for help, and end statements with a semicolon.",
        session.name()
    ));
    let mut pending = Pending::default();
    loop {
        let line = match editor.read(&session.prompt(pending.is_empty()))? {
            Line::Text(line) => line,
            Line::Interrupted => {
                pending = Pending::default();
                continue;
            }
            Line::End => break,
        };
        let Some(text) = pending.add(&line) else { continue };
        editor.remember(cx, text.trim_end());
        session.runner.writer.set_width(stdout::width());
        if run_text(session, &text).await? == Flow::Quit {
            break;
        }
        if session.has_changed_names() {
            // The names only help to type: without new ones the old ones stay.
            if let Ok(names) = session.names().await {
                editor.set_names(names);
            }
        }
    }
    if session.runner.connection.is_in_transaction() {
        say("the open transaction is rolled back");
    }
    Ok(())
}

/// Runs what was typed. A failure is told, and the shell goes on; so it does after Ctrl-C.
async fn run_text(session: &mut Session<'_>, text: &str) -> Result<Flow> {
    let mut script = ScriptReader::new(text.as_bytes());
    while let Some(item) = script.next().map_err(Failure::from)? {
        let mut is_last = || false;
        let outcome = tokio::select! {
            outcome = session.perform(&item, &mut is_last) => Some(outcome),
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                None
            }
        };
        match outcome {
            Some(Ok(Flow::GoOn)) => {}
            Some(Ok(Flow::Quit)) => return Ok(Flow::Quit),
            Some(Err(error)) => {
                session.abandon_rows()?;
                say_error(&error);
                break;
            }
            None => {
                session.abandon_rows()?;
                // What is still open would keep others from writing.
                let was_in_transaction = session.runner.close().await;
                let lost = if was_in_transaction { "; the transaction is rolled back" } else { "" };
                say(format_args!("interrupted{lost}"));
                break;
            }
        }
    }
    Ok(Flow::GoOn)
}

fn say_error(error: &anyhow::Error) {
    let report = Report::of(error);
    say(format_args!("error: {}", report.shown()));
    if let Some(hint) = report.hint() {
        say(format_args!("hint: {hint}"));
    }
}

/// Lines that are no whole statements yet.
#[derive(Default)]
struct Pending {
    text: String,
    scanner: Scanner,
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds a line. Yields everything once it is whole.
    fn add(&mut self, line: &str) -> Option<String> {
        if self.text.is_empty() && line.trim_start().starts_with('.') {
            return Some(format!("{}\n", line.trim()));
        }
        self.text.push_str(line);
        self.text.push('\n');
        for byte in line.bytes().chain([b'\n']) {
            self.scanner.take(byte);
        }
        if !self.scanner.is_between() {
            return None;
        }
        let text = std::mem::take(self).text;
        (!text.trim().is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::Pending;

    #[test]
    fn lines_wait_until_every_statement_is_whole() {
        let mut pending = Pending::default();
        assert_eq!(pending.add("SELECT 1; SELECT"), None);
        assert_eq!(pending.add("';"), None);
        assert_eq!(pending.add("'"), None);
        assert!(!pending.is_empty());
        assert_eq!(pending.add(";").as_deref(), Some("SELECT 1; SELECT\n';\n'\n;\n"));
        assert!(pending.is_empty());
    }

    #[test]
    fn commands_and_empty_lines_wait_for_nothing() {
        let mut pending = Pending::default();
        assert_eq!(pending.add(" .tables ").as_deref(), Some(".tables\n"));
        assert_eq!(pending.add("  "), None);
        assert!(pending.is_empty());
    }
}
