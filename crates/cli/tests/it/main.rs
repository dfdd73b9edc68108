//! The built binary against a local cloud on a port of this process.

mod api_errors;
mod catalogue;
mod config;
mod docs;
mod dry_run;
mod output;
mod secrets;
mod signals;
mod support;
mod transcripts;
mod uploads;
