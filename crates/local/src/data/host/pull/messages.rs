//! What goes over the wire, in protobuf.

use prost::Message;

use crate::data::storage::history::View;

/// What a client asks for. Two fields of the published schema are not read: the pages that the client has (6), which
/// would only be left out, and a query whose pages it would do with (7), for which it gets all.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Request {
    /// 0: pages as they are, 1: compressed.
    #[prost(int32, tag = "1")]
    pub(super) encoding: i32,
    /// The commit to get to; empty for the newest.
    #[prost(string, tag = "2")]
    pub(super) server_revision: String,
    /// The commit that the client has; empty if none.
    #[prost(string, tag = "3")]
    pub(super) client_revision: String,
    /// How long to wait for a change.
    #[prost(uint32, tag = "4")]
    pub(super) long_poll_timeout_ms: u32,
    /// A Roaring bitmap of the pages to get; empty for all.
    #[prost(bytes = "vec", tag = "5")]
    pub(super) server_pages_selector: Vec<u8>,
}

/// How an answer begins.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Header {
    #[prost(string, tag = "1")]
    pub(super) server_revision: String,
    /// In pages.
    #[prost(uint64, tag = "2")]
    pub(super) db_size: u64,
    /// There if pages are sent as they are.
    #[prost(message, optional, tag = "3")]
    pub(super) raw_encoding: Option<Raw>,
    /// 0: incremental, 1: what the client has is to be replaced.
    #[prost(int32, tag = "6")]
    pub(super) apply_mode: i32,
    /// What the database speaks. 1: pages, 2: a log of logical changes.
    #[prost(int32, tag = "8")]
    pub(super) protocol: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Raw {}

/// What follows the header, once per page.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Page {
    /// From 0.
    #[prost(uint64, tag = "1")]
    pub(super) page_id: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) encoded_page: Vec<u8>,
}

impl Header {
    /// Clients refuse to have the copy replaced that they have: where it cannot be told what has changed since, all pages
    /// count as changed.
    pub(super) fn of(view: &View<'_>, database: &str, has_copy: bool) -> Self {
        Self {
            server_revision: super::ask::revision(database, view.at()),
            db_size: view.pages().into(),
            raw_encoding: Some(Raw {}),
            apply_mode: i32::from(!has_copy),
            protocol: 1,
        }
    }
}
