//! Watches what the statements of a connection are compiled to, through the engine's authorizer, and whether they insert.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use parking_lot::Mutex;
use rusqlite::hooks::{Action, AuthAction, AuthContext, Authorization, TransactionOperation};

use super::TransactionStep;
use super::declared::Declared;
use super::guard::{self, Clauses, Shaped};
use super::pragma::{self, PragmaKind};
use crate::data::permissions::{Denial, Rules};
use rusqlite::Connection as Handle;

const INSERTS: u32 = 1;
const CHANGES_SCHEMA: u32 = 1 << 1;
const CHANGES_SESSION: u32 = 1 << 2;
const ATTACHES: u32 = 1 << 3;
const BEGINS: u32 = 1 << 4;
const FINISHES: u32 = 1 << 5;
const SAVEPOINTS: u32 = 1 << 6;
const ROLLS_BACK: u32 = 1 << 7;
const IS_INVOLVED: u32 = 1 << 8;
const ASKS_ENGINE: u32 = 1 << 9;

/// Functions that take no longer for one value than for another.
const PLAIN_FUNCTIONS: [&str; 23] = [
    "abs",
    "avg",
    "changes",
    "coalesce",
    "count",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "ifnull",
    "julianday",
    "length",
    "lower",
    "max",
    "min",
    "random",
    "sum",
    "time",
    "total",
    "typeof",
    "unixepoch",
    "upper",
];

/// `SQLITE_ATTACH`, which the wrapper does not decode when the file name is an expression.
const ATTACH_CODE: i32 = 24;

/// Collects what the authorizer was asked since it was last emptied.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    seen: Arc<AtomicU32>,
    has_inserted: Arc<AtomicBool>,
    is_off: Arc<AtomicBool>,
    is_guarded: Arc<AtomicBool>,
    guarded: Arc<Mutex<Guarded>>,
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
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            if is_off.load(Ordering::Relaxed) {
                return Authorization::Allow;
            }
            let (bits, authorization) = judge(&context);
            let involved = if is_plain(&context.action) { 0 } else { IS_INVOLVED };
            seen.fetch_or(bits | involved, Ordering::Relaxed);
            if is_guarded.load(Ordering::Relaxed) && !guarded.lock().allows(&context) {
                return Authorization::Deny;
            }
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
        if self.is_guarded() {
            let declared = self.unwatched(|| Declared::read(handle))?;
            let mut guarded = self.guarded.lock();
            guarded.clauses = Clauses::of(sql);
            guarded.declared = declared;
            guarded.denial = None;
        }
        self.seen.store(0, Ordering::Relaxed);
        Ok(())
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
        Seen(self.seen.swap(0, Ordering::Relaxed))
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

/// A set of things seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen(u32);

impl Seen {
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn inserts(self) -> bool {
        self.has(INSERTS)
    }

    pub(crate) fn changes_schema(self) -> bool {
        self.has(CHANGES_SCHEMA)
    }

    pub(crate) fn changes_session(self) -> bool {
        self.has(CHANGES_SESSION)
    }

    pub(crate) fn attaches(self) -> bool {
        self.has(ATTACHES)
    }

    pub(crate) fn rolls_back(self) -> bool {
        self.has(ROLLS_BACK)
    }

    pub(crate) fn transaction(self) -> Option<TransactionStep> {
        let steps = [
            (BEGINS, TransactionStep::Begin),
            (FINISHES, TransactionStep::Finish),
            (SAVEPOINTS, TransactionStep::Savepoint),
        ];
        steps.into_iter().find_map(|(bit, step)| self.has(bit).then_some(step))
    }

    /// Asks for a setting, the answer to which is a part of what the statement is compiled to.
    pub(crate) fn asks_engine(self) -> bool {
        self.has(ASKS_ENGINE)
    }

    /// Whether it only reads, inserts and updates rows, and each step of it takes about as long as any other. A pattern
    /// may be matched for ever in one step, and a deletion may be that of a whole table.
    pub(crate) fn is_plain(self) -> bool {
        !self.has(IS_INVOLVED)
    }

    fn has(self, bit: u32) -> bool {
        self.0 & bit != 0
    }
}

fn judge(context: &AuthContext<'_>) -> (u32, Authorization) {
    match context.action {
        AuthAction::Insert { table_name } if !table_name.starts_with("sqlite_") && context.accessor.is_none() => {
            (INSERTS, Authorization::Allow)
        }
        AuthAction::Pragma { pragma_name, pragma_value } => match pragma::classify(pragma_name, pragma_value) {
            PragmaKind::Query => (ASKS_ENGINE, Authorization::Allow),
            PragmaKind::Action => (CHANGES_SESSION | CHANGES_SCHEMA, Authorization::Allow),
            PragmaKind::Forbidden => (CHANGES_SESSION, Authorization::Deny),
        },
        // `VACUUM` attaches a nameless database of its own. Any other file is not the database's: it could be any file
        // of this machine.
        AuthAction::Attach { filename: "" } => (0, Authorization::Allow),
        AuthAction::Attach { .. } | AuthAction::Unknown { code: ATTACH_CODE, .. } => (ATTACHES, Authorization::Deny),
        AuthAction::Detach { database_name } if database_name.starts_with("vacuum_") => (0, Authorization::Allow),
        AuthAction::Detach { .. } => (ATTACHES, Authorization::Allow),
        AuthAction::Transaction { operation: TransactionOperation::Begin } => (BEGINS, Authorization::Allow),
        AuthAction::Transaction { operation: TransactionOperation::Rollback } => {
            (FINISHES | ROLLS_BACK, Authorization::Allow)
        }
        AuthAction::Transaction { .. } => (FINISHES, Authorization::Allow),
        AuthAction::Savepoint { .. } => (SAVEPOINTS, Authorization::Allow),
        AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateTempView { .. } => (CHANGES_SESSION, Authorization::Allow),
        AuthAction::CreateIndex { .. }
        | AuthAction::CreateTable { .. }
        | AuthAction::CreateTrigger { .. }
        | AuthAction::CreateView { .. }
        | AuthAction::CreateVtable { .. }
        | AuthAction::DropIndex { .. }
        | AuthAction::DropTable { .. }
        | AuthAction::DropTrigger { .. }
        | AuthAction::DropView { .. }
        | AuthAction::DropVtable { .. }
        | AuthAction::AlterTable { .. }
        | AuthAction::Reindex { .. }
        | AuthAction::Analyze { .. } => (CHANGES_SCHEMA, Authorization::Allow),
        _ => (0, Authorization::Allow),
    }
}

fn is_plain(action: &AuthAction<'_>) -> bool {
    match action {
        AuthAction::Select
        | AuthAction::Read { .. }
        | AuthAction::Recursive
        | AuthAction::Insert { .. }
        | AuthAction::Update { .. } => true,
        AuthAction::Function { function_name } => {
            PLAIN_FUNCTIONS.iter().any(|plain| plain.eq_ignore_ascii_case(function_name))
        }
        _ => false,
    }
}
