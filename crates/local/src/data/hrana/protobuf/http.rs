//! The messages of HTTP.

use prost::{Message, Oneof};

use super::schema::{Batch, BatchResult, DescribeResult, Empty, Error, Stmt, StmtResult};
use super::{Unreadable, required};
use crate::data::hrana::{CursorBody, Outcome, PipelineAnswer, PipelineBody, Request, Response, SqlText};

#[derive(Clone, PartialEq, Message)]
pub(super) struct PipelineReqBody {
    #[prost(string, optional, tag = "1")]
    pub(super) baton: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub(super) requests: Vec<StreamRequest>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct PipelineRespBody {
    #[prost(string, optional, tag = "1")]
    pub(super) baton: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(super) base_url: Option<String>,
    #[prost(message, repeated, tag = "3")]
    pub(super) results: Vec<StreamResult>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CursorReqBody {
    #[prost(string, optional, tag = "1")]
    pub(super) baton: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub(super) batch: Option<Batch>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CursorRespBody {
    #[prost(string, optional, tag = "1")]
    pub(super) baton: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(super) base_url: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamRequest {
    #[prost(oneof = "AnyRequest", tags = "1, 2, 3, 4, 5, 6, 7, 8")]
    pub(super) request: Option<AnyRequest>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum AnyRequest {
    #[prost(message, tag = "1")]
    Close(Empty),
    #[prost(message, tag = "2")]
    Execute(ExecuteReq),
    #[prost(message, tag = "3")]
    Batch(BatchReq),
    #[prost(message, tag = "4")]
    Sequence(TextReq),
    #[prost(message, tag = "5")]
    Describe(TextReq),
    #[prost(message, tag = "6")]
    StoreSql(StoreSqlReq),
    #[prost(message, tag = "7")]
    CloseSql(CloseSqlReq),
    #[prost(message, tag = "8")]
    GetAutocommit(Empty),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ExecuteReq {
    #[prost(message, optional, tag = "1")]
    pub(super) stmt: Option<Stmt>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct BatchReq {
    #[prost(message, optional, tag = "1")]
    pub(super) batch: Option<Batch>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TextReq {
    #[prost(string, optional, tag = "1")]
    pub(super) sql: Option<String>,
    #[prost(int32, optional, tag = "2")]
    pub(super) sql_id: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StoreSqlReq {
    #[prost(int32, tag = "1")]
    pub(super) sql_id: i32,
    #[prost(string, tag = "2")]
    pub(super) sql: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CloseSqlReq {
    #[prost(int32, tag = "1")]
    pub(super) sql_id: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamResult {
    #[prost(oneof = "AnyResult", tags = "1, 2")]
    pub(super) result: Option<AnyResult>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum AnyResult {
    #[prost(message, tag = "1")]
    Ok(StreamResponse),
    #[prost(message, tag = "2")]
    Error(Error),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamResponse {
    #[prost(oneof = "AnyResponse", tags = "1, 2, 3, 4, 5, 6, 7, 8")]
    pub(super) response: Option<AnyResponse>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum AnyResponse {
    #[prost(message, tag = "1")]
    Close(Empty),
    #[prost(message, tag = "2")]
    Execute(ExecuteResp),
    #[prost(message, tag = "3")]
    Batch(BatchResp),
    #[prost(message, tag = "4")]
    Sequence(Empty),
    #[prost(message, tag = "5")]
    Describe(DescribeResp),
    #[prost(message, tag = "6")]
    StoreSql(Empty),
    #[prost(message, tag = "7")]
    CloseSql(Empty),
    #[prost(message, tag = "8")]
    GetAutocommit(AutocommitResp),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ExecuteResp {
    #[prost(message, optional, tag = "1")]
    pub(super) result: Option<StmtResult>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct BatchResp {
    #[prost(message, optional, tag = "1")]
    pub(super) result: Option<BatchResult>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DescribeResp {
    #[prost(message, optional, tag = "1")]
    pub(super) result: Option<DescribeResult>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AutocommitResp {
    #[prost(bool, tag = "1")]
    pub(super) is_autocommit: bool,
}

impl TryFrom<PipelineReqBody> for PipelineBody {
    type Error = Unreadable;

    fn try_from(body: PipelineReqBody) -> Result<Self, Unreadable> {
        let requests = body.requests.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        Ok(Self { baton: body.baton, requests: Some(requests) })
    }
}

impl TryFrom<CursorReqBody> for CursorBody {
    type Error = Unreadable;

    fn try_from(body: CursorReqBody) -> Result<Self, Unreadable> {
        Ok(Self { baton: body.baton, batch: required(body.batch, "batch")?.try_into()? })
    }
}

impl TryFrom<StreamRequest> for Request {
    type Error = Unreadable;

    fn try_from(request: StreamRequest) -> Result<Self, Unreadable> {
        Ok(match required(request.request, "request")? {
            AnyRequest::Close(_) => Self::Close,
            AnyRequest::Execute(request) => Self::Execute { stmt: required(request.stmt, "stmt")?.try_into()? },
            AnyRequest::Batch(request) => Self::Batch { batch: required(request.batch, "batch")?.try_into()? },
            AnyRequest::Sequence(TextReq { sql, sql_id }) => Self::Sequence(SqlText { sql, sql_id }),
            AnyRequest::Describe(TextReq { sql, sql_id }) => Self::Describe(SqlText { sql, sql_id }),
            AnyRequest::StoreSql(StoreSqlReq { sql_id, sql }) => Self::StoreSql { sql_id, sql },
            AnyRequest::CloseSql(CloseSqlReq { sql_id }) => Self::CloseSql { sql_id },
            AnyRequest::GetAutocommit(_) => Self::GetAutocommit,
        })
    }
}

impl From<PipelineAnswer> for PipelineRespBody {
    fn from(answer: PipelineAnswer) -> Self {
        let PipelineAnswer { baton, base_url, results } = answer;
        Self { baton, base_url, results: results.into_iter().map(Into::into).collect() }
    }
}

impl From<Outcome> for StreamResult {
    fn from(outcome: Outcome) -> Self {
        let result = match outcome {
            Outcome::Ok { response } => AnyResult::Ok(StreamResponse { response: Some(response.into()) }),
            Outcome::Error { error } => AnyResult::Error(error.into()),
        };
        Self { result: Some(result) }
    }
}

impl From<Response> for AnyResponse {
    fn from(response: Response) -> Self {
        match response {
            Response::Close => Self::Close(Empty {}),
            Response::Execute { result } => Self::Execute(ExecuteResp { result: Some(result.into()) }),
            Response::Batch { result } => Self::Batch(BatchResp { result: Some(result.into()) }),
            Response::Sequence => Self::Sequence(Empty {}),
            Response::Describe { result } => Self::Describe(DescribeResp { result: Some(result.into()) }),
            Response::StoreSql => Self::StoreSql(Empty {}),
            Response::CloseSql => Self::CloseSql(Empty {}),
            Response::GetAutocommit { is_autocommit } => Self::GetAutocommit(AutocommitResp { is_autocommit }),
        }
    }
}
