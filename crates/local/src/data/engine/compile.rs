//! Compiles statements that are to run. Where the engine acts while it compiles, they pass the gate before.

use rusqlite::{Batch, Connection as Handle, Statement};

use super::observer::Observer;
use super::seen::Seen;
use super::vectors::{self, Purpose};
use super::{Effect, Gate, Stop, errors, statement};
use crate::data::words::words;

/// The one statement `sql` must consist of.
pub(super) fn only<'c>(
    handle: &'c Handle,
    observer: &Observer,
    sql: &str,
    gate: &mut Gate<'_>,
) -> Result<(Statement<'c>, Seen), Stop> {
    let (mut compiled, mut seen) = statement::only(handle, observer, sql, Purpose::Look);
    if seen.owns_kept() && !is_explained(sql) {
        let_keep(handle, observer, gate)?;
        (compiled, seen) = statement::only(handle, observer, sql, Purpose::Run);
    }
    Ok((compiled?, seen))
}

/// The next one of several.
pub(super) fn next<'c>(
    handle: &'c Handle,
    observer: &Observer,
    statements: &mut Batch<'c, '_>,
    gate: &mut Gate<'_>,
) -> Result<Option<(Statement<'c>, Seen)>, Stop> {
    let mut compiled = statements.next();
    let mut seen = observer.take();
    if seen.owns_kept() {
        let_keep(handle, observer, gate)?;
        compiled = observer.compiling(Purpose::Run, || match compiled {
            Ok(Some(looked_at)) => handle.prepare(&looked_at.expanded_sql().unwrap_or_default()).map(Some),
            Ok(None) => Ok(None),
            // What did not compile is still the next one.
            Err(_) => statements.next(),
        });
        seen = observer.take();
    }
    Ok(compiled.map_err(errors::describe)?.map(|statement| (statement, seen)))
}

/// What is only explained would be done all the same.
fn is_explained(sql: &str) -> bool {
    words(sql).next().is_some_and(|word| word.is("EXPLAIN"))
}

/// Lets the statement just looked at write while it is compiled.
fn let_keep(handle: &Handle, observer: &Observer, gate: &mut Gate<'_>) -> Result<(), Stop> {
    gate(Effect { writes: true, ..Effect::default() })?;
    let index = observer.index();
    index.map_or(Ok(()), |index| vectors::refuse_taken(handle, &index)).map_err(Stop::from)
}
