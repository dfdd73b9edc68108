//! Watches what the statements of a connection are compiled to, through the engine's authorizer, and whether they insert.

mod declared;
mod guard;
mod noted;

use std::panic::RefUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use parking_lot::Mutex;
use rusqlite::Connection as Handle;
use rusqlite::hooks::{Action, AuthAction, AuthContext, Authorization};

use super::seen::{Seen, judge, judge_kept};
use super::vectors;
use crate::data::access::{Denial, Rules};
use declared::Declared;
use guard::{Clauses, Shaped};
use noted::Noted;

/// Collects what the authorizer was asked since it was last emptied.
#[derive(Debug, Default)]
pub(crate) struct Observer(Arc<State>);

/// What an observer shares with the hooks it has put into the engine.
#[derive(Debug, Default)]
struct State {
    seen: AtomicU32,
    has_left_traces: AtomicBool,
    has_inserted: AtomicBool,
    is_off: AtomicBool,
    is_nested: AtomicBool,
    /// Whether the statement that runs makes the engine itself read the values it keeps.
    loads_statistics: AtomicBool,
    is_guarded: AtomicBool,
    guarded: Mutex<Guarded>,
    compiled: Mutex<Compiled>,
    noted: Noted,
}

/// A panic in a hook denies the statement, and leaves nothing of this half changed.
impl RefUnwindSafe for State {}

/// What a statement is compiled for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To see what it would do.
    #[default]
    Look,
    /// To run it, after it has been looked at.
    Run,
    /// To make a new database of a dump, which may say what is kept for indexes of vectors.
    Load,
}

/// What is compiled at the moment.
#[derive(Debug, Default)]
struct Compiled {
    purpose: Purpose,
    /// The tables that only the engine may change.
    kept: Arc<[String]>,
    /// The index the statement makes.
    index: Option<String>,
}

/// The rules a connection is held to, and what they led to.
#[derive(Debug, Default)]
struct Guarded {
    rules: Option<Arc<Rules>>,
    clauses: Clauses,
    new_names: Vec<String>,
    declared: Arc<Declared>,
    shaped: Option<Shaped>,
    denial: Option<Denial>,
}

impl Observer {
    /// Watches `connection` from now on.
    pub(crate) fn install(connection: &Handle) -> Self {
        let observer = Self::default();
        let state = Arc::clone(&observer.0);
        connection.authorizer(Some(move |context: AuthContext<'_>| state.authorize(&context)));
        let state = Arc::clone(&observer.0);
        connection.update_hook(Some(move |action, _: &str, _: &str, _| {
            if action == Action::SQLITE_INSERT {
                state.has_inserted.store(true, Ordering::Relaxed);
            }
        }));
        observer
    }

    /// Whether a row with a rowid was inserted since the last call, by a trigger too.
    pub(crate) fn take_insertion(&self) -> bool {
        self.0.has_inserted.swap(false, Ordering::Relaxed)
    }

    /// Holds what is compiled from now on to these rules.
    pub(crate) fn restrict(&self, rules: Option<Arc<Rules>>) {
        // Said before each statement, and most have none.
        if rules.is_none() && !self.is_guarded() {
            return;
        }
        self.0.is_guarded.store(rules.is_some(), Ordering::Relaxed);
        *self.0.guarded.lock() = Guarded { rules, ..Guarded::default() };
    }

    /// Says which text is compiled next. What the engine compiled while it ran the last one is none of it. The schema is
    /// settled where the connection sees what everybody does.
    pub(crate) fn expect(&self, handle: &Handle, sql: &str, is_settled: bool) -> rusqlite::Result<()> {
        self.expect_with(handle, is_settled)?;
        if self.is_guarded() {
            let declared = self.unwatched(|| self.0.noted.declared(handle, is_settled))?;
            let mut guarded = self.0.guarded.lock();
            guarded.clauses = Clauses::of(sql);
            guarded.new_names = guard::new_names(sql);
            guarded.declared = declared;
            guarded.denial = None;
        }
        Ok(())
    }

    /// Says that another statement of the text is compiled next; those before may have changed the schema.
    pub(crate) fn expect_another(&self, handle: &Handle) -> rusqlite::Result<()> {
        self.expect_with(handle, false)
    }

    fn expect_with(&self, handle: &Handle, is_settled: bool) -> rusqlite::Result<()> {
        let kept = self.unwatched(|| self.0.noted.kept(handle, is_settled))?;
        *self.0.compiled.lock() = Compiled { kept, ..Compiled::default() };
        self.0.seen.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// The schema may not be what it was.
    pub(crate) fn forget_schema(&self) {
        self.0.noted.forget();
    }

    /// The index that the statement just looked at makes.
    pub(crate) fn index(&self) -> Option<String> {
        self.0.compiled.lock().index.clone()
    }

    /// Compiles something for a purpose, which is to look at it otherwise.
    pub(crate) fn compiling<T>(&self, purpose: Purpose, compile: impl FnOnce() -> T) -> T {
        {
            let mut compiled = self.0.compiled.lock();
            compiled.purpose = purpose;
            compiled.index = None;
        }
        let compiled = compile();
        self.0.compiled.lock().purpose = Purpose::default();
        compiled
    }

    /// The first thing denied since the text was expected.
    pub(crate) fn take_denial(&self) -> Option<Denial> {
        self.0.guarded.lock().denial.take()
    }

    /// Whether the connection is held to rules.
    pub(crate) fn is_guarded(&self) -> bool {
        self.0.is_guarded.load(Ordering::Relaxed)
    }

    /// What was seen since the last call.
    pub(crate) fn take(&self) -> Seen {
        if self.is_guarded() {
            self.0.guarded.lock().shaped = None;
        }
        Seen::from_bits(self.0.seen.swap(0, Ordering::Relaxed))
    }

    /// Runs a statement of which this was seen. What that makes the engine compile is held to more, unless the statement
    /// itself changes the session: the engine compiles it again where the schema has changed.
    pub(crate) fn running<T>(&self, seen: Seen, run: impl FnOnce() -> T) -> T {
        self.0.is_nested.store(!seen.changes_session(), Ordering::Relaxed);
        self.0.loads_statistics.store(seen.loads_statistics(), Ordering::Relaxed);
        let ran = run();
        self.0.loads_statistics.store(false, Ordering::Relaxed);
        self.0.is_nested.store(false, Ordering::Relaxed);
        ran
    }

    /// Whether anything was ever compiled that changes the session. Whether it ran does not matter: the engine sets most
    /// settings while it compiles a pragma, which may only be looked at or described.
    pub(crate) fn has_left_traces(&self) -> bool {
        self.0.has_left_traces.load(Ordering::Relaxed)
    }

    /// Lets the server do what a client may not.
    pub(crate) fn unwatched<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.is_off.store(true, Ordering::Relaxed);
        let done = work();
        self.0.is_off.store(false, Ordering::Relaxed);
        done
    }
}

impl State {
    /// What the engine may do of what it is about to do.
    fn authorize(&self, context: &AuthContext<'_>) -> Authorization {
        if self.is_off.load(Ordering::Relaxed) {
            return Authorization::Allow;
        }
        let is_nested = self.is_nested.load(Ordering::Relaxed);
        let mut compiled = self.compiled.lock();
        let (bits, authorization) = judge(context, is_nested, compiled.purpose);
        let so_far = Seen::from_bits(self.seen.fetch_or(bits, Ordering::Relaxed));
        if Seen::from_bits(bits).changes_session() {
            self.has_left_traces.store(true, Ordering::Relaxed);
        }
        let is_of_the_engine = self.loads_statistics.load(Ordering::Relaxed) && guard::reads_sample(context);
        if self.is_guarded.load(Ordering::Relaxed) && !is_of_the_engine && !self.guarded.lock().allows(context) {
            return Authorization::Deny;
        }
        if is_nested || authorization != Authorization::Allow {
            return authorization;
        }
        let concern = vectors::concern(context, &compiled.kept, so_far);
        if let AuthAction::CreateIndex { index_name, .. } = context.action {
            compiled.index.get_or_insert_with(|| index_name.to_owned());
        }
        let (bits, authorization) = judge_kept(concern, so_far, compiled.purpose);
        self.seen.fetch_or(bits, Ordering::Relaxed);
        authorization
    }
}

impl Guarded {
    fn allows(&mut self, context: &AuthContext<'_>) -> bool {
        let Some(rules) = &self.rules else { return true };
        match guard::check(rules, self.clauses, &self.new_names, &self.declared, &mut self.shaped, context) {
            Ok(()) => true,
            Err(denial) => {
                self.denial.get_or_insert(denial);
                false
            }
        }
    }
}
