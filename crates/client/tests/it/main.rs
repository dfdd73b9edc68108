//! The client through its public API: against a server written by hand, against transports that follow a script, and
//! against the mock.
//!
//! Nothing here uses the local cloud: it reads the same contract, and would agree with a mistake in it.
#![cfg(all(feature = "reqwest", feature = "blocking", feature = "mock"))]

mod absent;
mod access;
mod audit_logs;
mod auto_traits;
mod blocking;
mod builder;
mod bulk;
mod credentials;
mod doubles;
mod endpoints;
mod ensure;
mod errors;
mod faults;
mod headers;
mod listing;
mod locations;
mod mock;
mod names;
mod outage;
mod raw;
mod retries;
mod secrets;
mod slow_bodies;
mod support;
mod throttle;
mod tracing;
mod uploads;
mod wait_ready;
