//! The port of a local cloud, over real sockets: addresses of databases, TLS, and what keeps strangers out.
#![cfg(test)]

mod addresses;
mod hosts;
mod limits;
mod requests;
mod support;
mod tls;
mod waiting;
