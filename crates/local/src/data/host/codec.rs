//! How messages are written on the wire.

use std::str::Utf8Error;

use axum::extract::ws::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::body::to_json;
use super::socket::Violation;
use crate::data::hrana::protobuf::{self, Unreadable};
use crate::data::hrana::{
    ClientMessage, CursorBody, CursorEntry, CursorOpening, PipelineAnswer, PipelineBody, ServerMessage, ValueRef, json,
};
use crate::data::refusal::Refusal;
use crate::memory::{Lease, counted};

/// One of the two encodings of the same messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Json,
    Protobuf,
}

impl Encoding {
    pub(crate) fn read_pipeline(self, body: &[u8]) -> Result<PipelineBody, Refusal> {
        match self {
            Self::Json => from_json(body),
            Self::Protobuf => Ok(protobuf::read_pipeline(body)?),
        }
    }

    pub(crate) fn write_pipeline(self, answer: PipelineAnswer) -> Result<Vec<u8>, Refusal> {
        match self {
            Self::Json => to_json(&answer),
            Self::Protobuf => Ok(protobuf::write_pipeline(answer)),
        }
    }

    pub(crate) fn read_cursor(self, body: &[u8]) -> Result<CursorBody, Refusal> {
        match self {
            Self::Json => from_json(body),
            Self::Protobuf => Ok(protobuf::read_cursor(body)?),
        }
    }

    /// Appends the head of a cursor's answer.
    pub(crate) fn write_opening(self, opening: CursorOpening, buffer: &mut Vec<u8>) {
        match self {
            Self::Json => write_line(&opening, buffer),
            Self::Protobuf => buffer.extend(protobuf::write_opening(opening)),
        }
    }

    /// Appends one entry of a cursor's answer.
    pub(crate) fn write_entry(self, entry: CursorEntry, buffer: &mut Vec<u8>) {
        match self {
            Self::Json => write_line(&entry, buffer),
            Self::Protobuf => buffer.extend(protobuf::write_entry(entry)),
        }
    }

    /// Appends the entry of a row.
    pub(crate) fn write_row(self, row: &[ValueRef<'_>], buffer: &mut Vec<u8>) {
        match self {
            Self::Json => json::write_row_entry(row, buffer),
            Self::Protobuf => {
                let row = row.iter().map(ValueRef::to_value).collect();
                buffer.extend(protobuf::write_entry(CursorEntry::Row { row, lease: Lease::default() }));
            }
        }
    }

    /// The message of a frame of data.
    pub(crate) fn read_message(self, message: &Message) -> Result<ClientMessage, Violation> {
        match (self, message) {
            (Self::Json, Message::Text(text)) => serde_json::from_str(text.as_str()).map_err(|error| {
                Violation::unreadable(format!("Cannot deserialize client message from JSON: {error}"))
            }),
            (Self::Protobuf, Message::Binary(bytes)) => {
                protobuf::read_message(bytes).map_err(|error| Violation::unreadable(error.to_string()))
            }
            (Self::Protobuf, _) => Err(Violation::wrong_frame("the subprotocol has no text messages")),
            (Self::Json, _) => Err(Violation::wrong_frame("the subprotocol has no binary messages")),
        }
    }

    pub(crate) fn write_message(self, message: ServerMessage) -> Result<Message, Violation> {
        match self {
            Self::Json => {
                let failed = |error: &dyn std::error::Error| Violation::internal("could not write a message", error);
                let text = counted(json::to_vec(&message).map_err(|error| failed(&error))?);
                text.try_into().map(Message::Text).map_err(|error: Utf8Error| failed(&error))
            }
            Self::Protobuf => Ok(Message::Binary(counted(protobuf::write_message(message)))),
        }
    }

    /// The content type of a pipeline's answer.
    pub(crate) fn pipeline_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Protobuf => "application/x-protobuf",
        }
    }

    /// The content type of a cursor's answer.
    pub(crate) fn cursor_type(self) -> &'static str {
        match self {
            Self::Json => "text/plain",
            Self::Protobuf => "application/octet-stream",
        }
    }
}

pub(crate) fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::protocol(format!("Cannot deserialize client message from JSON: {error}")))
}

impl From<Unreadable> for Refusal {
    fn from(error: Unreadable) -> Self {
        Refusal::protocol(error.to_string())
    }
}

fn write_line(value: &impl Serialize, buffer: &mut Vec<u8>) {
    let start = buffer.len();
    match json::write(value, buffer) {
        Ok(()) => buffer.push(b'\n'),
        // Writing plain data into memory does not fail. If it did, the next line would still be one.
        Err(error) => {
            tracing::error!(%error, "could not write an entry of a cursor");
            buffer.truncate(start);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_cannot_be_written_leaves_no_half_line() {
        let mut buffer = Vec::new();
        write_line(&1, &mut buffer);
        // A key of an object has to be a text.
        write_line(&("begun", BTreeMap::from([([1, 2], 3)])), &mut buffer);
        write_line(&4, &mut buffer);
        assert_eq!(buffer, b"1\n4\n");
    }
}
