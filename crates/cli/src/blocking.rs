//! Work that blocks its thread, on one of its own, so that signals are heard meanwhile.

use anyhow::{Context as _, Result};
use tokio::task;
use tokio_util::sync::CancellationToken;

/// Does it. Whoever no longer waits has it cancelled, and what it was given is dropped at its end, for which that of the
/// program waits: it is a task, as [`signals::clean_up`](crate::signals::clean_up) wants it.
pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce(&CancellationToken) -> Result<T> + Send + 'static,
) -> Result<T> {
    let token = CancellationToken::new();
    let _waiting = token.clone().drop_guard();
    let done = tokio::spawn(async move { task::spawn_blocking(move || work(&token)).await });
    done.await.and_then(|done| done).context("a thread of this program has ended")?
}
