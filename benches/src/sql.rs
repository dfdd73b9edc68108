//! Statements sent to servers, and the same statements without one.

pub(crate) mod engine;
pub(crate) mod load;
