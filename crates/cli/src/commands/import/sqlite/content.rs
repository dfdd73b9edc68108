//! What the file of a database holds.

use crate::script::Entity;

/// Everything of a file that is imported, in the order in which it is.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) tables: Vec<FileTable>,
    /// Indexes, then views, then triggers.
    pub(super) others: Vec<Other>,
    /// The last number that each AUTOINCREMENT has given.
    pub(super) counters: Vec<(String, i64)>,
    /// The numbers by which programs know a database of theirs, where they are set: the pragmas of these names.
    pub(super) marks: Vec<(&'static str, i64)>,
}

/// A table of the file.
#[derive(Debug)]
pub(super) struct FileTable {
    pub(super) name: String,
    pub(super) sql: String,
    pub(super) sort: Sort,
    /// The columns that hold something: not the generated ones.
    pub(super) columns: Vec<String>,
    /// The name of row ids that no column holds.
    pub(super) row_id: Option<&'static str>,
    pub(super) rows: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Ordinary,
    /// Its rows are in other tables, which come behind it.
    Virtual,
    /// A table in which a virtual one keeps its rows, and which is made with that.
    Behind,
}

/// An index, a view or a trigger.
#[derive(Debug)]
pub(super) struct Other {
    pub(super) entity: Entity,
    pub(super) name: String,
    pub(super) sql: String,
}

impl Content {
    /// The rows of all tables.
    pub(super) fn rows(&self) -> u64 {
        self.rows_before(self.tables.len())
    }

    /// The rows of the tables before one of them.
    pub(super) fn rows_before(&self, table: usize) -> u64 {
        self.tables.iter().take(table).map(|table| table.rows).sum()
    }

    /// The tables behind a virtual one.
    pub(super) fn behind(&self, table: usize) -> impl Iterator<Item = &FileTable> {
        self.tables.iter().skip(table + 1).take_while(|table| table.sort == Sort::Behind)
    }
}

impl FileTable {
    /// The columns to read and to insert. Row ids are kept where the table is new: they may be what other tables refer to.
    pub(super) fn columns(&self, is_new: bool) -> Vec<&str> {
        let row_id = self.row_id.filter(|_| is_new);
        row_id.into_iter().chain(self.columns.iter().map(String::as_str)).collect()
    }
}
