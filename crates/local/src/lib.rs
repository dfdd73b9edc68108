#![doc = include_str!("../README.md")]

mod authority;
mod builder;
mod clock;
mod cloud;
mod control;
mod data;
mod directory;
mod error;
mod faults;
mod founder;
mod ids;
mod quirk;
mod server;
mod store;
mod transport;
mod whole_body;

pub use builder::CloudBuilder;
pub use clock::Clock;
pub use cloud::Cloud;
pub use control::{Context, Handles, Hostnames, Refusal, Routes, answers_everything};
pub use error::CloudError;
pub use faults::{Fault, FaultRule, Faults};
pub use quirk::Quirk;
pub use server::Server;

/// For the targets of `fuzz/`, and for nobody else.
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing {
    pub use crate::data::fuzzing::{claims, json, past, protobuf, token};
}
