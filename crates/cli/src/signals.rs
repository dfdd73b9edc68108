//! Ctrl-C and the signal of a service manager.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::{
    io, process,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use tokio::{
    runtime::{self, Handle},
    sync::watch,
    time,
};

#[cfg(unix)]
pub(crate) use unix::{Signals, outlive_full_files, put_terminal_back};
#[cfg(windows)]
pub(crate) use windows::{Signals, outlive_full_files, put_terminal_back};

use crate::{exit::Kind, stdin};

/// Whoever stops a program does not want to wait for long.
const LONGEST_CLEANUP: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Whether signals no longer end the process on the spot.
static IS_LISTENING: AtomicBool = AtomicBool::new(false);
/// Whether there is a thread that ends it while the standard input is read.
static IS_INPUT_WATCHED: AtomicBool = AtomicBool::new(false);

/// What somebody outside wants of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Ctrl-C.
    Interrupt,
    Terminate,
    /// The terminal is gone.
    Hangup,
}

impl Signals {
    /// Waits for one of them, and says which end of the run it means.
    pub(crate) async fn stopped(&mut self) -> Kind {
        match self.next().await {
            Signal::Interrupt => Kind::Interrupted,
            Signal::Terminate | Signal::Hangup => Kind::Terminated,
        }
    }
}

/// Listens on a thread of its own, and tells whoever is to stop which end of the run it means, until they stop listening.
/// A thread that is blocked in the standard input would not hear it: then the process ends here and now.
pub(crate) fn watch() -> io::Result<watch::Receiver<Option<Kind>>> {
    let (tell, told) = watch::channel(None);
    beside(async move |mut signals| {
        loop {
            let kind = tokio::select! {
                kind = signals.stopped() => kind,
                () = tell.closed() => return,
            };
            leave_input(kind);
            tell.send_replace(Some(kind));
        }
    })?;
    Ok(told)
}

/// Has the process end on a signal while a thread is blocked in the standard input, if it would not end by itself. Called
/// before every such time; a thread for it is worth while only where there is one.
pub(crate) fn watch_input() -> io::Result<()> {
    if !IS_LISTENING.load(Ordering::SeqCst) || IS_INPUT_WATCHED.swap(true, Ordering::SeqCst) {
        return Ok(());
    }
    beside(async |mut signals| {
        let kind = signals.stopped().await;
        // What is not being read at this moment may be at the next one.
        loop {
            leave_input(kind);
            time::sleep(LOOK_AGAIN).await;
        }
    })
}

/// Listens from now on, on a thread of its own.
fn beside<F>(hear: impl FnOnce(Signals) -> F + Send + 'static) -> io::Result<()>
where
    F: Future<Output = ()>,
{
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let signals = {
        let _inside = runtime.enter();
        Signals::listen()?
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || runtime.block_on(hear(signals)))?;
    Ok(())
}

/// Ends the process if a thread is blocked in the standard input.
fn leave_input(kind: Kind) {
    if stdin::is_being_read() {
        leave(kind);
    }
}

/// Ends the process, however many threads want to.
fn leave(kind: Kind) -> ! {
    static IS_LEFT: AtomicBool = AtomicBool::new(false);
    if !IS_LEFT.swap(true, Ordering::SeqCst) {
        stdin::leave();
    }
    process::exit((kind as u8).into())
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
