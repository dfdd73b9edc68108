//! Ctrl-C and the signal of a service manager.

use std::io;

use crate::exit::Kind;

/// Waits for one of them, and says which end of the run it means.
pub(crate) async fn stopped() -> io::Result<Kind> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminate.recv() => return Ok(Kind::Terminated),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(Kind::Interrupted)
}
