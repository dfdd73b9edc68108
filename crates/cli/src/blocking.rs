//! Work that blocks its thread, on one of its own, so that signals are heard meanwhile.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::{Context as _, Result};
use tokio::task;

/// Says whether nobody waits for the work any more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

/// Tells the work when it is dropped.
struct Waiting(Stop);

impl Stop {
    pub(crate) fn is_asked_for(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::SeqCst);
    }
}

/// Does it. Whoever no longer waits has it stopped, and what it was given is dropped at its end, for which that of the
/// program waits: it is a task, as [`signals::clean_up`](crate::signals::clean_up) wants it.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce(&Stop) -> Result<T> + Send + 'static) -> Result<T> {
    let waiting = Waiting(Stop::default());
    let stop = waiting.0.clone();
    let done = tokio::spawn(async move { task::spawn_blocking(move || work(&stop)).await });
    done.await.and_then(|done| done).context("a thread of this program has ended")?
}
