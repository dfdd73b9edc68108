//! Ctrl-C in the middle of an import.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::{sync::watch, task::AbortHandle, time::sleep};

use crate::{exit::Kind, signals::Signals};

/// What is under way gets so long to end by itself, so that its outcome is known.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether somebody wants this to end.
#[derive(Debug)]
pub(super) struct Stop {
    asked: watch::Receiver<Option<Kind>>,
    listener: AbortHandle,
}

impl Stop {
    /// Listens from now on.
    pub(super) fn listen() -> Result<Self> {
        let mut signals = Signals::listen().context("signals cannot be listened to")?;
        let (sender, asked) = watch::channel(None);
        let listener = tokio::spawn(async move {
            sender.send_replace(Some(signals.stopped().await));
            // While the sender is there, nobody takes its end for a signal.
            sender.closed().await;
        });
        Ok(Self { asked, listener: listener.abort_handle() })
    }

    /// What was asked for, if anything was.
    pub(super) fn asked(&self) -> Option<Kind> {
        *self.asked.borrow()
    }

    /// Waits until something is asked for.
    pub(super) async fn wait(&self) -> Kind {
        let mut asked = self.asked.clone();
        loop {
            if let Some(kind) = *asked.borrow_and_update() {
                return kind;
            }
            if asked.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until something was asked for and what is under way had its time.
    pub(super) async fn wait_patiently(&self) -> Kind {
        let kind = self.wait().await;
        sleep(PATIENCE).await;
        kind
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.listener.abort();
    }
}
