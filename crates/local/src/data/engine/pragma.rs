//! What a pragma does, which its name and the presence of a value tell.

/// The kinds of pragma the data plane tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PragmaKind {
    /// Answers a question.
    Query,
    /// Changes a setting or does something.
    Action,
    /// Would break what the server relies on, or reaches beyond the database.
    Forbidden,
}

/// Pragmas whose value is an argument of a question.
const QUESTIONS: [&str; 10] = [
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];

/// Pragmas that act even without a value.
const ACTIONS: [&str; 3] = ["incremental_vacuum", "optimize", "shrink_memory"];

/// The log is the newest part of the database's history, so that only the server empties it.
const CHECKPOINT: &str = "wal_checkpoint";

/// Pragmas whose setting belongs to the server: the journal mode is what lets readers run beside a writer, the
/// count of pages is what the database is configured to, and the others are shared with the whole process.
const FORBIDDEN: [&str; 8] = [
    "data_store_directory",
    "hard_heap_limit",
    "journal_mode",
    "locking_mode",
    "max_page_count",
    "soft_heap_limit",
    "temp_store_directory",
    "wal_autocheckpoint",
];

/// Classifies `PRAGMA name` or `PRAGMA name = value`.
pub(crate) fn classify(name: &str, value: Option<&str>) -> PragmaKind {
    let is_one_of = |list: &[&str]| list.iter().any(|other| name.eq_ignore_ascii_case(other));
    match value {
        _ if name.eq_ignore_ascii_case(CHECKPOINT) => PragmaKind::Forbidden,
        _ if is_one_of(&ACTIONS) => PragmaKind::Action,
        None => PragmaKind::Query,
        Some(_) if is_one_of(&QUESTIONS) => PragmaKind::Query,
        // Setup scripts say this everywhere, and it is so already.
        Some(value) if name.eq_ignore_ascii_case("journal_mode") && value.eq_ignore_ascii_case("wal") => {
            PragmaKind::Query
        }
        Some(_) if is_one_of(&FORBIDDEN) => PragmaKind::Forbidden,
        Some(_) => PragmaKind::Action,
    }
}
