//! Transports between the client and HTTP: `--trace-http` shows requests, and `--dry-run` holds back those that change
//! something.

mod dry_run;
mod redact;
mod trace;

pub(crate) use dry_run::Recorder;
pub(crate) use trace::Tracer;
