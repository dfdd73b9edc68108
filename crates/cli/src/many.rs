//! Doing the same to many things: the failure of one does not keep the others from being tried.

use anyhow::Result;

use crate::{
    context::Context,
    exit::{Failure, Kind, Report},
};

/// The failures among some of many.
#[derive(Debug)]
pub(crate) struct Failures {
    total: usize,
    failed: Vec<String>,
    only: Option<anyhow::Error>,
}

impl Failures {
    pub(crate) fn of(total: usize) -> Self {
        Self { total, failed: Vec::new(), only: None }
    }

    /// Notes a failure and says so at once, unless it is the failure of the whole run.
    pub(crate) fn add(&mut self, cx: &Context, name: &str, error: anyhow::Error) {
        if self.total == 1 {
            self.only = Some(error);
            return;
        }
        cx.notice(format_args!("{name}: {}", Report::of(&error).message()));
        self.failed.push(name.to_owned());
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
