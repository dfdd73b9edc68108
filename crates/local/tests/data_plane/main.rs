//! The hosts of databases over real sockets.
#![cfg(test)]

mod support;
mod websocket;
mod websocket_cursors;
mod websocket_protobuf;
mod websocket_rules;
