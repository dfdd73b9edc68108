//! Doing the same to many things: the failure of one does not keep the others from being tried.

use anyhow::Result;

use crate::{
    args::Format,
    context::{Context, say},
    exit::{Failure, Kind, Report},
};

/// The failures among some of many.
#[derive(Debug)]
pub(crate) struct Failures {
    total: usize,
    failed: Vec<String>,
    /// Whether what is said of each has to wait for the error of the whole run, which is one line for a program.
    is_told_at_once: bool,
    only: Option<anyhow::Error>,
}

impl Failures {
    pub(crate) fn of(cx: &Context, total: usize) -> Self {
        let is_told_at_once = !matches!(cx.out().format(), Format::Json | Format::Jsonl);
        Self { total, failed: Vec::new(), is_told_at_once, only: None }
    }

    /// Notes a failure and says so at once, unless it is the failure of the whole run.
    pub(crate) fn add(&mut self, name: &str, error: anyhow::Error) {
        if self.total == 1 {
            self.only = Some(error);
            return;
        }
        let said = Report::of(&error);
        if self.is_told_at_once {
            say(format_args!("{name}: {}", said.shown()));
            self.failed.push(name.to_owned());
        } else {
            self.failed.push(format!("{name} ({})", said.message()));
        }
    }

    /// Fails as a whole where some failed.
    pub(crate) fn done(self) -> Result<()> {
        if let Some(error) = self.only {
            return Err(error);
        }
        if self.failed.is_empty() {
            return Ok(());
        }
        let (failed, total) = (self.failed.len(), self.total);
        Err(Failure::new(Kind::Partial, format!("{failed} of {total} failed: {}", self.failed.join(", "))).into())
    }
}

/// "1 row", "2 rows".
pub(crate) fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
