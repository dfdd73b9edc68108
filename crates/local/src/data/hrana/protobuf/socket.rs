//! The messages of a WebSocket.

use prost::{Message, Oneof};

use super::http::{AutocommitResp, BatchResp, CloseSqlReq, DescribeResp, ExecuteResp, StoreSqlReq};
use super::schema::{Batch, CursorEntry, Empty, Error, Stmt};
use super::{Unreadable, required};
use crate::data::hrana::{ClientMessage, OwnResponse, Response, ServerMessage, SocketRequest, SocketResponse, SqlText};

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct ClientMsg {
    #[prost(oneof = "AnyClientMsg", tags = "1, 2")]
    msg: Option<AnyClientMsg>,
}

#[derive(Clone, PartialEq, Oneof)]
#[prost(skip_debug)]
enum AnyClientMsg {
    #[prost(message, tag = "1")]
    Hello(Hello),
    #[prost(message, tag = "2")]
    Request(RequestMsg),
}

/// Its token is not to be shown.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
struct Hello {
    #[prost(string, optional, tag = "1")]
    jwt: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct RequestMsg {
    #[prost(int32, tag = "1")]
    request_id: i32,
    #[prost(oneof = "AnyRequest", tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13")]
    request: Option<AnyRequest>,
}

#[derive(Clone, PartialEq, Oneof)]
enum AnyRequest {
    #[prost(message, tag = "2")]
    OpenStream(OfStream),
    #[prost(message, tag = "3")]
    CloseStream(OfStream),
    #[prost(message, tag = "4")]
    Execute(ExecuteReq),
    #[prost(message, tag = "5")]
    Batch(BatchReq),
    #[prost(message, tag = "6")]
    OpenCursor(OpenCursorReq),
    #[prost(message, tag = "7")]
    CloseCursor(CloseCursorReq),
    #[prost(message, tag = "8")]
    FetchCursor(FetchCursorReq),
    #[prost(message, tag = "9")]
    Sequence(TextReq),
    #[prost(message, tag = "10")]
    Describe(TextReq),
    #[prost(message, tag = "11")]
    StoreSql(StoreSqlReq),
    #[prost(message, tag = "12")]
    CloseSql(CloseSqlReq),
    #[prost(message, tag = "13")]
    GetAutocommit(OfStream),
}

/// The schema has a message of its own for each request with nothing but a stream.
#[derive(Clone, PartialEq, Message)]
struct OfStream {
    #[prost(int32, tag = "1")]
    stream_id: i32,
}

#[derive(Clone, PartialEq, Message)]
struct ExecuteReq {
    #[prost(int32, tag = "1")]
    stream_id: i32,
    #[prost(message, optional, tag = "2")]
    stmt: Option<Stmt>,
}

#[derive(Clone, PartialEq, Message)]
struct BatchReq {
    #[prost(int32, tag = "1")]
    stream_id: i32,
    #[prost(message, optional, tag = "2")]
    batch: Option<Batch>,
}

#[derive(Clone, PartialEq, Message)]
struct TextReq {
    #[prost(int32, tag = "1")]
    stream_id: i32,
    #[prost(string, optional, tag = "2")]
    sql: Option<String>,
    #[prost(int32, optional, tag = "3")]
    sql_id: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct OpenCursorReq {
    #[prost(int32, tag = "1")]
    stream_id: i32,
    #[prost(int32, tag = "2")]
    cursor_id: i32,
    #[prost(message, optional, tag = "3")]
    batch: Option<Batch>,
}

#[derive(Clone, PartialEq, Message)]
struct CloseCursorReq {
    #[prost(int32, tag = "1")]
    cursor_id: i32,
}

#[derive(Clone, PartialEq, Message)]
struct FetchCursorReq {
    #[prost(int32, tag = "1")]
    cursor_id: i32,
    #[prost(uint32, tag = "2")]
    max_count: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ServerMsg {
    #[prost(oneof = "AnyServerMsg", tags = "1, 2, 3, 4")]
    msg: Option<AnyServerMsg>,
}

#[derive(Clone, PartialEq, Oneof)]
enum AnyServerMsg {
    #[prost(message, tag = "1")]
    HelloOk(Empty),
    #[prost(message, tag = "2")]
    HelloError(HelloError),
    #[prost(message, tag = "3")]
    ResponseOk(ResponseOk),
    #[prost(message, tag = "4")]
    ResponseError(ResponseError),
}

#[derive(Clone, PartialEq, Message)]
struct HelloError {
    #[prost(message, optional, tag = "1")]
    error: Option<Error>,
}

#[derive(Clone, PartialEq, Message)]
struct ResponseOk {
    #[prost(int32, tag = "1")]
    request_id: i32,
    #[prost(oneof = "AnyResponse", tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13")]
    response: Option<AnyResponse>,
}

#[derive(Clone, PartialEq, Message)]
struct ResponseError {
    #[prost(int32, tag = "1")]
    request_id: i32,
    #[prost(message, optional, tag = "2")]
    error: Option<Error>,
}

#[derive(Clone, PartialEq, Oneof)]
enum AnyResponse {
    #[prost(message, tag = "2")]
    OpenStream(Empty),
    #[prost(message, tag = "3")]
    CloseStream(Empty),
    #[prost(message, tag = "4")]
    Execute(ExecuteResp),
    #[prost(message, tag = "5")]
    Batch(BatchResp),
    #[prost(message, tag = "6")]
    OpenCursor(Empty),
    #[prost(message, tag = "7")]
    CloseCursor(Empty),
    #[prost(message, tag = "8")]
    FetchCursor(FetchCursorResp),
    #[prost(message, tag = "9")]
    Sequence(Empty),
    #[prost(message, tag = "10")]
    Describe(DescribeResp),
    #[prost(message, tag = "11")]
    StoreSql(Empty),
    #[prost(message, tag = "12")]
    CloseSql(Empty),
    #[prost(message, tag = "13")]
    GetAutocommit(AutocommitResp),
}

#[derive(Clone, PartialEq, Message)]
struct FetchCursorResp {
    #[prost(message, repeated, tag = "1")]
    entries: Vec<CursorEntry>,
    #[prost(bool, tag = "2")]
    done: bool,
}

impl TryFrom<ClientMsg> for ClientMessage {
    type Error = Unreadable;

    fn try_from(message: ClientMsg) -> Result<Self, Unreadable> {
        Ok(match required(message.msg, "msg")? {
            AnyClientMsg::Hello(Hello { jwt }) => Self::Hello { jwt },
            AnyClientMsg::Request(RequestMsg { request_id, request }) => {
                Self::Request { request_id, request: required(request, "request")?.try_into()? }
            }
        })
    }
}

impl TryFrom<AnyRequest> for SocketRequest {
    type Error = Unreadable;

    fn try_from(request: AnyRequest) -> Result<Self, Unreadable> {
        Ok(match request {
            AnyRequest::OpenStream(OfStream { stream_id }) => Self::OpenStream { stream_id },
            AnyRequest::CloseStream(OfStream { stream_id }) => Self::CloseStream { stream_id },
            AnyRequest::Execute(ExecuteReq { stream_id, stmt }) => {
                Self::Execute { stream_id, stmt: required(stmt, "stmt")?.try_into()? }
            }
            AnyRequest::Batch(BatchReq { stream_id, batch }) => {
                Self::Batch { stream_id, batch: required(batch, "batch")?.try_into()? }
            }
            AnyRequest::OpenCursor(OpenCursorReq { stream_id, cursor_id, batch }) => {
                Self::OpenCursor { stream_id, cursor_id, batch: required(batch, "batch")?.try_into()? }
            }
            AnyRequest::CloseCursor(CloseCursorReq { cursor_id }) => Self::CloseCursor { cursor_id },
            AnyRequest::FetchCursor(FetchCursorReq { cursor_id, max_count }) => {
                Self::FetchCursor { cursor_id, max_count }
            }
            AnyRequest::Sequence(TextReq { stream_id, sql, sql_id }) => {
                Self::Sequence { stream_id, text: SqlText { sql, sql_id } }
            }
            AnyRequest::Describe(TextReq { stream_id, sql, sql_id }) => {
                Self::Describe { stream_id, text: SqlText { sql, sql_id } }
            }
            AnyRequest::StoreSql(StoreSqlReq { sql_id, sql }) => Self::StoreSql { sql_id, sql },
            AnyRequest::CloseSql(CloseSqlReq { sql_id }) => Self::CloseSql { sql_id },
            AnyRequest::GetAutocommit(OfStream { stream_id }) => Self::GetAutocommit { stream_id },
        })
    }
}

impl From<ServerMessage> for ServerMsg {
    fn from(message: ServerMessage) -> Self {
        let message = match message {
            ServerMessage::HelloOk => AnyServerMsg::HelloOk(Empty {}),
            ServerMessage::HelloError { error } => AnyServerMsg::HelloError(HelloError { error: Some(error.into()) }),
            ServerMessage::ResponseOk { request_id, response } => {
                AnyServerMsg::ResponseOk(ResponseOk { request_id, response: AnyResponse::of(response) })
            }
            ServerMessage::ResponseError { request_id, error } => {
                AnyServerMsg::ResponseError(ResponseError { request_id, error: Some(error.into()) })
            }
        };
        Self { msg: Some(message) }
    }
}

impl AnyResponse {
    fn of(response: SocketResponse) -> Option<Self> {
        Some(match response {
            SocketResponse::Own(OwnResponse::OpenStream) => Self::OpenStream(Empty {}),
            SocketResponse::Own(OwnResponse::CloseStream) => Self::CloseStream(Empty {}),
            SocketResponse::Own(OwnResponse::OpenCursor) => Self::OpenCursor(Empty {}),
            SocketResponse::Own(OwnResponse::CloseCursor) => Self::CloseCursor(Empty {}),
            SocketResponse::Own(OwnResponse::FetchCursor { entries, done }) => {
                let entries = entries.into_iter().filter_map(CursorEntry::of).collect();
                Self::FetchCursor(FetchCursorResp { entries, done })
            }
            SocketResponse::Common(Response::Execute { result }) => {
                Self::Execute(ExecuteResp { result: Some(result.into()) })
            }
            SocketResponse::Common(Response::Batch { result }) => {
                Self::Batch(BatchResp { result: Some(result.into()) })
            }
            SocketResponse::Common(Response::Sequence) => Self::Sequence(Empty {}),
            SocketResponse::Common(Response::Describe { result }) => {
                Self::Describe(DescribeResp { result: Some(result.into()) })
            }
            SocketResponse::Common(Response::StoreSql) => Self::StoreSql(Empty {}),
            SocketResponse::Common(Response::CloseSql) => Self::CloseSql(Empty {}),
            SocketResponse::Common(Response::GetAutocommit { is_autocommit }) => {
                Self::GetAutocommit(AutocommitResp { is_autocommit })
            }
            // The end of a stream of HTTP; a socket closes its streams by their ids.
            SocketResponse::Common(Response::Close) => return None,
        })
    }
}
