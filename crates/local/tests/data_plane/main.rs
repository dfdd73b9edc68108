//! The hosts of databases as clients reach them: over real sockets, and from web pages.
#![cfg(test)]

mod cross_origin;
mod rotations;
mod support;
mod websocket;
mod websocket_cursors;
mod websocket_protobuf;
mod websocket_rules;
