#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod call;
mod client;
mod credentials;
mod decode;
mod error;
mod exchange;
mod handles;
mod origin;
mod paging;
mod raw;
mod retry;
mod retry_after;
mod throttle;

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "mock")]
pub mod mock;
pub mod transport;

pub use builder::ClientBuilder;
pub use call::Call;
pub use client::Client;
pub use credentials::Credentials;
pub use error::{Error, ErrorKind};
pub use handles::{
    ApiTokens, AuditLogStream, AuditLogs, Databases, Ensured, Groups, Location, Locations, Organizations,
};
pub use raw::{RawAnswer, RawCall};
pub use retry::RetryPolicy;
/// Every endpoint and wire type of the API.
pub use turso_cloud_contract as contract;
pub use turso_cloud_contract::{
    ApiToken, ByteSize, DatabaseId, DatabaseName, DatabaseToken, Expiration, GroupId, GroupName, InvalidInput,
    LocationCode, OrganizationSlug,
    api_tokens::TokenValidity,
    audit_logs::{AuditCode, AuditLog, AuditLogPage, AuditOrigin},
    database_tokens::{Authorization, NewToken},
    databases::{CreatedDatabase, Database, DatabaseFilter, NewDatabase},
    groups::{Group, NewGroup},
    organizations::{Organization, OrganizationKind},
};
