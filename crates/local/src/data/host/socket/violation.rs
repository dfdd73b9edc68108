//! Why a socket is closed.

use axum::extract::ws::{CloseFrame, Message, close_code};
use tungstenite::Error;

use crate::data::hrana::SqlError;
use crate::data::refusal::{MAX_REQUEST_BYTES, Refusal};

/// The longest reason a close frame has room for.
const MAX_REASON_BYTES: usize = 123;

/// What a client did that ends its connection, or what happened to the server.
#[derive(Debug)]
pub(crate) struct Violation {
    code: u16,
    reason: String,
}

impl Violation {
    /// Text or bytes that are no message.
    pub(crate) fn unreadable(reason: String) -> Self {
        Self { code: close_code::INVALID, reason }
    }

    /// Text where bytes are expected, or the other way round.
    pub(crate) fn wrong_frame(reason: &str) -> Self {
        Self { code: close_code::UNSUPPORTED, reason: reason.to_owned() }
    }

    /// A message that is not allowed here and now.
    pub(crate) fn forbidden(reason: impl Into<String>) -> Self {
        Self { code: close_code::POLICY, reason: reason.into() }
    }

    /// Frames that are no message.
    pub(super) fn broken(frames: axum::Error) -> Self {
        let (code, reason) = match frames.into_inner().downcast_ref() {
            Some(Error::Capacity(_)) => {
                (close_code::SIZE, format!("a message may have at most {MAX_REQUEST_BYTES} bytes"))
            }
            Some(Error::Utf8(_)) => (close_code::INVALID, "the text is not UTF-8".to_owned()),
            _ => (close_code::PROTOCOL, "the frame could not be read".to_owned()),
        };
        Self { code, reason }
    }

    pub(super) fn going_away() -> Self {
        Self { code: close_code::AWAY, reason: "the server is shutting down".to_owned() }
    }

    pub(super) fn end() -> Self {
        Self { code: close_code::NORMAL, reason: String::new() }
    }

    /// Something of the server's own has failed, which is logged.
    pub(crate) fn internal(what: &str, error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "{what}");
        Self { code: close_code::ERROR, reason: "internal server error".to_owned() }
    }

    /// The frame that tells the client.
    pub(super) fn into_message(self) -> Message {
        let mut reason = self.reason;
        while reason.len() > MAX_REASON_BYTES {
            reason.pop();
        }
        Message::Close(Some(CloseFrame { code: self.code, reason: reason.into() }))
    }
}

/// Why a request of a socket is not carried out.
pub(super) enum Failure {
    /// Its answer says so.
    Answer(SqlError),
    /// The connection ends with it.
    End(Violation),
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        Self::Answer(error)
    }
}

impl From<Violation> for Failure {
    fn from(violation: Violation) -> Self {
        Self::End(violation)
    }
}

/// What breaks the protocol breaks the connection off. Want of memory is no reason to.
impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::OutOfMemory => Self::Answer(refusal.into()),
            _ => Self::End(Violation::forbidden(refusal.message())),
        }
    }
}
