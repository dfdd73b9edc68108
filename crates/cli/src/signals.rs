//! Ctrl-C and the signal of a service manager.

use std::{io, process, time::Duration};

use tokio::{runtime::Handle, sync::watch, time};

use crate::{exit::Kind, stdin};

/// Whoever stops a program does not want to wait for long.
const LONGEST_CLEANUP: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The signals that ask a program to stop. From the moment this is made they no longer end it on the spot.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for one of them, and says which end of the run it means.
    pub(crate) async fn stopped(&mut self) -> Kind {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => Kind::Interrupted,
            _ = self.terminate.recv() => Kind::Terminated,
        }
        #[cfg(not(unix))]
        {
            // An error means that nobody can press Ctrl-C.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            Kind::Interrupted
        }
    }
}

/// Listens on a thread of the runtime, and tells whoever is to stop which end of the run it means, until they stop listening. A thread
/// that is blocked in the standard input would not hear it: then the process ends here and now.
pub(crate) fn watch() -> io::Result<watch::Receiver<Option<Kind>>> {
    let mut signals = Signals::listen()?;
    let (tell, told) = watch::channel(None);
    tokio::spawn(async move {
        loop {
            let kind = tokio::select! {
                kind = signals.stopped() => kind,
                () = tell.closed() => return,
            };
            if stdin::is_being_read() {
                stdin::leave();
                process::exit((kind as u8).into());
            }
            tell.send_replace(Some(kind));
        }
    });
    Ok(told)
}

/// Lets what was given up clean up after itself, until a second signal: an upload spawns a task that deletes its draft.
/// The tasks of idle connections end with the client, which has to be gone.
pub(crate) async fn clean_up() -> io::Result<()> {
    let mut signals = Signals::listen()?;
    let idle = async {
        while Handle::current().metrics().num_alive_tasks() > 0 {
            time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::select! {
        _ = time::timeout(LONGEST_CLEANUP, idle) => {}
        _ = signals.stopped() => {}
    }
    Ok(())
}
