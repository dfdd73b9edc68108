//! What a function is given and what it answers.

use std::borrow::Cow;

use rusqlite::functions::Context;
use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{Error, ffi};

use super::super::ffi::text_of_real;
use super::room::Room;
use crate::memory;

/// The answer, or why there is none.
pub(super) type Answer = Result<Value, End>;

/// A function, whose answer is one of these.
pub(super) type Call<T> = fn(&Arguments<'_>) -> Result<T, End>;

/// What ends a function before it has an answer of its own.
#[derive(Debug)]
pub(super) enum End {
    /// An argument is NULL, and so is the answer.
    Null,
    /// The answer would be larger than a value may be.
    TooBig,
    /// What the function would take is more than is left.
    NoMemory,
    /// An argument is not what it has to be.
    Refused(String),
}

impl End {
    pub(super) fn refused(problem: impl Into<String>) -> Self {
        Self::Refused(problem.into())
    }
}

/// An answer, and the memory that is counted for it until the engine has its copy.
pub(super) struct Kept<T> {
    /// NULL, if there is none.
    value: Option<T>,
    _room: Room,
}

impl<T: ToSql> ToSql for Kept<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.value.to_sql()
    }
}

/// Calls a function in the terms of the engine.
pub(super) fn answer<T>(context: &Context<'_>, call: Call<T>) -> rusqlite::Result<Kept<T>> {
    let arguments = Arguments { context, room: Room::default() };
    let value = match call(&arguments) {
        Ok(value) => Some(value),
        Err(End::Null) => None,
        Err(End::TooBig) => return Err(failure(ffi::SQLITE_TOOBIG)),
        Err(End::NoMemory) => return Err(failure(ffi::SQLITE_NOMEM)),
        Err(End::Refused(problem)) => return Err(Error::UserFunctionError(problem.into())),
    };
    Ok(Kept { value, _room: arguments.room })
}

fn failure(code: i32) -> Error {
    Error::SqliteFailure(ffi::Error::new(code), None)
}

/// The arguments of one call.
pub(super) struct Arguments<'a> {
    context: &'a Context<'a>,
    /// For all that the function makes of them.
    pub(super) room: Room,
}

impl Arguments<'_> {
    pub(super) fn count(&self) -> usize {
        self.context.len()
    }

    /// What it may take is a copy of a text.
    fn value(&self, index: usize) -> ValueRef<'_> {
        memory::unbounded(|| self.context.get_raw(index))
    }

    pub(super) fn is_null(&self, index: usize) -> bool {
        matches!(self.value(index), ValueRef::Null)
    }

    pub(super) fn is_blob(&self, index: usize) -> bool {
        matches!(self.value(index), ValueRef::Blob(_))
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
        let bytes = self.bytes(index)?;
        match &bytes {
            Cow::Borrowed(bytes) => match str::from_utf8(bytes) {
                Ok(text) => Ok(Cow::Borrowed(text)),
                Err(_) => self.room.unicode(bytes).map(Cow::Owned),
            },
            // Of a number.
            Cow::Owned(bytes) => Ok(Cow::Owned(String::from_utf8_lossy(bytes).into_owned())),
        }
    }

    /// An answer that is a part of an argument.
    pub(super) fn part(&self, text: &str) -> Answer {
        self.room.fit(Some(text.len()))?;
        Ok(Value::Text(text.to_owned()))
    }

    /// A value that has to be an integer and nothing that could be made one.
    pub(super) fn integer(&self, index: usize, name: &str) -> Result<i64, End> {
        match self.value(index) {
            ValueRef::Integer(value) => Ok(value),
            _ => Err(End::refused(format!("{name} parameter should be integer"))),
        }
    }
}
