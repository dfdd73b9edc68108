//! What a client asks for, read and checked.

use std::time::Duration;

use prost::Message as _;
use roaring::RoaringBitmap;

use super::messages::Request;
use crate::data::refusal::Refusal;
use crate::data::storage::history::Point;

/// A request that can be met.
#[derive(Debug, PartialEq)]
pub(super) struct Ask {
    /// The commit that the client has.
    pub(super) since: Option<Point>,
    /// The commit to get to, if not the newest.
    pub(super) at: Option<Point>,
    /// How long to wait for a change.
    pub(super) wait: Duration,
    selector: Option<RoaringBitmap>,
}

impl Ask {
    pub(super) fn read(body: &[u8], database: &str) -> Result<Self, Refusal> {
        let request = Request::decode(body)
            .map_err(|error| Refusal::protocol(format!("Cannot deserialize client message from Protobuf: {error}")))?;
        if request.encoding != 0 {
            let problem = format!("invalid encoding {}: pages are sent as they are (0)", request.encoding);
            return Err(Refusal::protocol(problem));
        }
        Ok(Self {
            since: commit("client_revision", &request.client_revision, database)?,
            at: commit("server_revision", &request.server_revision, database)?,
            wait: Duration::from_millis(request.long_poll_timeout_ms.into()),
            selector: selector(&request.server_pages_selector)?,
        })
    }

    /// Whether the client is to get a page, counted from 0.
    pub(super) fn wants(&self, page: u32) -> bool {
        self.selector.as_ref().is_none_or(|selector| selector.contains(page))
    }
}

/// What a commit is called on the wire. A client whose database was deleted and created again must not take the pages of
/// the new one for changes of the old one.
pub(super) fn revision(database: &str, commit: Point) -> String {
    format!("{database}.{commit}")
}

fn commit(field: &str, text: &str, database: &str) -> Result<Option<Point>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let (owner, commit) = text.split_once('.').unwrap_or_default();
    let commit = commit.parse().map_err(|_| {
        let start: String = text.chars().take(100).collect();
        Refusal::protocol(format!("invalid {field} {start:?}: it is not one that the database has given out"))
    })?;
    if owner != database {
        return Err(Refusal::protocol(format!("invalid {field}: it is of another database than {database}")));
    }
    Ok(Some(commit))
}

fn selector(bytes: &[u8]) -> Result<Option<RoaringBitmap>, Refusal> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let bitmap = RoaringBitmap::deserialize_from(bytes)
        .map_err(|error| Refusal::protocol(format!("invalid server_pages_selector: no Roaring bitmap: {error}")))?;
    Ok(Some(bitmap))
}
