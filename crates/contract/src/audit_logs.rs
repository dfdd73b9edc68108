//! The audit log of an organization.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    InvalidInput, OrganizationSlug, Presence, RequestPart, answer::answer, endpoint::endpoint,
    lenient::null_as_default, open_enum::open_enum, whole_number,
};

endpoint!(
    /// Reads one page of the audit log, newest entry first. The service knows no filter.
    ListAuditLogs: GET "/v1/organizations/" {organization: OrganizationSlug} "/audit-logs",
        Safe, query AuditLogPage => AuditLogsAnswer
);

/// Which page to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditLogPage {
    /// The number of the page, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// Entries in a page; 100 where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u64>,
}

impl AuditLogPage {
    /// The page with this number, from 1, of this many entries.
    #[must_use]
    pub fn new(page: u64, page_size: u64) -> Self {
        Self { page: Some(page), page_size: Some(page_size) }
    }
}

impl RequestPart for AuditLogPage {
    const PRESENCE: Presence = Presence::Optional;

    fn check(&self) -> Result<(), InvalidInput> {
        whole_number::check::<Self>("page", self.page)?;
        whole_number::check::<Self>("page_size", self.page_size)
    }
}

open_enum!(
    /// What happened.
    AuditCode {
        /// A user signed up.
        UserSignup = "user-signup",
        /// A user was deleted.
        UserDelete = "user-delete",
        /// A platform API token was created.
        UserTokenCreate = "user-token-create",
        /// A database was created.
        DbCreate = "db-create",
        /// A database was deleted.
        DbDelete = "db-delete",
        /// A database was protected from deletion.
        DbProtect = "db-protect",
        /// A database was no longer protected from deletion.
        DbUnprotect = "db-unprotect",
        /// A database token was created.
        DbTokenCreate = "db-token-create",
        /// A database was unarchived. The service documents the misspelt code.
        DbUnarchive = "db-aunrchive" | "db-unarchive",
        /// A group was created.
        GroupCreate = "group-create",
        /// A group was deleted.
        GroupDelete = "group-delete",
        /// A group was unarchived.
        GroupUnarchive = "group-unarchive",
        /// A group was protected from deletion.
        GroupProtect = "group-protect",
        /// A group was no longer protected from deletion.
        GroupUnprotect = "group-unprotect",
        /// A group token was created.
        GroupTokenCreate = "group-token-create",
        /// An instance was added.
        InstanceCreate = "instance-create",
        /// An instance was removed.
        InstanceDelete = "instance-delete",
        /// An organization was created.
        OrgCreate = "org-create",
        /// An organization was deleted.
        OrgDelete = "org-delete",
        /// A member was added.
        OrgMemberAdd = "org-member-add",
        /// A member was removed.
        OrgMemberRemove = "org-member-rm",
        /// A member left.
        OrgMemberLeave = "org-member-leave",
        /// The plan was changed.
        OrgPlanUpdate = "org-plan-update",
        /// Overages were switched on or off.
        OrgSetOverages = "org-set-overages",
    }
);

open_enum!(
    /// Where the request came from, which the service tells from its `User-Agent`.
    AuditOrigin {
        /// The official command line.
        Cli = "cli",
        /// Anything else.
        Web = "web",
    }
);

/// One entry of the audit log. Entries have no id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditLog {
    /// What happened.
    pub code: AuditCode,
    /// A sentence, often empty.
    #[serde(default, deserialize_with = "null_as_default")]
    pub message: String,
    /// Where the request came from.
    pub origin: AuditOrigin,
    /// The username of who did it.
    pub author: String,
    /// When it happened.
    pub created_at: Timestamp,
    /// What it was done to; the keys depend on the code.
    #[serde(default, deserialize_with = "null_as_default")]
    pub data: AuditData,
}

impl AuditLog {
    /// An entry, for tests and local clouds.
    #[must_use]
    pub fn new(code: AuditCode, origin: AuditOrigin, author: impl Into<String>, created_at: Timestamp) -> Self {
        Self { code, message: String::new(), origin, author: author.into(), created_at, data: AuditData::default() }
    }
}

/// The details of an entry: a JSON object whose keys depend on what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuditData(Map<String, Value>);

impl AuditData {
    /// The text under a key.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    /// The whole object as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for AuditData {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), Value::String(value.into()))).collect())
    }
}

/// Where a page stands among the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditPagination {
    /// The number of this page, from 1.
    pub page: u64,
    /// Entries in a full page.
    pub page_size: u64,
    /// How many pages there are.
    pub total_pages: u64,
    /// How many entries there are.
    pub total_rows: u64,
}

impl AuditPagination {
    /// The place of `page` among `total_rows` entries in pages of `page_size`.
    #[must_use]
    pub fn new(page: u64, page_size: u64, total_rows: u64) -> Self {
        Self { page, page_size, total_pages: total_rows.div_ceil(page_size.max(1)), total_rows }
    }
}

answer!(
    /// The answer of [`ListAuditLogs`].
    AuditLogsAnswer {
        /// The entries of the page, newest first.
        #[serde(deserialize_with = "null_as_default")]
        audit_logs: Vec<AuditLog>,
        /// Where the page stands.
        pagination: AuditPagination,
    }
);
