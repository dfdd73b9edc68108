//! The built binary against a local cloud on a port of this process.

mod api_bodies;
mod api_errors;
mod between;
mod catalogue;
#[cfg(target_os = "linux")]
mod certificates;
mod closed_output;
mod config;
mod delete;
mod docs;
mod dry_run;
#[cfg(target_os = "linux")]
mod endless_files;
mod export;
mod export_hostile;
mod export_verify;
mod gate;
mod harmless;
mod import;
mod import_dump;
mod import_failures;
mod import_neighbours;
mod import_resume;
mod import_sqlite;
mod import_sqlite_resume;
mod import_stdin;
mod login;
mod named_twice;
mod output;
mod parameters;
#[cfg(unix)]
mod progress_terminal;
#[cfg(unix)]
mod prompts;
mod registered_meanwhile;
mod safe_to_rerun;
mod secrets;
mod shell;
#[cfg(unix)]
mod shell_terminal;
mod signals;
mod sql;
mod stand_in;
mod support;
#[cfg(unix)]
mod terminal;
mod transcripts;
mod uploads;
#[cfg(unix)]
mod written_files;
