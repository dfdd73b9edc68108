//! What the engine asks its authorizer about while it compiles a statement, and what that tells of the statement.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization, TransactionOperation};

use super::TransactionStep;
use super::observer::Purpose;
use super::pragma::{self, PragmaKind};
use super::vectors::Concern;

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
const WRITES: u32 = 1 << 10;
const LISTS_FILES: u32 = 1 << 11;
const TOUCHES_KEPT: u32 = 1 << 12;
const OWNS_KEPT: u32 = 1 << 13;
const MARKS_VECTORS: u32 = 1 << 14;
const UNFIT_FOR_VECTORS: u32 = 1 << 15;
const LOADS_STATISTICS: u32 = 1 << 16;

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

/// Functions that write although the engine takes a statement that calls them for a reading one: this one merges what a
/// full-text table keeps.
const WRITING_FUNCTIONS: [&str; 1] = ["optimize"];

/// Functions that take an argument for the address of code and run it. No extension is loaded anyhow.
const FORBIDDEN_FUNCTIONS: [&str; 1] = ["fts3_tokenizer"];

/// `SQLITE_ATTACH`, which the wrapper does not decode when the file name is an expression.
const ATTACH_CODE: i32 = 24;

/// A set of things seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen(u32);

impl Seen {
    pub(super) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

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

    /// Writes what the engine does not know to be written.
    pub(crate) fn writes(self) -> bool {
        self.has(WRITES)
    }

    /// Answers with the paths of files, which are the server's.
    pub(crate) fn lists_files(self) -> bool {
        self.has(LISTS_FILES)
    }

    /// Would make the engine change what it keeps for indexes of vectors.
    pub(super) fn owns_kept(self) -> bool {
        self.has(TOUCHES_KEPT) && self.has(OWNS_KEPT)
    }

    /// Changes what the engine keeps for indexes of vectors, and is none of what makes the engine do so.
    pub(super) fn changes_kept(self) -> bool {
        self.has(TOUCHES_KEPT) && !self.has(OWNS_KEPT) && !self.marks_vectors()
    }

    /// Makes an index of vectors.
    pub(super) fn marks_vectors(self) -> bool {
        self.has(MARKS_VECTORS)
    }

    /// Makes the engine read what it knows of the values of indexed columns.
    pub(super) fn loads_statistics(self) -> bool {
        self.has(LOADS_STATISTICS)
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

/// The bits of one action, and whether it may be. One is nested if a statement that leaves the session as it is has made
/// the engine compile it while it runs.
pub(super) fn judge(context: &AuthContext<'_>, is_nested: bool, purpose: Purpose) -> (u32, Authorization) {
    let (bits, authorization) = judge_action(context, is_nested, purpose);
    let involved = if is_plain(&context.action) { 0 } else { IS_INVOLVED };
    let session = if shapes_the_session(context) { CHANGES_SESSION } else { 0 };
    (bits | involved | session, authorization)
}

/// The bits of one action that has to do with what is kept for indexes of vectors, and whether it may be.
pub(super) fn judge_kept(concern: Concern, seen: Seen, purpose: Purpose) -> (u32, Authorization) {
    let may_change = if purpose == Purpose::Look { Authorization::Deny } else { Authorization::Allow };
    match concern {
        Concern::None => (0, Authorization::Allow),
        Concern::Mark if purpose == Purpose::Load => (MARKS_VECTORS, Authorization::Allow),
        Concern::Change if purpose == Purpose::Load => (TOUCHES_KEPT, Authorization::Allow),
        Concern::Unfit if purpose == Purpose::Load => (0, Authorization::Allow),
        Concern::Own => (OWNS_KEPT, Authorization::Allow),
        Concern::Unfit => (UNFIT_FOR_VECTORS, Authorization::Allow),
        Concern::Mark if seen.has(UNFIT_FOR_VECTORS) => (0, Authorization::Deny),
        Concern::Mark => (MARKS_VECTORS, Authorization::Allow),
        Concern::Change => (TOUCHES_KEPT, may_change),
    }
}

fn judge_action(context: &AuthContext<'_>, is_nested: bool, purpose: Purpose) -> (u32, Authorization) {
    let bits = match context.action {
        AuthAction::Insert { table_name } if !table_name.starts_with("sqlite_") && context.accessor.is_none() => {
            INSERTS
        }
        AuthAction::Read { table_name, column_name: "file" }
            if table_name.eq_ignore_ascii_case("pragma_database_list") =>
        {
            return (0, Authorization::Ignore);
        }
        AuthAction::Pragma { pragma_name, pragma_value } => {
            return judge_pragma(pragma_name, pragma_value, is_nested, purpose);
        }
        // What it searches is looked at when all of the dump is there.
        AuthAction::Read { table_name, .. }
            if purpose == Purpose::Load && table_name.eq_ignore_ascii_case("vector_top_k") =>
        {
            return (0, Authorization::Deny);
        }
        // `VACUUM` attaches a nameless database of its own while it runs. Any other file is not the database's: it could be
        // any file of this machine.
        AuthAction::Attach { filename: "" } if is_nested => 0,
        AuthAction::Attach { .. } | AuthAction::Unknown { code: ATTACH_CODE, .. } => {
            return (ATTACHES, Authorization::Deny);
        }
        AuthAction::Detach { database_name } if database_name.starts_with("vacuum_") => 0,
        AuthAction::Detach { .. } => ATTACHES,
        AuthAction::Transaction { operation: TransactionOperation::Begin } => BEGINS,
        AuthAction::Transaction { operation: TransactionOperation::Rollback } => FINISHES | ROLLS_BACK,
        AuthAction::Transaction { .. } => FINISHES,
        AuthAction::Savepoint { .. } => SAVEPOINTS,
        AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateTempView { .. } => CHANGES_SESSION,
        AuthAction::AlterTable { .. } | AuthAction::Analyze { .. } => CHANGES_SCHEMA | LOADS_STATISTICS,
        action if changes_schema(&action) => CHANGES_SCHEMA,
        AuthAction::Function { function_name } if is_one_of(&FORBIDDEN_FUNCTIONS, function_name) => {
            return (0, Authorization::Deny);
        }
        AuthAction::Function { function_name } if is_one_of(&WRITING_FUNCTIONS, function_name) => WRITES,
        _ => 0,
    };
    (bits, Authorization::Allow)
}

fn judge_pragma(name: &str, value: Option<&str>, is_nested: bool, purpose: Purpose) -> (u32, Authorization) {
    if name.eq_ignore_ascii_case("database_list") {
        return (ASKS_ENGINE | LISTS_FILES, Authorization::Allow);
    }
    if purpose == Purpose::Load && pragma::is_of_dumps(name) {
        return (CHANGES_SESSION, Authorization::Allow);
    }
    match pragma::classify(name, value) {
        PragmaKind::Query => (ASKS_ENGINE, Authorization::Allow),
        // The function `pragma_optimize` writes, and the engine takes whoever asks it for a reader.
        PragmaKind::Action if is_nested => (0, Authorization::Deny),
        PragmaKind::Action => (CHANGES_SESSION | CHANGES_SCHEMA, Authorization::Allow),
        PragmaKind::Forbidden => (CHANGES_SESSION, Authorization::Deny),
    }
}

fn changes_schema(action: &AuthAction<'_>) -> bool {
    matches!(
        action,
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
            | AuthAction::Reindex { .. }
    )
}

/// Whether something comes to be, or changes, that only this session sees. `CREATE TABLE temp.t` and a virtual table in
/// `temp` have no actions of their own, as the others there have; whatever is made there is entered in its schema, though.
fn shapes_the_session(context: &AuthContext<'_>) -> bool {
    let is_temporary = context.database_name.is_some_and(|database| database.eq_ignore_ascii_case("temp"));
    is_temporary
        && match context.action {
            AuthAction::Select
            | AuthAction::Read { .. }
            | AuthAction::Recursive
            | AuthAction::Function { .. }
            | AuthAction::Pragma { .. } => false,
            AuthAction::Insert { table_name }
            | AuthAction::Update { table_name, .. }
            | AuthAction::Delete { table_name } => table_name.starts_with("sqlite_"),
            _ => true,
        }
}

fn is_plain(action: &AuthAction<'_>) -> bool {
    match action {
        AuthAction::Select
        | AuthAction::Read { .. }
        | AuthAction::Recursive
        | AuthAction::Insert { .. }
        | AuthAction::Update { .. } => true,
        AuthAction::Function { function_name } => is_one_of(&PLAIN_FUNCTIONS, function_name),
        _ => false,
    }
}

fn is_one_of(functions: &[&str], name: &str) -> bool {
    functions.iter().any(|function| function.eq_ignore_ascii_case(name))
}
