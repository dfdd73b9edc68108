//! Rows that have gathered beside a table take the place of those in it.

use super::{
    load::without_foreign_keys,
    outcome::Broken,
    stop::Stop,
    table::{Table, list, transact},
};
use crate::{
    hrana::{Connection, Statement},
    many::counted,
    script::quote_identifier,
};

/// What it means that rows do not come to their place.
const NOT_REPLACED: &str = "the rows cannot be replaced";

/// A table for which so many rows were sent, with values for these columns.
pub(super) struct Filled<'t> {
    pub(super) table: &'t Table,
    pub(super) columns: Vec<&'t str>,
    pub(super) rows: u64,
}

/// Puts what has gathered into its place in one transaction, and runs other statements in the same. Where rows are already
/// in their place, nothing is done with them.
pub(super) async fn exchange(
    connection: &Connection,
    stop: &Stop,
    filled: &[Filled<'_>],
    others: impl IntoIterator<Item = Statement>,
) -> Result<(), Broken> {
    let staged: Vec<_> = filled.iter().filter_map(|filled| Some((filled, filled.table.staging()?))).collect();
    let mut statements: Vec<_> = staged.iter().map(|(filled, staging)| guard(staging, filled.rows)).collect();
    statements.extend(staged.iter().flat_map(|(Filled { table, columns, .. }, staging)| {
        let (table, staging, columns) = (quote_identifier(table.name()), quote_identifier(staging), list(columns));
        [
            format!("DELETE FROM {table}"),
            format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM {staging} ORDER BY rowid"),
            format!("DROP TABLE {staging}"),
        ]
        .map(Statement::new)
    }));
    statements.extend(others);
    let guarded = |at: usize| {
        let (Filled { table, rows, .. }, _) = staged.get(at)?;
        Some(format!("table {:?} would not get the {} that were sent", table.name(), counted(*rows, "row")))
    };
    // What other tables have of the old rows is not to go with them: the new ones have the same keys.
    transact(connection, stop, &without_foreign_keys(), &statements, NOT_REPLACED, guarded).await
}

/// Fails where a table has not so many rows: no other way is known to end a transaction by a condition than a number that
/// has no absolute value.
fn guard(table: &str, rows: u64) -> Statement {
    let table = quote_identifier(table);
    Statement::new(format!("SELECT abs({} - (count(*) <> {rows})) FROM {table}", -i64::MAX))
}
