//! What goes wrong between this program and a database.

use std::{fmt, time::Duration};

use turso_cloud::contract::uploads::ENCRYPTION_KEY_HEADER;

use super::wire::SqlError;
use crate::exit::{Failure, Kind, UNTRUSTED, again_in, is_about_authority};

/// A database did not do what it was asked to.
#[derive(Debug)]
pub(crate) enum HranaError {
    /// The database says no to a statement.
    Sql { message: String, code: String, extended_code: Option<String> },
    /// The whole request was refused.
    Refused { status: u16, message: String, code: String, retry_after: Option<Duration> },
    /// The request cannot be made: nothing was sent.
    Unsendable(reqwest::Error),
    /// No connection could be made: nothing was done.
    Connect(reqwest::Error),
    /// The exchange broke off: nobody knows what was done.
    Interrupted(reqwest::Error),
    /// The answer is none of the protocol.
    Answer(String),
}

impl HranaError {
    pub(super) fn transport(error: reqwest::Error) -> Self {
        // The URL may hold what the user wants kept out of logs, and the context names the database.
        let error = error.without_url();
        match error {
            error if error.is_builder() => Self::Unsendable(error),
            error if error.is_connect() => Self::Connect(error),
            error => Self::Interrupted(error),
        }
    }

    pub(super) fn answer(problem: impl Into<String>) -> Self {
        Self::Answer(problem.into())
    }

    /// The stream ended while a transaction was open in it.
    pub(super) fn lost_transaction() -> Self {
        let message = "the transaction was idle for too long: the service has rolled it back".to_owned();
        Self::Sql { message, code: "TRANSACTION_TIMEOUT".to_owned(), extended_code: None }
    }

    /// The status of an answer that is none.
    pub(crate) fn status(&self) -> Option<u16> {
        if let Self::Refused { status, .. } = self { Some(*status) } else { None }
    }

    /// How long the database asks to wait before the next request.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        if let Self::Refused { retry_after, .. } = self { *retry_after } else { None }
    }

    /// The code the database gives it.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Sql { code, .. } | Self::Refused { code, .. } => Some(&**code).filter(|code| !code.is_empty()),
            _ => None,
        }
    }

    /// The same, as the engine tells it more closely.
    pub(crate) fn extended_code(&self) -> Option<&str> {
        if let Self::Sql { extended_code, .. } = self { extended_code.as_deref() } else { None }
    }

    /// Its exit code, by the rules of every other command.
    pub(crate) fn exit(&self) -> Kind {
        match self {
            Self::Sql { code, .. } if code == "BLOCKED" || code == "SQLITE_AUTH" => Kind::Refused,
            Self::Refused { status: 401, .. } => Kind::Unauthenticated,
            // What is no token at all, other than one that is wrong.
            Self::Refused { status: 400, message, .. } if message.starts_with("JWT error") => Kind::Unauthenticated,
            Self::Refused { status: 402 | 403, .. } => Kind::Refused,
            Self::Refused { status: 404, .. } => Kind::NotFound,
            Self::Unsendable(_) => Kind::Usage,
            _ if self.may_be_repeated() => Kind::Transient,
            _ => Kind::Failed,
        }
    }

    /// Whether the request certainly changed nothing, and may well succeed if it is made again. A 503 may come from
    /// whatever stands in front of a database that has done what it was asked to.
    pub(crate) fn may_be_repeated(&self) -> bool {
        match self {
            // Others were writing, or at work: the statement was not begun.
            Self::Sql { code, .. } => matches!(&**code, "SQLITE_BUSY" | "TRANSACTION_BUSY" | "TOO_MANY_STREAMS"),
            other => matches!(other, Self::Connect(_) | Self::Refused { status: 429, .. }),
        }
    }

    /// Whether the request may have taken effect although nobody said so.
    pub(crate) fn may_have_happened(&self) -> bool {
        match self {
            Self::Interrupted(_) | Self::Answer(_) => true,
            Self::Refused { status, .. } => *status == 408 || *status >= 500,
            Self::Sql { .. } | Self::Connect(_) | Self::Unsendable(_) => false,
        }
    }

    /// Whether the stream is gone, and with it what was open in it; the request was not carried out.
    pub(super) fn is_lost_stream(&self) -> bool {
        let Self::Refused { status, message, code, .. } = self else { return false };
        let is_said = ["baton", "stream"].iter().any(|word| message.to_ascii_lowercase().contains(word));
        matches!(code.as_str(), "STREAM_EXPIRED" | "STREAM_NOT_FOUND") || (matches!(status, 400 | 404 | 410) && is_said)
    }

    /// What to run next, or to give.
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Refused { message, .. } if message.contains(ENCRYPTION_KEY_HEADER) => "--encryption-key-file FILE",
            Self::Refused { retry_after: Some(wait), .. } => return Some(again_in(*wait)),
            Self::Connect(error) if is_about_authority(error) => UNTRUSTED,
            _ if self.exit() == Kind::Unauthenticated => {
                "a database given by its URL needs a token in TURSO_AUTH_TOKEN: tursoctl db tokens create NAME"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// Whether the statement is to blame rather than the connection.
    pub(crate) fn is_sql(&self) -> bool {
        matches!(self, Self::Sql { .. })
    }
}

/// An error of its own sentence: nothing has to be added to say what went wrong.
impl From<HranaError> for Failure {
    fn from(error: HranaError) -> Self {
        let hint = error.hint();
        let failure = Self::new(error.exit(), error.to_string()).caused_by(error);
        hint.into_iter().fold(failure, Self::hint)
    }
}

impl From<SqlError> for HranaError {
    fn from(SqlError { message, code, extended_code }: SqlError) -> Self {
        Self::Sql { message, code: code.unwrap_or_default(), extended_code }
    }
}

impl fmt::Display for HranaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, message, .. } if message.is_empty() => write!(f, "the database answered {status}"),
            Self::Refused { status, message, .. } => write!(f, "the database answered {status}: {message}"),
            Self::Sql { message, .. } => f.write_str(message),
            Self::Unsendable(_) => f.write_str("no request to the database can be made"),
            Self::Connect(_) => f.write_str("cannot connect to the database"),
            Self::Interrupted(error) if error.is_timeout() => f.write_str("the database did not answer in time"),
            Self::Interrupted(_) => f.write_str("the connection to the database broke off"),
            Self::Answer(problem) => write!(f, "unexpected answer of the database: {problem}"),
        }
    }
}

impl std::error::Error for HranaError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connect(error) | Self::Interrupted(error) | Self::Unsendable(error) => Some(error),
            _ => None,
        }
    }
}
