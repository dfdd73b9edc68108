//! Ctrl-C and the signal of a service manager.

use std::{io, time::Duration};

use tokio::{runtime::Handle, time};

use crate::exit::Kind;

/// Whoever stops a program does not want to wait for long.
const LONGEST_CLEANUP: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

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

/// Lets what was given up clean up after itself, until a second signal: an upload spawns a task that deletes its draft.
/// The tasks of idle connections end with the client, which has to be gone.
pub(crate) async fn clean_up() {
    let idle = async {
        while Handle::current().metrics().num_alive_tasks() > 0 {
            time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::select! {
        _ = time::timeout(LONGEST_CLEANUP, idle) => {}
        _ = stopped() => {}
    }
}
