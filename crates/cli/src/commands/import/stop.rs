//! Ctrl-C in the middle of an import.

use std::{fmt::Display, time::Duration};

use anyhow::{Context as _, Result};
use tokio::{sync::watch, time::sleep};

use crate::{
    context::say,
    exit::{Failure, Kind},
    signals,
};

/// What is under way gets so long to end by itself, so that its outcome is known.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whoever waits for longer wants to know why.
const NOTICED: Duration = Duration::from_secs(1);

/// Whether somebody wants this to end.
#[derive(Debug)]
pub(super) struct Stop {
    told: watch::Receiver<Option<Kind>>,
    is_quiet: bool,
}

impl Stop {
    /// Listens from now on.
    pub(super) fn listen(is_quiet: bool) -> Result<Self> {
        let told = signals::watch().context("signals cannot be listened to")?;
        Ok(Self { told, is_quiet })
    }

    /// What was asked for, if anything was.
    pub(super) fn asked(&self) -> Option<Kind> {
        *self.told.borrow()
    }

    /// Fails once something was asked for.
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.asked().map_or(Ok(()), |kind| Err(interrupted(kind)))
    }

    /// Waits until something is asked for.
    pub(super) async fn wait(&self) -> Kind {
        match self.told.clone().wait_for(Option::is_some).await.map(|kind| *kind) {
            Ok(Some(kind)) => kind,
            // Nobody listens any more.
            _ => std::future::pending().await,
        }
    }

    /// Waits before something is tried again that did not work for a reason. Fails where something is asked for meanwhile.
    pub(super) async fn pause(&self, pause: Duration, reason: impl Display) -> Result<(), Failure> {
        if pause >= NOTICED && !self.is_quiet {
            say(format_args!("{reason}; trying again in {} s", pause.as_secs()));
        }
        tokio::select! {
            () = sleep(pause) => Ok(()),
            kind = self.wait() => Err(interrupted(kind)),
        }
    }

    /// Does something that need not come to its end, such as looking at a database.
    pub(super) async fn or<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let done = tokio::select! {
            done = work => done,
            kind = self.wait_patiently() => return Err(interrupted(kind).into()),
        };
        self.check()?;
        done
    }

    /// Waits until something was asked for and what is under way had its time, or was asked for again.
    pub(super) async fn wait_patiently(&self) -> Kind {
        let kind = self.wait().await;
        let mut again = self.told.clone();
        again.mark_unchanged();
        tokio::select! {
            () = sleep(PATIENCE) => {}
            Ok(()) = again.changed() => {}
        }
        kind
    }
}

fn interrupted(kind: Kind) -> Failure {
    Failure::new(kind, "interrupted")
}
