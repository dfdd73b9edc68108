//! The built binary against a local cloud on a port of this process.

mod export;
mod gate;
mod import;
mod import_failures;
mod shell;
#[cfg(unix)]
mod shell_terminal;
mod sql;
mod support;
