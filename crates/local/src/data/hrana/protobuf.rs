//! The same messages in protobuf: what the published schema says, and how it maps to the types of JSON.
//!
//! `prost` writes and reads the structs of `schema` (shared), `http` and `socket`; nothing but this folder knows them.

mod answers;
mod http;
mod requests;
mod schema;
mod socket;
#[cfg(test)]
mod tests;

use prost::{DecodeError, Message};

use super::{ClientMessage, CursorBody, CursorEntry, CursorOpening, PipelineAnswer, PipelineBody, ServerMessage};

/// A message could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("Cannot deserialize client message from Protobuf: {0}")]
    Malformed(#[from] DecodeError),
    #[error("Cannot deserialize client message from Protobuf: `{0}` is missing")]
    Missing(&'static str),
}

pub(crate) fn read_pipeline(bytes: &[u8]) -> Result<PipelineBody, Unreadable> {
    http::PipelineReqBody::decode(bytes)?.try_into()
}

pub(crate) fn write_pipeline(answer: PipelineAnswer) -> Vec<u8> {
    http::PipelineRespBody::from(answer).encode_to_vec()
}

pub(crate) fn read_cursor(bytes: &[u8]) -> Result<CursorBody, Unreadable> {
    http::CursorReqBody::decode(bytes)?.try_into()
}

pub(crate) fn write_opening(opening: CursorOpening) -> Vec<u8> {
    let CursorOpening { baton, base_url } = opening;
    http::CursorRespBody { baton, base_url }.encode_length_delimited_to_vec()
}

/// The entry, or nothing where JSON only has a terminator.
pub(crate) fn write_entry(entry: CursorEntry) -> Vec<u8> {
    schema::CursorEntry::of(entry).map(|entry| entry.encode_length_delimited_to_vec()).unwrap_or_default()
}

pub(crate) fn read_message(bytes: &[u8]) -> Result<ClientMessage, Unreadable> {
    socket::ClientMsg::decode(bytes)?.try_into()
}

pub(crate) fn write_message(message: ServerMessage) -> Vec<u8> {
    socket::ServerMsg::from(message).encode_to_vec()
}

fn required<T>(field: Option<T>, name: &'static str) -> Result<T, Unreadable> {
    field.ok_or(Unreadable::Missing(name))
}
