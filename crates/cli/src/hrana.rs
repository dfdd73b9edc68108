//! SQL over HTTP, version 3: <https://github.com/tursodatabase/turso/blob/main/serverless/PROTOCOL.md>.
//!
//! The official driver for Rust holds every result in memory as a whole, drops the codes of errors and the status of
//! answers, and can be given neither a certificate authority nor a bound of time; `docs/design.md` says more.

mod batch;
mod connection;
mod cursor;
mod error;
mod http;
mod value;
mod wire;

pub(crate) use batch::BatchError;
pub(crate) use connection::{Connection, base, body, refused};
pub(crate) use cursor::Ended;
pub(crate) use error::HranaError;
pub(crate) use http::{Http, Settings as HttpSettings};
pub(crate) use value::{Arguments, NamedValue, Statement, Value};

#[cfg(test)]
pub(crate) mod tests;
