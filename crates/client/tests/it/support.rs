//! What the tests share.

pub(crate) mod log;
pub(crate) mod operations;
pub(crate) mod script;
pub(crate) mod server;
