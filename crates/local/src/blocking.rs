//! Work that waits for a disk, on a thread that may.

use tokio::task::{JoinError, spawn_blocking};

/// The thread that did something has not come to its end.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Crash(#[from] JoinError);

/// Does something that blocks. Once it has begun it is done, even when nobody waits for it any more.
pub(crate) async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Crash> + Send + 'static,
{
    spawn_blocking(work).await.map_err(Crash)?
}
