use std::io::Write as _;

use anyhow::Result;
use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::{args::Args, stdout};

/// Prints the script that completes commands and options; names of databases are not looked up.
pub(super) fn run(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "tursoctl", &mut script);
    let mut out = stdout::lock();
    out.write_all(&script)?;
    Ok(out.flush()?)
}
