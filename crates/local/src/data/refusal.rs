//! Answers to requests that were not carried out at all: everything that is not a 200.

use std::net::IpAddr;

use axum::body::Body;
use http::{Response, StatusCode};
use serde_json::json;
use turso_cloud_contract::{InvalidInput, UploadId};

use super::access::{Denial, KeyRefusal, TokenRefusal};
use super::hrana::SqlError;
use crate::json_answer::json_answer;
use crate::memory::Exhausted;

/// Larger request bodies are refused.
pub(crate) const MAX_REQUEST_BYTES: usize = 10 * 1024 * 1024;

/// Why a whole request was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    UnknownDatabase,
    /// Its allow list does not name the peer.
    AddressNotAllowed(IpAddr),
    /// The database sleeps.
    Archived,
    /// The database waits for its file.
    Draft,
    /// A file for a database that does not wait for one.
    NoDraft,
    UnknownUpload(UploadId),
    /// An upload without `Content-Length`.
    LengthRequired,
    UnknownPath,
    MethodNotAllowed,
    Token(TokenRefusal),
    /// The database is encrypted, and the request does not bring its key.
    Key(KeyRefusal),
    /// The token does not allow one of the statements.
    ActionForbidden(Denial),
    /// The whole database was asked for, and its reads are blocked. Says why.
    ReadForbidden(String),
    BodyTooLarge,
    /// The body would have to be decoded first.
    Encoded(InvalidInput),
    /// The request breaks the protocol.
    Protocol(String),
    StreamExpired,
    StreamNotFound,
    /// Every connection the database may have is held by a stream.
    TooManyStreams,
    /// The connections of all databases together have the files that the process has for them.
    TooManyFiles,
    /// The statements at work leave no thread for another one.
    TooManyAtWork,
    /// What the request asks for takes more memory than is left.
    OutOfMemory,
    Internal,
}

impl Refusal {
    pub(crate) fn protocol(problem: impl Into<String>) -> Self {
        Self::Protocol(problem.into())
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut body = json!({ "error": self.message() });
        if let Some(code) = self.code() {
            body["code"] = code.into();
            // Some drivers look for the code beside `message`, others beside `error`.
            body["message"] = body["error"].clone();
        }
        json_answer(self.status(), body.to_string())
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownDatabase | Self::UnknownPath | Self::StreamNotFound | Self::UnknownUpload(_) => {
                StatusCode::NOT_FOUND
            }
            Self::NoDraft => StatusCode::CONFLICT,
            Self::LengthRequired => StatusCode::LENGTH_REQUIRED,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Token(TokenRefusal::Malformed) | Self::Key(_) | Self::Protocol(_) => StatusCode::BAD_REQUEST,
            Self::Token(_) => StatusCode::UNAUTHORIZED,
            Self::ReadForbidden(_)
            | Self::ActionForbidden(_)
            | Self::AddressNotAllowed(_)
            | Self::Archived
            | Self::Draft => StatusCode::FORBIDDEN,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoded(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::StreamExpired => StatusCode::GONE,
            Self::TooManyStreams | Self::TooManyFiles | Self::TooManyAtWork | Self::OutOfMemory => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> Option<&'static str> {
        matches!(self, Self::StreamExpired | Self::StreamNotFound | Self::OutOfMemory).then(|| self.socket_code())
    }

    /// The code of the same refusal where there is no status to tell it.
    fn socket_code(&self) -> &'static str {
        match self {
            Self::Token(TokenRefusal::Missing) => "AUTH_JWT_MISSING",
            Self::Token(TokenRefusal::Expired) => "AUTH_JWT_EXPIRED",
            Self::Token(_) => "AUTH_JWT_INVALID",
            Self::Key(KeyRefusal::Missing) => "ENCRYPTION_KEY_MISSING",
            Self::Key(KeyRefusal::Wrong) => "ENCRYPTION_KEY_INVALID",
            Self::ReadForbidden(_)
            | Self::ActionForbidden(_)
            | Self::AddressNotAllowed(_)
            | Self::Archived
            | Self::Draft => "BLOCKED",
            Self::UnknownDatabase => "DATABASE_NOT_FOUND",
            Self::TooManyStreams | Self::TooManyFiles | Self::TooManyAtWork => "TOO_MANY_STREAMS",
            Self::OutOfMemory => "SQLITE_NOMEM",
            Self::Protocol(_) => "PROTOCOL_ERROR",
            Self::StreamExpired => "STREAM_EXPIRED",
            Self::StreamNotFound => "STREAM_NOT_FOUND",
            // The others but the last are no answers of a socket.
            Self::UnknownUpload(_)
            | Self::UnknownPath
            | Self::NoDraft
            | Self::LengthRequired
            | Self::MethodNotAllowed
            | Self::BodyTooLarge
            | Self::Encoded(_)
            | Self::Internal => "INTERNAL_ERROR",
        }
    }

    pub(crate) fn message(&self) -> String {
        match self {
            Self::UnknownDatabase => "database not found".to_owned(),
            Self::AddressNotAllowed(address) => {
                format!("BLOCKED: address {address} is not in the list of allowed IP addresses")
            }
            Self::Archived => "BLOCKED: the database is archived, wake it up or unarchive its group".to_owned(),
            Self::Draft => "BLOCKED: the database is a draft, upload its file first".to_owned(),
            Self::NoDraft => {
                "the database takes no file: only one created with the seed database_upload does, once".to_owned()
            }
            Self::UnknownUpload(id) => format!("there is no unfinished upload {id} for this database"),
            Self::LengthRequired => "the header Content-Length is required".to_owned(),
            Self::UnknownPath => "not found".to_owned(),
            Self::MethodNotAllowed => "method not allowed".to_owned(),
            Self::Token(TokenRefusal::Malformed) => "JWT error: InvalidToken".to_owned(),
            Self::Token(refusal) => format!("Unauthorized: `{}`", token_problem(*refusal)),
            Self::Key(KeyRefusal::Missing) => {
                "the database is encrypted: the header x-turso-encryption-key is missing".to_owned()
            }
            Self::Key(KeyRefusal::Wrong) => {
                "the database is encrypted: the header x-turso-encryption-key does not hold its key".to_owned()
            }
            Self::ActionForbidden(denial) => format!("BLOCKED: {}", denial.message()),
            Self::BodyTooLarge => format!("the request body is larger than {MAX_REQUEST_BYTES} bytes"),
            Self::Encoded(refused) => refused.to_string(),
            Self::ReadForbidden(problem) | Self::Protocol(problem) => problem.clone(),
            Self::StreamExpired => "The stream has expired due to inactivity: an open transaction was rolled back and \
                                    none of its statements took effect. Open a new stream and try again."
                .to_owned(),
            Self::StreamNotFound => {
                "stream not found: the baton is not the one of the latest response of a stream".to_owned()
            }
            Self::TooManyStreams => "too many open streams on this database".to_owned(),
            Self::TooManyFiles => {
                "too many open streams: their connections have all files that the databases of this cloud may have open"
                    .to_owned()
            }
            Self::TooManyAtWork => "too many statements at work".to_owned(),
            Self::OutOfMemory => SqlError::from(Exhausted).message,
            Self::Internal => "internal server error".to_owned(),
        }
    }
}

/// The same where it is an answer to one statement.
impl From<Refusal> for SqlError {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.socket_code(), refusal.message())
    }
}

impl From<Exhausted> for Refusal {
    fn from(_: Exhausted) -> Self {
        Self::OutOfMemory
    }
}

/// The service's own words (its typo included), except for the expired token, whose text nobody has published.
fn token_problem(refusal: TokenRefusal) -> &'static str {
    match refusal {
        TokenRefusal::Missing => "unauthorized access attempt on database: empty JWT token",
        TokenRefusal::Malformed | TokenRefusal::Invalid => "invalid JWT token",
        TokenRefusal::UnknownKey => "invalid JWT token: can't be decoded with any of the existin keys",
        TokenRefusal::Expired => "invalid JWT token: the token has expired",
        TokenRefusal::RoleInvalidated => "invalid JWT token: role was invalidated after token was issued",
        TokenRefusal::OtherDatabase => "token does not have the permissions to access the database",
    }
}
