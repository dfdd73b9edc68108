//! Handles: one noun each, with the same words for all of them.
//!
//! `list` and `get` read, `find` yields nothing where `get` fails, `create` makes, `ensure` makes what is missing,
//! `delete` fails where there is nothing to delete and `delete_if_exists` does not.

mod api_tokens;
mod audit_logs;
mod databases;
mod ensured;
mod groups;
mod locations;
mod organizations;
mod scope;
mod wait_ready;

pub use api_tokens::ApiTokens;
pub use audit_logs::{AuditLogStream, AuditLogs};
pub use databases::Databases;
pub use ensured::Ensured;
pub(crate) use ensured::absent_as_none;
pub use groups::Groups;
pub use locations::{Location, Locations};
pub use organizations::Organizations;
pub(crate) use scope::Scope;
