//! What the local cloud answers: one file per noun, one implementation of `Handles` per operation.

mod api_tokens;
mod audit_logs;
mod billing;
mod database_tokens;
mod databases;
mod groups;
mod invites;
mod jwks;
mod locations;
mod members;
mod official;
mod organizations;
mod recovery;
mod user;

pub(super) use official::operations as official;

pub(crate) use billing::{STARTER, included_rows, is_known as is_known_plan, put_on as put_on_plan};
pub(crate) use locations::{is_known as is_known_location, number as location_number};

/// The answers of the local cloud.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answers;
