#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod access;
mod builder;
mod bulk;
mod call;
mod client;
mod credentials;
mod decode;
mod error;
mod exchange;
mod handles;
mod headers;
mod listing;
mod origin;
mod paging;
mod payload;
mod raw;
mod retry;
mod retry_after;
mod throttle;
mod uploads;

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "mock")]
pub mod mock;
pub mod transport;

pub use access::DatabaseAccess;
pub use builder::ClientBuilder;
pub use bulk::{Bulk, BulkEvents, Outcome, Outcomes};
/// Bytes of bodies as signatures here have them.
pub use bytes;
pub use call::Call;
pub use client::Client;
pub use credentials::Credentials;
pub use error::{Error, ErrorKind};
/// The trait of the streams here, whose adapters are those of `futures_util`.
pub use futures_core;
pub use handles::{
    ApiTokens, AuditLogStream, AuditLogs, Billing, Branch, Continent, CurrentUser, Databases, Ensured, Groups, Invites,
    Jwks, Limits, Location, Locations, Members, OrganizationApiTokens, Organizations, Recovery,
};
/// Methods, headers and statuses of HTTP as signatures here have them.
pub use http;
/// Times as signatures here have them.
pub use jiff;
pub use listing::Listing;
pub use origin::refuse_in_clear;
pub use raw::{RawAnswer, RawCall};
pub use retry::RetryPolicy;
pub use retry_after::retry_after;
/// Every endpoint and wire type of the API.
pub use turso_cloud_contract as contract;
pub use turso_cloud_contract::{
    ApiToken, ApiTokenId, ApiTokenName, ByteSize, DatabaseId, DatabaseName, DatabaseToken, EmailAddress, EncryptionKey,
    Expiration, GroupId, GroupName, InstanceName, InvalidInput, JwksName, LocationCode, OrganizationId,
    OrganizationSlug, Username,
    api_tokens::{ApiTokenInfo, CreatedApiToken, NewApiToken, Scope, TokenOwner, TokenValidity},
    audit_logs::{AuditCode, AuditData, AuditLog, AuditLogPage, AuditLogsAnswer, AuditOrigin, AuditPagination},
    billing::{
        BillingAddress, BillingCustomer, DatabaseUsage, InstanceUsage, Invoice, InvoiceKind, OrganizationTotal,
        OrganizationUsage, Plan, Price, Quotas, Subscription, TaxId, Timeline, Usage,
    },
    database_tokens::{Action, Authorization, NewToken, Permission},
    databases::{
        AllowListChange, AllowRules, Cipher, CreatedDatabase, Database, DatabaseConfiguration, DatabaseFilter,
        DatabasePatch, DatabaseV3, Encryption, Instance, InstanceKind, NewDatabase, NewDatabaseV3, Parent, QueryStat,
        Seed, UsagePeriod,
    },
    groups::{Extension, Extensions, Group, GroupConfiguration, GroupPatch, GroupStatus, LocationStatus, NewGroup},
    invites::{CreatedInvite, Invite, NewInvite},
    jwks::{JwksProvider, JwksTemplate, JwksTemplateRequest, NewJwks},
    locations::ClosestRegion,
    members::{Member, NewMember, Role},
    organizations::{NewOrganization, Organization, OrganizationKind, OrganizationPatch, OrganizationV2},
    recovery::{DeletedGroup, RestoredGroup},
    user::User,
};
pub use uploads::{
    DatabaseFile, DumpUpload, FileUpload, ResumePoint, UnfitFile, Upload, UploadEvent, UploadEvents, UploadProgress,
};
