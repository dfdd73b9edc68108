//! What a function is given and what it answers.

use std::borrow::Cow;

use rusqlite::functions::Context;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Error, ffi};

use super::super::ffi::text_of_real;
use super::super::limits::MAX_VALUE_BYTES;
use crate::memory::{self, Exhausted, Lease};

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

/// Arguments that are shorter are not much, whatever is made of them.
const SHORT: usize = 64 * 1024;

/// Calls a function in the terms of the engine.
pub(super) fn answer(context: &Context<'_>, call: fn(&Arguments<'_>) -> Answer) -> rusqlite::Result<Value> {
    let arguments = Arguments(context);
    let _lease = arguments.lease().map_err(|_| Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_NOMEM), None))?;
    match call(&arguments) {
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
    /// For what a function makes of its arguments: a copy, and an answer that is about twice as long.
    fn lease(&self) -> Result<Lease, Exhausted> {
        let bytes = |index| match self.value(index) {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
            _ => 0,
        };
        let bytes: usize = (0..self.count()).map(bytes).sum();
        let mut lease = Lease::default();
        if bytes > SHORT {
            lease.grow(bytes * 3)?;
        }
        Ok(lease)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// What it may take is a copy of a text.
    fn value(&self, index: usize) -> ValueRef<'_> {
        memory::unbounded(|| self.0.get_raw(index))
    }

    pub(super) fn is_null(&self, index: usize) -> bool {
        matches!(self.value(index), ValueRef::Null)
    }

    /// The bytes of a value, of a number those of its text.
    pub(super) fn bytes(&self, index: usize) -> Result<Cow<'_, [u8]>, End> {
        Ok(match self.value(index) {
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
        match self.value(index) {
            ValueRef::Integer(value) => Ok(value),
            _ => Err(End::refused(format!("{name} parameter should be integer"))),
        }
    }
}
