//! What stands between the client and HTTP: the eye of `--trace-http` and the hand of `--dry-run`.

mod dry_run;
mod redact;
mod trace;

pub(crate) use dry_run::Recorder;
pub(crate) use trace::Tracer;
