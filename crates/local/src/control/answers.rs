//! What the local cloud answers: one file per noun, one implementation of `Handles` per operation.

mod api_tokens;
mod audit_logs;
mod database_tokens;
mod databases;
mod groups;
mod locations;
mod organizations;
mod recovery;

pub(crate) use locations::is_known as is_known_location;

/// The answers of the local cloud.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answers;
