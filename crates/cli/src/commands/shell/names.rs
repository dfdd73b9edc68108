//! The names a database knows, for completing them.

use crate::{
    hrana::{Connection, HranaError, Statement, Value},
    script::quote_identifier,
};

const TABLES_AND_COLUMNS: &str = "SELECT m.name, p.name FROM sqlite_schema AS m \
     LEFT JOIN pragma_table_info(m.name) AS p WHERE m.type IN ('table', 'view') LIMIT 10000";

/// The names of tables and of their columns, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) tables: Vec<String>,
    pub(super) columns: Vec<String>,
}

impl Names {
    pub(super) async fn read(connection: &Connection) -> Result<Self, HranaError> {
        let mut names = Self::default();
        let rows = match connection.rows_beside(&Statement::new(TABLES_AND_COLUMNS)).await {
            // Whoever may not read the schema can still type.
            Err(error) if error.is_sql() => return Ok(names),
            rows => rows?,
        };
        for row in rows {
            let mut row = row.into_iter();
            if let Some(Value::Text(table)) = row.next() {
                names.tables.push(table);
            }
            if let Some(Value::Text(column)) = row.next() {
                names.columns.push(column);
            }
        }
        for list in [&mut names.tables, &mut names.columns] {
            list.sort_unstable();
            list.dedup();
        }
        Ok(names)
    }

    /// What begins like this, as it has to be written. Nobody types what a terminal would take for an order.
    pub(super) fn beginning_with(&self, prefix: &str) -> Vec<String> {
        let all = self.tables.iter().chain(&self.columns).filter(|name| !name.contains(char::is_control));
        let mut found: Vec<_> = all.filter(|name| begins(name, prefix)).map(|name| written(name)).collect();
        found.dedup();
        found
    }
}

pub(super) fn begins(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

fn written(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_numeric());
    if is_plain { name.to_owned() } else { quote_identifier(name) }
}
