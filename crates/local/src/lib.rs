#![doc = include_str!("../README.md")]
#![warn(clippy::missing_errors_doc)]

mod api_tokens;
mod authority;
mod bearer;
mod blocking;
mod blueprint;
mod builder;
mod clock;
mod cloud;
mod control;
mod cross_origin;
mod data;
mod directory;
mod error;
mod faults;
mod forks;
mod founder;
mod home;
mod ids;
mod json_answer;
mod lifeline;
pub mod local_api;
mod memory;
mod named;
mod population;
mod quirk;
mod rate_limit;
mod regular_file;
mod request_log;
mod seed_file;
mod server;
mod snapshots;
mod sql;
mod store;
mod traffic;
mod transport;
mod whole_body;

pub use builder::CloudBuilder;
pub use clock::Clock;
pub use cloud::Cloud;
pub use control::Hostnames;
/// For the test that shows that an operation without an answer does not compile, which sees only what is public, and for
/// nobody else.
#[doc(hidden)]
pub use control::{Context, Handles, Refusal, Routes, answers_everything};
/// For the command line, which opens files of databases and reads scripts itself, and for nobody else.
#[doc(hidden)]
pub use data::{Scanner, Step, VECTOR_INDEX_TABLES, install_functions};
pub use error::CloudError;
pub use faults::{Fault, FaultEffect, FaultRule, FaultSpec, FaultStatus, Faults};
pub use quirk::Quirk;
pub use request_log::{LoggedMessage, LoggedRequest, Requests};
pub use server::Server;
pub use snapshots::Snapshot;
pub use sql::SqlValue;
/// The client that a cloud makes, with `http`, `jiff` and the wire types as signatures here have them.
pub use turso_cloud;

/// For the targets of `fuzz/`, and for nobody else.
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing {
    pub use crate::data::fuzzing::{claims, json, past, protobuf, token};
}
