//! Columns that hold something else than SQLite's own types.

use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::types::Type;
use serde::de::DeserializeOwned;
use turso_cloud_contract::PathSegment;

use super::rows::Named;
use crate::data::SigningSeed;

/// A name or an id, as it was when it was written: rules for new names may have changed since.
pub(super) fn name<T: PathSegment>(row: &Named<'_>, column: &'static str) -> rusqlite::Result<T> {
    T::from_segment(row.get(column)?).map_err(|refused| unreadable(row, column, refused))
}

/// Anything written as text.
pub(super) fn text<T>(row: &Named<'_>, column: &'static str) -> rusqlite::Result<T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    row.get::<String>(column)?.parse().map_err(|refused| unreadable(row, column, refused))
}

/// Anything written as JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Named<'_>, column: &'static str) -> rusqlite::Result<T> {
    serde_json::from_str(&row.get::<String>(column)?).map_err(|refused| unreadable(row, column, refused))
}

/// A list of texts as JSON.
pub(super) fn json_array<T: AsRef<str>>(items: &[T]) -> String {
    items.iter().map(AsRef::as_ref).collect::<serde_json::Value>().to_string()
}

/// A time written as microseconds since 1970.
pub(super) fn instant(row: &Named<'_>, column: &'static str) -> rusqlite::Result<Option<Timestamp>> {
    let microseconds: Option<i64> = row.get(column)?;
    microseconds.map(Timestamp::from_microsecond).transpose().map_err(|refused| unreadable(row, column, refused))
}

/// The seed of a key.
pub(super) fn signing_seed(row: &Named<'_>, column: &'static str) -> rusqlite::Result<SigningSeed> {
    row.get(column).map(SigningSeed::new)
}

/// A number as SQLite has it, which counts to 2⁶³ − 1, far beyond any file or number of rows: what is more is as good as that.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn unreadable(
    row: &Named<'_>,
    column: &'static str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(row.index(column).unwrap_or_default(), Type::Text, Box::new(error))
}
