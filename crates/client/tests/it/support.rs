//! What the tests share.

pub(crate) mod files;
pub(crate) mod log;
pub(crate) mod operations;
pub(crate) mod script;
pub(crate) mod server;
pub(crate) mod upload_cloud;
