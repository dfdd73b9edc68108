//! Ctrl-C and the signal of a service manager.

use std::{io, process::ExitCode};

#[cfg(unix)]
const TERMINATED: u8 = 143;
const INTERRUPTED: u8 = 130;

/// Waits for one of them, and says which exit code stands for it.
pub(crate) async fn stopped() -> io::Result<ExitCode> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminate.recv() => return Ok(TERMINATED.into()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(INTERRUPTED.into())
}
