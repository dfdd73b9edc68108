//! Turns off a terminal's echo for a while, and puts it back whatever happens.

use std::io;

use parking_lot::Mutex;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// The settings to put back, while the terminal has others.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Does something while the terminal does not show what is typed.
pub(super) fn without<T>(read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let before = tcgetattr(io::stdin())?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    *BEFORE.lock() = Some(before);
    // What was typed ahead was shown already, and is thrown away.
    let read = tcsetattr(io::stdin(), OptionalActions::Flush, &silent).map_err(Into::into).and_then(|()| read());
    bring_back();
    read
}

pub(super) fn remember() {
    // What is no terminal does not have to be put back.
    *BEFORE.lock() = tcgetattr(io::stdin()).ok();
}

/// Puts the terminal back, if it is not as it was. Also called where the program ends while somebody types.
pub(super) fn bring_back() {
    if let Some(before) = BEFORE.lock().take() {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &before);
    }
}
