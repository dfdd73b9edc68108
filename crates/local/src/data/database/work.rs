//! What requests do to the files of a database beside running statements.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::Database;
use super::threads::Patience;
use crate::data::refusal::Refusal;

impl Database {
    /// Does something that blocks for as long as it takes, on a thread that is counted. Once it has begun it is done, even
    /// when nobody waits for it any more.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Arc<Self>) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let itself = Arc::clone(self);
        let thread = self.thread(&mut Patience::default()).await.ok_or(Refusal::TooManyAtWork)?;
        let working = spawn_blocking(move || {
            let _kept_until_the_end = thread;
            work(&itself)
        });
        working.await.map_err(|error| {
            tracing::error!(%error, "work on the files of a database ended without an answer");
            Refusal::Internal
        })
    }
}
