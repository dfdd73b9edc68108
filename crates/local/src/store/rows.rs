//! Queries whose rows are read by the names of their columns.

use std::cell::{Cell, RefCell};

use rusqlite::{OptionalExtension as _, Params, Row, types::FromSql};

use super::{StoreError, Transaction};

/// A row of a query. Where a column is in it is asked only once for each query: the answer takes a comparison with every
/// column before it, which for all columns of all rows was half the time of a long listing.
pub(super) struct Named<'a> {
    row: &'a Row<'a>,
    indexes: &'a ColumnIndexes,
}

/// The columns asked for so far, and whose turn it is: every row is read in the same order.
#[derive(Default)]
struct ColumnIndexes {
    known: RefCell<Vec<(&'static str, usize)>>,
    next: Cell<usize>,
}

impl Named<'_> {
    pub(super) fn get<T: FromSql>(&self, column: &'static str) -> rusqlite::Result<T> {
        self.row.get(self.index(column)?)
    }

    pub(super) fn index(&self, column: &'static str) -> rusqlite::Result<usize> {
        let ColumnIndexes { known, next } = self.indexes;
        let mut known = known.borrow_mut();
        let mut turns = (next.get()..known.len()).chain(0..next.get());
        let found = turns.find(|turn| known[*turn].0 == column);
        if found.is_none() {
            known.push((column, self.row.as_ref().column_index(column)?));
        }
        let turn = found.unwrap_or(known.len() - 1);
        next.set(turn + 1);
        Ok(known[turn].1)
    }
}

impl Transaction<'_> {
    /// All rows of a query.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl Fn(&Named<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.0.prepare_cached(sql)?;
        let indexes = ColumnIndexes::default();
        let rows = statement.query_map(params, |row| read(&Named { row, indexes: &indexes }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The first row of a query.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl Fn(&Named<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.0.prepare_cached(sql)?;
        let indexes = ColumnIndexes::default();
        Ok(statement.query_row(params, |row| read(&Named { row, indexes: &indexes })).optional()?)
    }

    /// What a query has in the only column of its only row.
    pub(super) fn one<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<T, StoreError> {
        Ok(self.0.prepare_cached(sql)?.query_row(params, |row| row.get(0))?)
    }

    /// Whether a query has a row.
    pub(super) fn exists(&self, sql: &str, params: impl Params) -> Result<bool, StoreError> {
        Ok(self.0.prepare_cached(sql)?.exists(params)?)
    }
}
