//! The messages of Hrana, over HTTP and over sockets, in JSON and in protobuf: what drivers send and what they are answered.
//!
//! Reading JSON is lenient (a number where the protocol wants a decimal string, `null` for an absent list, padded base64);
//! writing is exactly the documented shape.

mod answer;
pub(crate) mod json;
pub(crate) mod protobuf;
mod request;
mod socket;
mod value;

pub(crate) use answer::{
    BatchResult, Column, CursorEntry, CursorOpening, Description, Outcome, Parameter, PipelineAnswer, Response,
    SqlError, StatementResult,
};
pub(crate) use request::{Batch, Condition, CursorBody, NamedValue, PipelineBody, Request, SqlText, Statement, Step};
pub(crate) use socket::{ClientMessage, OwnResponse, ServerMessage, SocketRequest, SocketResponse};
pub(crate) use value::{BASE64, Value, ValueRef};
