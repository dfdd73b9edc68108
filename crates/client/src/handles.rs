//! Handles: one noun each, with the same words for all of them.
//!
//! `list` and `get` read, `find` yields nothing where `get` fails, `create` makes, `ensure` makes what is missing,
//! `delete` fails where there is nothing to delete and `delete_if_exists` does not.

mod api_tokens;
mod audit_logs;
mod billing;
mod databases;
mod ensured;
mod groups;
mod invites;
mod jwks;
mod listed;
mod locations;
mod members;
mod organizations;
mod recovery;
mod scope;
mod user;
mod wait_ready;

pub use api_tokens::{ApiTokens, OrganizationApiTokens};
pub use audit_logs::{AuditLogStream, AuditLogs};
pub use billing::{Billing, Limits};
pub use databases::{Branch, Databases};
pub use ensured::Ensured;
pub(crate) use ensured::absent_as_none;
pub use groups::Groups;
pub use invites::Invites;
pub use jwks::Jwks;
pub use locations::{Continent, Location, Locations};
pub use members::Members;
pub use organizations::Organizations;
pub use recovery::Recovery;
pub(crate) use scope::Scope;
pub use user::CurrentUser;
pub(crate) use wait_ready::{TOKEN_LIFE, patiently, select_one, send_patiently};
