//! What a function is given and what it answers.

use std::borrow::Cow;

use rusqlite::functions::Context;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Error, ffi};

use super::super::ffi::text_of_real;
use super::super::limits::MAX_VALUE_BYTES;

/// The answer, or why there is none.
pub(super) type Answer = Result<Value, End>;

/// What ends a function before it has an answer of its own.
#[derive(Debug)]
pub(super) enum End {
    /// An argument is NULL, and so is the answer.
    Null,
    /// The answer would be larger than a value may be.
    TooBig,
    /// An argument is not what it has to be.
    Refused(String),
}

impl End {
    pub(super) fn refused(problem: impl Into<String>) -> Self {
        Self::Refused(problem.into())
    }
}

/// Calls a function in the terms of the engine.
pub(super) fn answer(context: &Context<'_>, call: fn(&Arguments<'_>) -> Answer) -> rusqlite::Result<Value> {
    match call(&Arguments(context)) {
        Ok(value) => Ok(value),
        Err(End::Null) => Ok(Value::Null),
        Err(End::TooBig) => Err(Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_TOOBIG), None)),
        Err(End::Refused(problem)) => Err(Error::UserFunctionError(problem.into())),
    }
}

/// Refuses to make a value of so many bytes that the engine would refuse it; `None` are more than can be counted.
pub(super) fn fit(bytes: Option<usize>) -> Result<usize, End> {
    bytes.filter(|bytes| *bytes <= MAX_VALUE_BYTES).ok_or(End::TooBig)
}

/// The arguments of one call.
pub(super) struct Arguments<'a>(&'a Context<'a>);

impl Arguments<'_> {
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_null(&self, index: usize) -> bool {
        matches!(self.0.get_raw(index), ValueRef::Null)
    }

    /// The bytes of a value, of a number those of its text.
    pub(super) fn bytes(&self, index: usize) -> Result<Cow<'_, [u8]>, End> {
        Ok(match self.0.get_raw(index) {
            ValueRef::Null => return Err(End::Null),
            ValueRef::Integer(value) => Cow::Owned(value.to_string().into_bytes()),
            ValueRef::Real(value) => Cow::Owned(text_of_real(value).into_bytes()),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Cow::Borrowed(bytes),
        })
    }

    /// A value as text. What is no Unicode in it is read as U+FFFD, as it is in the answer to a statement.
    pub(super) fn text(&self, index: usize) -> Result<Cow<'_, str>, End> {
        Ok(match self.bytes(index)? {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        })
    }

    /// A value that has to be an integer and nothing that could be made one.
    pub(super) fn integer(&self, index: usize, name: &str) -> Result<i64, End> {
        match self.0.get_raw(index) {
            ValueRef::Integer(value) => Ok(value),
            _ => Err(End::refused(format!("{name} parameter should be integer"))),
        }
    }
}
