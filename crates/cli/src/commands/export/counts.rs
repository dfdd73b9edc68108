//! How many rows the tables of a database have.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::{
    commands::tables::{count_in, count_of, texts},
    exit::{Failure, Kind},
    hrana::{Connection, Statement},
    vectors,
};

/// A query for the tables that hold what was put there: not those that serve an index or the engine.
pub(super) fn query() -> String {
    format!(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') \
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT IN ({}) ORDER BY name",
        vectors::QUERY
    )
}

/// The names of the tables of a database.
pub(super) async fn tables(connection: &mut Connection) -> Result<Vec<String>> {
    let rows = connection.rows(&Statement::new(query())).await.map_err(Failure::from)?;
    Ok(texts(rows))
}

/// The rows of each table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts(pub(super) BTreeMap<String, u64>);

impl Counts {
    pub(super) async fn read(connection: &mut Connection) -> Result<Self> {
        let mut counts = BTreeMap::new();
        for table in tables(connection).await? {
            let count = count(connection, &table).await?;
            counts.insert(table, count);
        }
        Ok(Self(counts))
    }

    pub(super) async fn of(connection: &mut Connection, table: &str) -> Result<Self> {
        Ok(Self(BTreeMap::from([(table.to_owned(), count(connection, table).await?)])))
    }

    pub(super) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Holds what was exported against the database as it was before. Where they differ, the database may have been
    /// written to: then as many rows as it had at some time between before and now are right.
    pub(super) async fn compare(&self, before: &Self, connection: &mut Connection) -> Result<()> {
        if self == before {
            return Ok(());
        }
        let there = tables(connection).await?;
        let names: BTreeSet<_> = self.0.keys().chain(before.0.keys()).collect();
        for table in names {
            let (found, first) = (self.0.get(table), before.0.get(table));
            if found == first {
                continue;
            }
            let now = if there.contains(table) { Some(count(connection, table).await?) } else { None };
            let range = first.copied().min(now)..=first.copied().max(now);
            if !range.contains(&found.copied()) {
                let shown = |count: Option<u64>| count.map_or_else(|| "none".to_owned(), |count| count.to_string());
                let problem = format!(
                    "table {table:?}: {} rows were exported, and the database has {}: nothing was written",
                    shown(found.copied()),
                    shown(now)
                );
                return Err(Failure::new(Kind::Different, problem).into());
            }
        }
        Ok(())
    }
}

async fn count(connection: &mut Connection, table: &str) -> Result<u64> {
    let rows = connection.rows(&Statement::new(count_of(table))).await.map_err(Failure::from)?;
    count_in(&rows, table)
}
