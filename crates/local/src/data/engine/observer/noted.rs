//! What the schema was found to say, for as long as it says so.
//!
//! A transaction that has begun nothing yet must not begin to read for this: after that it could not write any more, if
//! another connection writes before it does.

use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::Connection as Handle;

use super::declared::Declared;
use crate::data::engine::vectors;

#[derive(Debug, Default)]
pub(super) struct Noted {
    kept: Mutex<Option<Arc<[String]>>>,
    declared: Mutex<Option<Arc<Declared>>>,
}

impl Noted {
    pub(super) fn forget(&self) {
        *self.kept.lock() = None;
        *self.declared.lock() = None;
    }

    /// The tables that only the engine may change.
    pub(super) fn kept(&self, handle: &Handle, is_settled: bool) -> rusqlite::Result<Arc<[String]>> {
        noted(&self.kept, is_settled, || vectors::kept(handle).map(Into::into))
    }

    pub(super) fn declared(&self, handle: &Handle, is_settled: bool) -> rusqlite::Result<Arc<Declared>> {
        noted(&self.declared, is_settled, || Declared::read(handle).map(Into::into))
    }
}

/// Only what everybody sees is noted: a transaction may have changed the schema for itself, and undo it.
fn noted<T: Clone>(
    note: &Mutex<Option<T>>,
    is_settled: bool,
    read: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let mut note = note.lock();
    if let Some(known) = note.as_ref().filter(|_| is_settled) {
        return Ok(known.clone());
    }
    let read = read()?;
    *note = is_settled.then(|| read.clone());
    Ok(read)
}
