mod env;
mod start;

pub(crate) use env::env;
pub(crate) use start::start;

/// The certificate of the local cloud's authority, which tools for Node take beside those they know.
const NODE_CERTIFICATES: &str = "NODE_EXTRA_CA_CERTS";
