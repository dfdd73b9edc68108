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

/// Pragmas that tell of the one table that is their value, which is an argument of a question.
pub(super) const ABOUT_A_TABLE: [&str; 4] = ["foreign_key_list", "index_list", "table_info", "table_xinfo"];

/// Pragmas that tell of tables nobody named. A value is an argument of a question here too.
pub(super) const ABOUT_ALL_TABLES: [&str; 6] =
    ["foreign_key_check", "index_info", "index_xinfo", "integrity_check", "quick_check", "table_list"];

/// Pragmas that act even without a value.
const ACTIONS: [&str; 3] = ["incremental_vacuum", "optimize", "shrink_memory"];

/// The log is the newest part of the database's history, so that only the server empties it.
const CHECKPOINT: &str = "wal_checkpoint";

/// With it, a client could write a schema that nobody can read. A dump has it around virtual tables.
const WRITABLE_SCHEMA: &str = "writable_schema";

/// Pragmas whose setting belongs to the server: the journal mode is what lets readers run beside a writer, the
/// count of pages is what the database is configured to, the version of the schema is what tells connections that it has
/// changed, and the others are shared with the whole process.
const FORBIDDEN: [&str; 10] = [
    "data_store_directory",
    "hard_heap_limit",
    "journal_mode",
    "locking_mode",
    "max_page_count",
    "schema_version",
    "soft_heap_limit",
    "temp_store_directory",
    "wal_autocheckpoint",
    WRITABLE_SCHEMA,
];

/// Whether a dump may set it, which a client may not.
pub(super) fn is_of_dumps(name: &str) -> bool {
    name.eq_ignore_ascii_case(WRITABLE_SCHEMA)
}

/// Classifies `PRAGMA name` or `PRAGMA name = value`.
pub(crate) fn classify(name: &str, value: Option<&str>) -> PragmaKind {
    let is_one_of = |list: &[&str]| list.iter().any(|other| name.eq_ignore_ascii_case(other));
    match value {
        _ if name.eq_ignore_ascii_case(CHECKPOINT) => PragmaKind::Forbidden,
        _ if is_one_of(&ACTIONS) => PragmaKind::Action,
        None => PragmaKind::Query,
        Some(_) if is_one_of(&ABOUT_A_TABLE) || is_one_of(&ABOUT_ALL_TABLES) => PragmaKind::Query,
        // Setup scripts say this everywhere, and it is so already.
        Some(value) if name.eq_ignore_ascii_case("journal_mode") && value.eq_ignore_ascii_case("wal") => {
            PragmaKind::Query
        }
        Some(_) if is_one_of(&FORBIDDEN) => PragmaKind::Forbidden,
        Some(_) => PragmaKind::Action,
    }
}
