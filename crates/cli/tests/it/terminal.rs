//! The program as a person sees it: in a terminal of 60 columns.
#![expect(clippy::unwrap_used, reason = "a terminal that cannot be had fails its test")]

use std::process::Command;

use rexpect::session::{PtySession, spawn_command};
use rustix::termios::{Winsize, tcsetwinsize};

/// A machine that is busy is no failure.
const PATIENCE: u64 = 60_000;

pub(crate) const COLUMNS: usize = 60;

/// Runs the program in a terminal. Its end is told there by [`Terminal::end`].
pub(crate) struct Terminal(PtySession);

impl Terminal {
    pub(crate) fn new(program: &Command) -> Self {
        // The shell lives on when Ctrl-C is pressed, and so does what it says at the end.
        let script = format!(r#"stty cols {COLUMNS} rows 24; trap : INT; "$0" "$@"; echo "[ended with $?]""#);
        let mut command = Command::new("sh");
        command.args(["-c", &script]).arg(program.get_program()).args(program.get_args());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("TERM", "xterm");
        Self(spawn_command(command, Some(PATIENCE)).unwrap())
    }

    /// Waits for a text, and yields what came before it.
    pub(crate) fn expect(&mut self, text: &str) -> String {
        decoded(&self.0.exp_string(text).unwrap())
    }

    pub(crate) fn line(&mut self, text: &str) {
        self.0.send_line(text).unwrap();
    }

    /// Types a text without ending the line.
    pub(crate) fn keys(&mut self, text: &str) {
        self.0.send(text).unwrap();
        self.0.flush().unwrap();
    }

    pub(crate) fn control(&mut self, key: char) {
        self.0.send_control(key).unwrap();
    }

    pub(crate) fn resize(&mut self, columns: u16) {
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(self.0.process().get_file_handle().unwrap(), size).unwrap();
    }

    /// The exit code, and what was written before the end.
    pub(crate) fn end(mut self) -> (i32, String) {
        let said = self.expect("[ended with ");
        let code = self.expect("]");
        self.0.exp_eof().unwrap();
        (code.parse().unwrap(), said)
    }
}

/// What is seen: the reader of the terminal takes each byte for a character, and colors are for terminals.
fn decoded(text: &str) -> String {
    let bytes: Vec<_> = text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?')).collect();
    console::strip_ansi_codes(&String::from_utf8_lossy(&bytes)).into_owned()
}
