//! What the statements of a dump have to become for a database that others use as well.
//!
//! A dump writes a virtual table into the schema by hand, then the tables that it keeps its rows in, and their rows. That is
//! for a file that nobody else has open. So the virtual table is made, which makes the tables behind it, and these are
//! emptied before their rows arrive.

use std::collections::HashSet;

use anyhow::Result;

use super::Survey;
use crate::{
    commands::tables::texts,
    exit::Failure,
    hrana::{Connection, Statement},
    script::{
        Entity, changed, created, first_word, folded, indexed, is_transaction_control, quote_identifier, quote_text,
        virtual_table,
    },
};

/// What has to be known of a dump and of the database it goes to.
#[derive(Debug, Default)]
pub(super) struct Translation {
    /// The tables that virtual tables of the database keep their rows in.
    behind: HashSet<String>,
    /// The tables of vector indexes: making the index makes and fills them.
    of_indexes: HashSet<String>,
    /// The condition by which the counters of the dump's tables are told from others.
    own_counters: String,
}

impl Translation {
    pub(super) fn of(survey: &Survey) -> Self {
        let names: Vec<_> = survey.tables().map(quote_text).collect();
        let own_counters = format!("name IN ({})", names.join(", "));
        Self { of_indexes: survey.tables_of_indexes().clone(), own_counters, behind: HashSet::new() }
    }

    /// Sees which tables are behind virtual ones by now.
    pub(super) async fn look(&mut self, connection: &Connection) -> Result<()> {
        let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'";
        let rows = connection.rows_beside(&Statement::new(sql)).await.map_err(Failure::from)?;
        self.behind = texts(rows).iter().map(|name| folded(name)).collect();
        Ok(())
    }

    /// The statement to run; nothing where there is nothing to do.
    pub(super) fn statement(&self, sql: String) -> Option<String> {
        if is_ours(&sql) || self.is_of_index(&sql) {
            return None;
        }
        if let Some(sql) = virtual_table(&sql) {
            return Some(sql);
        }
        match created(&sql) {
            Some(table) if table.entity == Entity::Table && self.behind.contains(&folded(&table.name)) => {
                Some(format!("DELETE FROM {}", quote_identifier(&table.name)))
            }
            // Other tables have counters, too.
            None if is_deletion_of_counters(&sql) => Some(format!("{sql} WHERE {}", self.own_counters)),
            _ => Some(sql),
        }
    }

    fn is_of_index(&self, sql: &str) -> bool {
        if self.of_indexes.is_empty() {
            return false;
        }
        let table = created(sql).filter(|made| made.entity == Entity::Table).map(|made| made.name);
        table
            .or_else(|| indexed(sql))
            .or_else(|| changed(sql))
            .is_some_and(|name| self.of_indexes.contains(&folded(&name)))
    }
}

/// The transactions are ours, and so is what holds for them.
fn is_ours(sql: &str) -> bool {
    let is_setting = |name: &&str| sql.to_ascii_lowercase().contains(*name);
    is_transaction_control(sql)
        || (first_word(sql) == "PRAGMA" && ["foreign_keys", "writable_schema"].iter().any(is_setting))
}

fn is_deletion_of_counters(sql: &str) -> bool {
    let words: Vec<_> = sql.split_whitespace().collect();
    matches!(&*words, [delete, from, table] if delete.eq_ignore_ascii_case("delete")
        && from.eq_ignore_ascii_case("from") && table.eq_ignore_ascii_case("sqlite_sequence"))
}
