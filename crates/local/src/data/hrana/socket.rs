//! The messages of a WebSocket: those of HTTP, each with the stream it is for, and those that open and close streams and
//! cursors.

use serde::{Deserialize, Serialize, Serializer};

use super::answer::as_decimal_string;
use super::{Batch, CursorEntry, Response, SqlError, SqlText, Statement};

/// What a client sends, its token too: not to be shown.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ClientMessage {
    Hello {
        #[serde(default)]
        jwt: Option<String>,
    },
    Request {
        request_id: i32,
        request: SocketRequest,
    },
}

/// One request.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum SocketRequest {
    OpenStream {
        stream_id: i32,
    },
    CloseStream {
        stream_id: i32,
    },
    Execute {
        stream_id: i32,
        stmt: Statement,
    },
    Batch {
        stream_id: i32,
        batch: Batch,
    },
    Sequence {
        stream_id: i32,
        #[serde(flatten)]
        text: SqlText,
    },
    Describe {
        stream_id: i32,
        #[serde(flatten)]
        text: SqlText,
    },
    GetAutocommit {
        stream_id: i32,
    },
    StoreSql {
        sql_id: i32,
        sql: String,
    },
    CloseSql {
        sql_id: i32,
    },
    OpenCursor {
        stream_id: i32,
        cursor_id: i32,
        batch: Batch,
    },
    FetchCursor {
        cursor_id: i32,
        max_count: u32,
    },
    CloseCursor {
        cursor_id: i32,
    },
}

/// What a client is sent.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ServerMessage {
    HelloOk,
    HelloError { error: SqlError },
    ResponseOk { request_id: i32, response: SocketResponse },
    ResponseError { request_id: i32, error: SqlError },
}

impl ServerMessage {
    /// The answer to a request.
    pub(crate) fn of(request_id: i32, outcome: Result<SocketResponse, SqlError>) -> Self {
        match outcome {
            Ok(response) => Self::ResponseOk { request_id, response },
            Err(error) => Self::ResponseError { request_id, error },
        }
    }
}

/// The answer to one request; its tag is the request's.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum SocketResponse {
    /// To a request that HTTP has too.
    Common(Response),
    Own(OwnResponse),
}

/// The answer to a request that only sockets have.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum OwnResponse {
    OpenStream,
    CloseStream,
    OpenCursor,
    FetchCursor {
        #[serde(serialize_with = "with_rowids_as_text")]
        entries: Vec<CursorEntry>,
        done: bool,
    },
    CloseCursor,
}

impl From<Response> for SocketResponse {
    fn from(response: Response) -> Self {
        Self::Common(response)
    }
}

impl From<OwnResponse> for SocketResponse {
    fn from(response: OwnResponse) -> Self {
        Self::Own(response)
    }
}

/// Over HTTP the rowid of a cursor's entry is a number, which drivers of sockets refuse.
fn with_rowids_as_text<S: Serializer>(entries: &[CursorEntry], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(entries.iter().map(SocketEntry))
}

struct SocketEntry<'a>(&'a CursorEntry);

impl Serialize for SocketEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(tag = "type", rename = "step_end")]
        struct StepEnd {
            affected_row_count: u64,
            #[serde(serialize_with = "as_decimal_string")]
            last_insert_rowid: Option<i64>,
        }
        match *self.0 {
            CursorEntry::StepEnd { affected_row_count, last_insert_rowid } => {
                StepEnd { affected_row_count, last_insert_rowid }.serialize(serializer)
            }
            ref other => other.serialize(serializer),
        }
    }
}
