//! Who may use a database: what the control plane says of it, and what a token allows.

mod allow_list;
mod encryption;
mod permissions;
mod record;
mod signing;
mod tokens;

pub(crate) use allow_list::{AllowList, Peer};
pub(crate) use encryption::KeyDigest;
pub(super) use encryption::KeyRefusal;
pub(crate) use permissions::Rules;
pub(super) use permissions::{Class, Denial, Right, blocked};
pub(crate) use record::DatabaseRecord;
pub(crate) use signing::{LONGEST_JWT, SigningSeed, VerifyingKey, read_segment, verify_jwt};
pub(crate) use tokens::{Access, Subject, TokenClaims, mint};
pub(super) use tokens::{Grant, TokenRefusal, VerifiedTokens, authorize};
