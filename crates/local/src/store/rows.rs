//! Queries whose rows are read by the names of their columns.

use std::{cell::RefCell, collections::HashMap};

use rusqlite::{OptionalExtension as _, Params, Row, types::FromSql};

use super::{StoreError, Transaction};

/// A row of a query. Where a column is in it is asked only once for each query: the answer takes a comparison with every
/// column before it, which for all columns of all rows was half the time of a long listing.
pub(super) struct Named<'a> {
    row: &'a Row<'a>,
    places: &'a Places,
}

#[derive(Default)]
struct Places(RefCell<HashMap<&'static str, usize>>);

impl Named<'_> {
    pub(super) fn get<T: FromSql>(&self, column: &'static str) -> rusqlite::Result<T> {
        self.row.get(self.place(column)?)
    }

    pub(super) fn place(&self, column: &'static str) -> rusqlite::Result<usize> {
        let known = self.places.0.borrow().get(column).copied();
        if let Some(place) = known {
            return Ok(place);
        }
        let place = self.row.as_ref().column_index(column)?;
        self.places.0.borrow_mut().insert(column, place);
        Ok(place)
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
        let places = Places::default();
        let rows = statement.query_map(params, |row| read(&Named { row, places: &places }))?;
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
        let places = Places::default();
        Ok(statement.query_row(params, |row| read(&Named { row, places: &places })).optional()?)
    }
}
