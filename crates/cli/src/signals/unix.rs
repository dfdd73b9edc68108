//! The signals of Unix.

use std::{io, sync::atomic::Ordering};

use rustix::process::Signal as Number;
use tokio::signal::unix::{self, SignalKind};

use super::{IS_LISTENING, Signal, leave};
use crate::{exit::Kind, stdin};

/// The signals that ask a program to stop. From the moment this is made they no longer end it on the spot.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: Option<unix::Signal>,
}

impl Signals {
    /// Without [`Signal::Hangup`]: whoever was started by `nohup` ignores it, and goes on doing so.
    pub(crate) fn listen() -> io::Result<Self> {
        IS_LISTENING.store(true, Ordering::SeqCst);
        let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
        Ok(Self { interrupt: unix::signal(interrupt)?, terminate: unix::signal(terminate)?, hangup: None })
    }

    /// All of them, for a program that only hands them on.
    pub(crate) fn listen_to_all() -> io::Result<Self> {
        Ok(Self { hangup: Some(unix::signal(SignalKind::hangup())?), ..Self::listen()? })
    }

    /// Waits for one of them.
    pub(crate) async fn next(&mut self) -> Signal {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = hangup => Signal::Hangup,
        }
    }
}

/// Makes a file that outgrows what a process may write an error of whoever writes it, as a full disk is, rather than the
/// end of the program, which would leave its drafts behind.
pub(crate) fn outlive_full_files() -> io::Result<()> {
    // Whoever listens once does so for good.
    drop(unix::signal(SignalKind::from_raw(Number::XFSZ.as_raw()))?);
    Ok(())
}

/// While somebody types into a line editor, which changes the terminal and takes Ctrl-C for a key: has the terminal put back
/// when the program is told to end.
pub(crate) fn put_terminal_back() -> io::Result<()> {
    let mut terminate = unix::signal(SignalKind::terminate())?;
    stdin::remember();
    tokio::spawn(async move {
        terminate.recv().await;
        leave(Kind::Terminated);
    });
    Ok(())
}
