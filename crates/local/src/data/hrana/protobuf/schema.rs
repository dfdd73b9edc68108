//! The structures that requests over HTTP and on a socket share. Names and numbers are the published ones.

use std::collections::HashMap;

use prost::{Message, Oneof};

#[derive(Clone, PartialEq, Message)]
pub(super) struct Empty {}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Error {
    #[prost(string, tag = "1")]
    pub(super) message: String,
    #[prost(string, optional, tag = "2")]
    pub(super) code: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Stmt {
    #[prost(string, optional, tag = "1")]
    pub(super) sql: Option<String>,
    #[prost(int32, optional, tag = "2")]
    pub(super) sql_id: Option<i32>,
    #[prost(message, repeated, tag = "3")]
    pub(super) args: Vec<Value>,
    #[prost(message, repeated, tag = "4")]
    pub(super) named_args: Vec<NamedArg>,
    #[prost(bool, optional, tag = "5")]
    pub(super) want_rows: Option<bool>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct NamedArg {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, optional, tag = "2")]
    pub(super) value: Option<Value>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Batch {
    #[prost(message, repeated, tag = "1")]
    pub(super) steps: Vec<BatchStep>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct BatchStep {
    #[prost(message, optional, tag = "1")]
    pub(super) condition: Option<BatchCond>,
    #[prost(message, optional, tag = "2")]
    pub(super) stmt: Option<Stmt>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct BatchCond {
    #[prost(oneof = "Cond", tags = "1, 2, 3, 4, 5, 6")]
    pub(super) cond: Option<Cond>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Cond {
    #[prost(uint32, tag = "1")]
    StepOk(u32),
    #[prost(uint32, tag = "2")]
    StepError(u32),
    #[prost(message, tag = "3")]
    Not(Box<BatchCond>),
    #[prost(message, tag = "4")]
    And(CondList),
    #[prost(message, tag = "5")]
    Or(CondList),
    #[prost(message, tag = "6")]
    IsAutocommit(Empty),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CondList {
    #[prost(message, repeated, tag = "1")]
    pub(super) conds: Vec<BatchCond>,
}

/// The last three fields are not in the published schema; official drivers know them.
#[derive(Clone, PartialEq, Message)]
pub(super) struct StmtResult {
    #[prost(message, repeated, tag = "1")]
    pub(super) cols: Vec<Col>,
    #[prost(message, repeated, tag = "2")]
    pub(super) rows: Vec<Row>,
    #[prost(uint64, tag = "3")]
    pub(super) affected_row_count: u64,
    #[prost(sint64, optional, tag = "4")]
    pub(super) last_insert_rowid: Option<i64>,
    #[prost(uint64, tag = "6")]
    pub(super) rows_read: u64,
    #[prost(uint64, tag = "7")]
    pub(super) rows_written: u64,
    #[prost(double, tag = "8")]
    pub(super) query_duration_ms: f64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Col {
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(super) decltype: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Row {
    #[prost(message, repeated, tag = "1")]
    pub(super) values: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct BatchResult {
    #[prost(map = "uint32, message", tag = "1")]
    pub(super) step_results: HashMap<u32, StmtResult>,
    #[prost(map = "uint32, message", tag = "2")]
    pub(super) step_errors: HashMap<u32, Error>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CursorEntry {
    #[prost(oneof = "Entry", tags = "1, 2, 3, 4, 5")]
    pub(super) entry: Option<Entry>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Entry {
    #[prost(message, tag = "1")]
    StepBegin(StepBegin),
    #[prost(message, tag = "2")]
    StepEnd(StepEnd),
    #[prost(message, tag = "3")]
    StepError(StepError),
    #[prost(message, tag = "4")]
    Row(Row),
    #[prost(message, tag = "5")]
    Error(Error),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StepBegin {
    #[prost(uint32, tag = "1")]
    pub(super) step: u32,
    #[prost(message, repeated, tag = "2")]
    pub(super) cols: Vec<Col>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StepEnd {
    #[prost(uint64, tag = "1")]
    pub(super) affected_row_count: u64,
    #[prost(sint64, optional, tag = "2")]
    pub(super) last_insert_rowid: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StepError {
    #[prost(uint32, tag = "1")]
    pub(super) step: u32,
    #[prost(message, optional, tag = "2")]
    pub(super) error: Option<Error>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DescribeResult {
    #[prost(message, repeated, tag = "1")]
    pub(super) params: Vec<DescribeParam>,
    #[prost(message, repeated, tag = "2")]
    pub(super) cols: Vec<DescribeCol>,
    #[prost(bool, tag = "3")]
    pub(super) is_explain: bool,
    #[prost(bool, tag = "4")]
    pub(super) is_readonly: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DescribeParam {
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DescribeCol {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, optional, tag = "2")]
    pub(super) decltype: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Value {
    #[prost(oneof = "AnyValue", tags = "1, 2, 3, 4, 5")]
    pub(super) value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum AnyValue {
    #[prost(message, tag = "1")]
    Null(Empty),
    #[prost(sint64, tag = "2")]
    Integer(i64),
    #[prost(double, tag = "3")]
    Float(f64),
    #[prost(string, tag = "4")]
    Text(String),
    #[prost(bytes = "vec", tag = "5")]
    Blob(Vec<u8>),
}
