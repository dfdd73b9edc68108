//! Watches what the statements of a connection are compiled to, through the engine's authorizer, and whether they insert.

mod declared;
mod guard;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use parking_lot::Mutex;
use rusqlite::Connection as Handle;
use rusqlite::hooks::{Action, AuthAction, AuthContext, Authorization};

use super::seen::{Seen, judge, judge_kept};
use super::vectors::{self, Purpose};
use crate::data::access::{Denial, Rules};
use declared::Declared;
use guard::{Clauses, Shaped};

/// Collects what the authorizer was asked since it was last emptied.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    seen: Arc<AtomicU32>,
    has_left_traces: Arc<AtomicBool>,
    has_inserted: Arc<AtomicBool>,
    is_off: Arc<AtomicBool>,
    is_nested: Arc<AtomicBool>,
    is_guarded: Arc<AtomicBool>,
    guarded: Arc<Mutex<Guarded>>,
    compiled: Arc<Mutex<Compiled>>,
}

/// What is compiled at the moment.
#[derive(Debug, Default)]
struct Compiled {
    purpose: Purpose,
    /// The tables that only the engine may change.
    kept: Vec<String>,
    /// The index the statement makes.
    index: Option<String>,
}

/// The rules a connection is held to, and what they led to.
#[derive(Debug, Default)]
struct Guarded {
    rules: Option<Arc<Rules>>,
    clauses: Clauses,
    declared: Declared,
    shaped: Option<Shaped>,
    denial: Option<Denial>,
}

impl Observer {
    /// Watches `connection` from now on.
    pub(crate) fn install(connection: &Handle) -> Self {
        let observer = Self::default();
        let (seen, is_off) = (Arc::clone(&observer.seen), Arc::clone(&observer.is_off));
        // Nothing of it is left half changed: a panic would leave the answer out, and with it the statement.
        let guarded = AssertUnwindSafe(Arc::clone(&observer.guarded));
        let is_guarded = Arc::clone(&observer.is_guarded);
        let is_nested = Arc::clone(&observer.is_nested);
        let has_left_traces = Arc::clone(&observer.has_left_traces);
        let compiled = AssertUnwindSafe(Arc::clone(&observer.compiled));
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            if is_off.load(Ordering::Relaxed) {
                return Authorization::Allow;
            }
            let is_nested = is_nested.load(Ordering::Relaxed);
            let mut compiled = compiled.lock();
            let (bits, authorization) = judge(&context, is_nested, compiled.purpose);
            let so_far = Seen::from_bits(seen.fetch_or(bits, Ordering::Relaxed));
            if Seen::from_bits(bits).changes_session() {
                has_left_traces.store(true, Ordering::Relaxed);
            }
            if is_guarded.load(Ordering::Relaxed) && !guarded.lock().allows(&context) {
                return Authorization::Deny;
            }
            if is_nested || authorization != Authorization::Allow {
                return authorization;
            }
            let concern = vectors::concern(&context, &compiled.kept, so_far);
            if let AuthAction::CreateIndex { index_name, .. } = context.action {
                compiled.index.get_or_insert_with(|| index_name.to_owned());
            }
            let (bits, authorization) = judge_kept(concern, so_far, compiled.purpose);
            seen.fetch_or(bits, Ordering::Relaxed);
            authorization
        }));
        let has_inserted = Arc::clone(&observer.has_inserted);
        connection.update_hook(Some(move |action, _: &str, _: &str, _| {
            if action == Action::SQLITE_INSERT {
                has_inserted.store(true, Ordering::Relaxed);
            }
        }));
        observer
    }

    /// Whether a row with a rowid was inserted since the last call, by a trigger too.
    pub(crate) fn take_insertion(&self) -> bool {
        self.has_inserted.swap(false, Ordering::Relaxed)
    }

    /// Holds what is compiled from now on to these rules.
    pub(crate) fn restrict(&self, rules: Option<Arc<Rules>>) {
        // Said before each statement, and most have none.
        if rules.is_none() && !self.is_guarded() {
            return;
        }
        self.is_guarded.store(rules.is_some(), Ordering::Relaxed);
        *self.guarded.lock() = Guarded { rules, ..Guarded::default() };
    }

    /// Says which text is compiled next. What the engine compiled while it ran the last one is none of it.
    pub(crate) fn expect(&self, handle: &Handle, sql: &str) -> rusqlite::Result<()> {
        self.expect_another(handle)?;
        if self.is_guarded() {
            let declared = self.unwatched(|| Declared::read(handle))?;
            let mut guarded = self.guarded.lock();
            guarded.clauses = Clauses::of(sql);
            guarded.declared = declared;
            guarded.denial = None;
        }
        Ok(())
    }

    /// Says that another statement of the text is compiled next.
    pub(crate) fn expect_another(&self, handle: &Handle) -> rusqlite::Result<()> {
        let kept = self.unwatched(|| vectors::kept(handle))?;
        *self.compiled.lock() = Compiled { kept, ..Compiled::default() };
        self.seen.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// The index that the statement just looked at makes.
    pub(crate) fn index(&self) -> Option<String> {
        self.compiled.lock().index.clone()
    }

    /// Compiles something for a purpose, which is to look at it otherwise.
    pub(crate) fn compiling<T>(&self, purpose: Purpose, compile: impl FnOnce() -> T) -> T {
        {
            let mut compiled = self.compiled.lock();
            compiled.purpose = purpose;
            compiled.index = None;
        }
        let compiled = compile();
        self.compiled.lock().purpose = Purpose::default();
        compiled
    }

    /// The first thing denied since the text was expected.
    pub(crate) fn take_denial(&self) -> Option<Denial> {
        self.guarded.lock().denial.take()
    }

    /// Whether the connection is held to rules.
    pub(crate) fn is_guarded(&self) -> bool {
        self.is_guarded.load(Ordering::Relaxed)
    }

    /// What was seen since the last call.
    pub(crate) fn take(&self) -> Seen {
        if self.is_guarded() {
            self.guarded.lock().shaped = None;
        }
        Seen::from_bits(self.seen.swap(0, Ordering::Relaxed))
    }

    /// Runs a statement of which this was seen. What that makes the engine compile is held to more, unless the statement
    /// itself changes the session: the engine compiles it again where the schema has changed.
    pub(crate) fn running<T>(&self, seen: Seen, run: impl FnOnce() -> T) -> T {
        self.is_nested.store(!seen.changes_session(), Ordering::Relaxed);
        let ran = run();
        self.is_nested.store(false, Ordering::Relaxed);
        ran
    }

    /// Whether anything was ever compiled that changes the session. Whether it ran does not matter: the engine sets most
    /// settings while it compiles a pragma, which may only be looked at or described.
    pub(crate) fn has_left_traces(&self) -> bool {
        self.has_left_traces.load(Ordering::Relaxed)
    }

    /// Lets the server do what a client may not.
    pub(crate) fn unwatched<T>(&self, work: impl FnOnce() -> T) -> T {
        self.is_off.store(true, Ordering::Relaxed);
        let done = work();
        self.is_off.store(false, Ordering::Relaxed);
        done
    }
}

impl Guarded {
    fn allows(&mut self, context: &AuthContext<'_>) -> bool {
        let Some(rules) = &self.rules else { return true };
        match guard::check(rules, self.clauses, &self.declared, &mut self.shaped, context) {
            Ok(()) => true,
            Err(denial) => {
                self.denial.get_or_insert(denial);
                false
            }
        }
    }
}
