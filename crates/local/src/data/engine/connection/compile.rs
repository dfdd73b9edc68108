//! Compiles statements that are to run. Where the engine acts while it compiles, they pass the gate before.

mod savepoint;

use rusqlite::{Batch, Connection as Handle, Statement};

use crate::data::engine::observer::{Observer, Purpose};
use crate::data::engine::seen::Seen;
use crate::data::engine::vectors;
use crate::data::engine::{Effect, Gate, Ran, Stop, errors, statement};
use crate::data::hrana::SqlError;
use savepoint::Savepoint;

/// A statement that is ready to run.
pub(super) struct Compiled<'c> {
    pub(super) statement: Statement<'c>,
    pub(super) seen: Seen,
    pub(super) done: Done<'c>,
}

/// What the engine has done to compile a statement, which is undone unless it runs.
#[derive(Debug)]
pub(super) struct Done<'c>(Option<Savepoint<'c>>);

/// The one statement `sql` must consist of.
pub(super) fn only<'c>(
    handle: &'c Handle,
    observer: &'c Observer,
    sql: &str,
    gate: &mut Gate<'_>,
) -> Result<Compiled<'c>, Stop> {
    let mut done = Done::NOTHING;
    let (mut statement, mut seen) = statement::only(handle, observer, sql, Purpose::Look);
    if seen.owns_kept() {
        done = let_keep(handle, observer, gate)?;
        (statement, seen) = statement::only(handle, observer, sql, Purpose::Run);
        refuse_what_was_made(handle, observer)?;
    }
    Ok(Compiled { statement: statement?, seen, done })
}

/// The next one of several.
pub(super) fn next<'c>(
    handle: &'c Handle,
    observer: &'c Observer,
    statements: &mut Batch<'c, '_>,
    gate: &mut Gate<'_>,
) -> Result<Option<Compiled<'c>>, Stop> {
    let mut done = Done::NOTHING;
    let mut statement = statements.next();
    let mut seen = observer.take();
    if seen.owns_kept() {
        done = let_keep(handle, observer, gate)?;
        statement = observer.compiling(Purpose::Run, || match statement {
            Ok(Some(looked_at)) => handle.prepare(&looked_at.expanded_sql().unwrap_or_default()).map(Some),
            Ok(None) => Ok(None),
            // What did not compile is still the next one.
            Err(_) => statements.next(),
        });
        seen = observer.take();
        refuse_what_was_made(handle, observer)?;
    }
    Ok(statement.map_err(errors::describe)?.map(|statement| Compiled { statement, seen, done }))
}

/// Lets the statement just looked at write while it is compiled.
fn let_keep<'c>(handle: &'c Handle, observer: &'c Observer, gate: &mut Gate<'_>) -> Result<Done<'c>, Stop> {
    gate(Effect { writes: true, ..Effect::default() })?;
    if let Some(index) = observer.index() {
        vectors::refuse_taken(handle, &index)?;
    }
    Ok(Done(Some(Savepoint::begin(handle, observer)?)))
}

/// Refuses an index, which the engine has made by now but not filled.
fn refuse_what_was_made(handle: &Handle, observer: &Observer) -> Result<(), SqlError> {
    match observer.index() {
        Some(index) => observer.unwatched(|| vectors::refuse_many_candidates(handle, &index)),
        None => Ok(()),
    }
}

impl Done<'_> {
    pub(super) const NOTHING: Self = Self(None);

    /// Keeps it if the statement has run to its end, and was not only explained.
    pub(super) fn settle(self, statement: &Statement<'_>, ran: Result<Ran, SqlError>) -> Result<Ran, SqlError> {
        let ran = ran?;
        match self.0 {
            Some(savepoint) if statement.is_explain() == 0 => savepoint.release().map(|()| ran),
            _ => Ok(ran),
        }
    }
}
