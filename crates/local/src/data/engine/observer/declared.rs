//! What the schema says that the engine does not tell when it compiles a statement.

use std::collections::HashSet;

use rusqlite::Connection as Handle;

use super::guard::Clauses;

/// All that can matter, temporary triggers on the database's tables included, whatever a session thinks of LIKE.
const SUSPECTS: &str = "
    SELECT name, sql FROM main.sqlite_schema
    WHERE instr(lower(sql), 'replace') OR substr(lower(name), 1, 4) = 'json' OR substr(lower(name), 1, 6) = 'pragma'
    UNION ALL SELECT name, sql FROM temp.sqlite_schema WHERE instr(lower(sql), 'replace')";

/// Names in lower case.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// Of tables and triggers that replace the rows in the way, whatever a statement says.
    replacing: HashSet<String>,
    /// Of tables and views that could be taken for functions.
    like_functions: HashSet<String>,
}

impl Declared {
    /// Reads the schema.
    pub(super) fn read(handle: &Handle) -> rusqlite::Result<Self> {
        let mut declared = Self::default();
        let mut suspects = handle.prepare_cached(SUSPECTS)?;
        let mut suspects = suspects.query([])?;
        while let Some(row) = suspects.next()? {
            let (name, sql): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            let name = name.to_ascii_lowercase();
            if Clauses::of(&sql.unwrap_or_default()).replaces {
                declared.replacing.insert(name.clone());
            }
            declared.like_functions.insert(name);
        }
        Ok(declared)
    }

    pub(super) fn replaces(&self, name: &str) -> bool {
        !self.replacing.is_empty() && self.replacing.contains(&name.to_ascii_lowercase())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        !self.like_functions.is_empty() && self.like_functions.contains(&name.to_ascii_lowercase())
    }
}
