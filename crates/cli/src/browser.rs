//! Opens a page in the user's browser.

use std::{
    io,
    process::{Command, Stdio},
};

/// Opens an address, without waiting for what comes of it.
pub(crate) fn open(url: &str) -> io::Result<()> {
    let mut command = if cfg!(windows) {
        let mut command = Command::new("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        command
    } else {
        Command::new(if cfg!(target_os = "macos") { "open" } else { "xdg-open" })
    };
    // One that is drawn in the terminal would take it away from this program.
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(drop)
}
