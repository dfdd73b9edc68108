//! A database as the control plane describes it.

use std::sync::Arc;

use super::allow_list::AllowList;
use super::encryption::KeyDigest;
use super::signing::SigningSeed;

/// What the control plane tells the data plane about one database.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of the service")]
pub(crate) struct DatabaseRecord {
    /// The database's `DbId`, a UUID; it names the file.
    pub(crate) id: String,
    /// The row of its organization, for all of whose databases rows are counted together.
    pub(crate) organization: i64,
    /// Its name in its organization.
    pub(crate) name: Arc<str>,
    /// The first label of its host name, `{database}-{organization}`.
    pub(crate) label: String,
    /// The group it belongs to: `gid` of group tokens.
    pub(crate) group_id: String,
    /// `rid` of the database tokens that are good now.
    pub(crate) role_id: String,
    /// `rid` of the group tokens that are good now.
    pub(crate) group_role_id: String,
    /// What the group's tokens are signed with.
    pub(crate) signing_key: SigningSeed,
    /// Reading statements are answered with an error.
    pub(crate) block_reads: bool,
    /// Writing statements are answered with an error.
    pub(crate) block_writes: bool,
    /// The bytes it may grow to.
    pub(crate) size_limit: Option<u64>,
    /// Where it may be reached from.
    pub(crate) allowed_ips: AllowList,
    /// It sleeps: every request for its data is refused.
    pub(crate) archived: bool,
    /// It waits for its file to be uploaded, and answers nothing else.
    pub(crate) draft: bool,
    /// Others of its group may attach it.
    pub(crate) allow_attach: bool,
    /// What every request for its data has to know the key of.
    pub(crate) encryption: Option<KeyDigest>,
}
