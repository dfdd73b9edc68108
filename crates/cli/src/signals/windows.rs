//! The console events of Windows.

use std::{io, sync::atomic::Ordering};

use tokio::signal::windows::{self, CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown};

use super::{IS_LISTENING, Signal};

/// The events that ask a program to stop. From the moment this is made they no longer end it on the spot: the system waits
/// some seconds for whoever hears that its window is closed.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: CtrlC,
    /// What one program can send to another.
    terminate: CtrlBreak,
    close: CtrlClose,
    logoff: CtrlLogoff,
    shutdown: CtrlShutdown,
}

impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        IS_LISTENING.store(true, Ordering::SeqCst);
        Ok(Self {
            interrupt: windows::ctrl_c()?,
            terminate: windows::ctrl_break()?,
            close: windows::ctrl_close()?,
            logoff: windows::ctrl_logoff()?,
            shutdown: windows::ctrl_shutdown()?,
        })
    }

    /// The same: here, nobody is made to ignore that the terminal is gone.
    pub(crate) fn listen_to_all() -> io::Result<Self> {
        Self::listen()
    }

    /// Waits for one of them.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.shutdown.recv() => Signal::Terminate,
            _ = self.close.recv() => Signal::Hangup,
            _ = self.logoff.recv() => Signal::Hangup,
        }
    }
}

/// There is no such signal: who writes too much is told so.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(crate) fn outlive_full_files() -> io::Result<()> {
    Ok(())
}

/// The console is put back by the system when its program ends.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(crate) fn put_terminal_back() -> io::Result<()> {
    Ok(())
}
