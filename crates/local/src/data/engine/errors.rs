//! The engine's errors in the protocol's words.

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::data::hrana::SqlError;
use crate::memory::Exhausted;

/// Names `error` as a host of Turso Cloud does.
pub(crate) fn describe(error: rusqlite::Error) -> SqlError {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } if is_syntax(&msg) => parse_error(&msg),
        rusqlite::Error::SqlInputError { msg, offset, .. } => {
            SqlError::new("SQL_INPUT_ERROR", format!("SQL input error: {msg} (at offset {offset})"))
        }
        rusqlite::Error::SqliteFailure(failure, Some(message)) if failure.extended_code == 1 && is_syntax(&message) => {
            parse_error(&message)
        }
        // The wrapper adds the path, which is nobody's business.
        rusqlite::Error::SqliteFailure(ffi::Error { code: ErrorCode::CannotOpen, .. }, _) => {
            SqlError::new("SQLITE_CANTOPEN", "SQLite error: unable to open database file")
        }
        rusqlite::Error::SqliteFailure(failure, _) if is_out_of_memory(failure) => Exhausted.into(),
        rusqlite::Error::SqliteFailure(failure, message) => {
            // What the engine says when it has put no words to it.
            let message = message.filter(|message| message != "not an error");
            let message = message.map_or_else(|| failure.to_string(), without_memory);
            SqlError {
                extended_code: constraint(failure.extended_code),
                ..SqlError::new(code(failure.code), format!("SQLite error: {message}"))
            }
        }
        other => SqlError::new("SQLITE_UNKNOWN", format!("SQLite error: {other}")),
    }
}

impl From<Exhausted> for SqlError {
    fn from(exhausted: Exhausted) -> Self {
        Self::new("SQLITE_NOMEM", format!("SQLite error: {exhausted}"))
    }
}

fn is_out_of_memory(failure: ffi::Error) -> bool {
    failure.code == ErrorCode::OutOfMemory || failure.extended_code == ffi::SQLITE_IOERR_NOMEM
}

/// The engine quotes a number of a vector that is too long, and whatever is in memory behind it.
fn without_memory(message: String) -> String {
    let quotes = message.starts_with("vector: float string length exceeded");
    message.split_once(": '").filter(|_| quotes).map(|(problem, _)| problem.to_owned()).unwrap_or(message)
}

/// Whether the parser says so; other parts of the engine speak of texts that are not SQL.
fn is_syntax(message: &str) -> bool {
    let is_near = message.starts_with("near \"") && message.ends_with("\": syntax error");
    is_near || message.starts_with("unrecognized token: ") || message == "incomplete input"
}

fn parse_error(message: &str) -> SqlError {
    SqlError::new("SQL_PARSE_ERROR", format!("SQL string could not be parsed: {message}"))
}

fn code(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InternalMalfunction => "SQLITE_INTERNAL",
        ErrorCode::PermissionDenied => "SQLITE_PERM",
        ErrorCode::OperationAborted => "SQLITE_ABORT",
        ErrorCode::DatabaseBusy => "SQLITE_BUSY",
        ErrorCode::DatabaseLocked => "SQLITE_LOCKED",
        ErrorCode::ReadOnly => "SQLITE_READONLY",
        ErrorCode::OperationInterrupted => "SQLITE_INTERRUPT",
        ErrorCode::SystemIoFailure => "SQLITE_IOERR",
        ErrorCode::DatabaseCorrupt => "SQLITE_CORRUPT",
        ErrorCode::NotFound => "SQLITE_NOTFOUND",
        ErrorCode::DiskFull => "SQLITE_FULL",
        ErrorCode::CannotOpen => "SQLITE_CANTOPEN",
        ErrorCode::FileLockingProtocolFailed => "SQLITE_PROTOCOL",
        ErrorCode::SchemaChanged => "SQLITE_SCHEMA",
        ErrorCode::TooBig => "SQLITE_TOOBIG",
        ErrorCode::ConstraintViolation => "SQLITE_CONSTRAINT",
        ErrorCode::TypeMismatch => "SQLITE_MISMATCH",
        ErrorCode::ApiMisuse => "SQLITE_MISUSE",
        ErrorCode::NoLargeFileSupport => "SQLITE_NOLFS",
        ErrorCode::AuthorizationForStatementDenied => "SQLITE_AUTH",
        ErrorCode::ParameterOutOfRange => "SQLITE_RANGE",
        ErrorCode::NotADatabase => "SQLITE_NOTADB",
        _ => "SQLITE_UNKNOWN",
    }
}

fn constraint(extended_code: i32) -> Option<&'static str> {
    match extended_code {
        ffi::SQLITE_CONSTRAINT_CHECK => Some("SQLITE_CONSTRAINT_CHECK"),
        ffi::SQLITE_CONSTRAINT_COMMITHOOK => Some("SQLITE_CONSTRAINT_COMMITHOOK"),
        ffi::SQLITE_CONSTRAINT_DATATYPE => Some("SQLITE_CONSTRAINT_DATATYPE"),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Some("SQLITE_CONSTRAINT_FOREIGNKEY"),
        ffi::SQLITE_CONSTRAINT_FUNCTION => Some("SQLITE_CONSTRAINT_FUNCTION"),
        ffi::SQLITE_CONSTRAINT_NOTNULL => Some("SQLITE_CONSTRAINT_NOTNULL"),
        ffi::SQLITE_CONSTRAINT_PINNED => Some("SQLITE_CONSTRAINT_PINNED"),
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY => Some("SQLITE_CONSTRAINT_PRIMARYKEY"),
        ffi::SQLITE_CONSTRAINT_ROWID => Some("SQLITE_CONSTRAINT_ROWID"),
        ffi::SQLITE_CONSTRAINT_TRIGGER => Some("SQLITE_CONSTRAINT_TRIGGER"),
        ffi::SQLITE_CONSTRAINT_UNIQUE => Some("SQLITE_CONSTRAINT_UNIQUE"),
        ffi::SQLITE_CONSTRAINT_VTAB => Some("SQLITE_CONSTRAINT_VTAB"),
        _ => None,
    }
}
