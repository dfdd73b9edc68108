//! Every endpoint and wire type of the Turso Cloud Platform API, declared once, without I/O.
//!
//! The client sends these types, the local cloud answers them, and the command line prints them. One
//! [`Endpoint`] declaration holds everything the others need to know about an operation: its method and
//! path, whether it may be repeated, and the types of its query, body and answer.
//!
//! ```
//! use turso_cloud_contract::{Endpoint, databases::GetDatabase};
//!
//! let get = GetDatabase { organization: "acme".parse()?, database: "orders".parse()? };
//! assert_eq!(get.path(), "/v1/organizations/acme/databases/orders");
//! # Ok::<(), turso_cloud_contract::InvalidInput>(())
//! ```
#![forbid(unsafe_code)]

mod answer;
mod catalogue;
mod compared_as_text;
mod decode;
mod endpoint;
mod error_body;
mod invalid_input;
mod lenient;
mod names;
mod open_enum;
mod path;
mod redaction;
mod rfc3339;
mod samples;
mod secrets;
mod this_machine;
mod units;
mod whole_number;

pub mod api_tokens;
pub mod audit_logs;
pub mod billing;
pub mod database_tokens;
pub mod databases;
pub mod groups;
pub mod invites;
pub mod jwks;
pub mod locations;
pub mod members;
pub mod official;
pub mod organizations;
pub mod recovery;
pub mod uploads;
pub mod user;

pub use catalogue::{CATALOGUE, EndpointInfo, endpoints};
pub use endpoint::{Endpoint, NoBody, NoQuery, Nothing, Presence, Repeatability, RequestError, RequestPart, Service};
pub use error_body::ErrorBody;
/// Methods of HTTP as signatures here have them.
pub use http;
pub use invalid_input::InvalidInput;
/// Times as signatures here have them.
pub use jiff;
pub use names::{
    ApiTokenId, ApiTokenName, DatabaseId, DatabaseName, EmailAddress, GroupId, GroupName, InstanceName, JwksName,
    LocationCode, OrganizationId, OrganizationSlug, UploadId, Username,
};
pub use open_enum::UnknownValue;
pub use path::{PathReader, PathSegment, without_query, without_secrets};
pub use redaction::{REDACTED, redact, without_secret_parameters};
pub use samples::sample;
pub use secrets::{ApiToken, DatabaseToken, EncryptionKey};
/// JSON as signatures here have it.
pub use serde_json;
pub use this_machine::is_this_machine;
pub use units::{ByteSize, Expiration};
