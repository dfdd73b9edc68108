//! What is asked of the tables of a database, and what the answers say.

use anyhow::Result;

use crate::{
    exit::{Failure, Kind},
    hrana::Value,
    script::quote_identifier,
};

/// A query for how many rows a table has.
pub(super) fn count_of(table: &str) -> String {
    format!("SELECT count(*) FROM {}", quote_identifier(table))
}

/// The answer to it.
pub(super) fn count_in(rows: &[Vec<Value>], table: &str) -> Result<u64> {
    match rows.first().and_then(|row| row.first()) {
        Some(Value::Integer(count)) => Ok(u64::try_from(*count).unwrap_or_default()),
        _ => Err(Failure::new(Kind::Failed, format!("table {table:?} cannot be counted")).into()),
    }
}

/// The texts of the first column.
pub(super) fn texts(rows: Vec<Vec<Value>>) -> Vec<String> {
    let first = |row: Vec<Value>| match row.into_iter().next() {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    };
    rows.into_iter().filter_map(first).collect()
}
