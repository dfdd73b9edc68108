//! The table that rows go to, and what is made for it.

use anyhow::Result;

use super::{super::outcome::Broken, survey::Survey};
use crate::{
    exit::{Failure, Kind},
    hrana::{Connection, Statement, Value},
    script::quote_identifier,
};

/// Where rows are inserted.
#[derive(Clone, Debug)]
pub(super) struct Table {
    name: String,
    way: Way,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// The table is new.
    Created,
    /// The rows come after those that are there.
    Appended,
    /// The rows gather in another table, and take the place of those that are there at the end.
    Staged(String),
}

impl Table {
    /// Looks at the table, and makes what has to be there.
    pub(super) async fn prepare(
        connection: &Connection,
        name: &str,
        survey: &Survey,
        is_replacing: bool,
    ) -> Result<Self> {
        let table = Self::find(connection, name, survey, is_replacing).await?;
        let columns: Vec<_> = survey
            .columns
            .iter()
            .map(|(column, kind)| match table.way {
                Way::Staged(_) => quote_identifier(column),
                _ => format!("{} {}", quote_identifier(column), kind.name()),
            })
            .collect();
        let create = format!("CREATE TABLE {} ({})", quote_identifier(table.target()), columns.join(", "));
        let statements = match &table.way {
            Way::Appended => return Ok(table),
            Way::Created => vec![Statement::new(create)],
            // What a run that was killed has left is of no use.
            Way::Staged(staging) => vec![
                Statement::new(format!("DROP TABLE IF EXISTS {}", quote_identifier(staging))),
                Statement::new(create),
            ],
        };
        let made = connection.commit(&[], &statements).await;
        made.map_err(|refused| {
            Failure::new(refused.error.exit(), format!("table {name:?} cannot be created: {}", refused.error))
                .caused_by(refused.error)
        })?;
        Ok(table)
    }

    /// Only looks at the table.
    pub(super) async fn find(connection: &Connection, name: &str, survey: &Survey, is_replacing: bool) -> Result<Self> {
        let found = columns(connection, name).await?;
        let way = match found {
            columns if columns.is_empty() => Way::Created,
            columns => {
                check(name, &columns, survey)?;
                if is_replacing { Way::Staged(format!("_tursoctl_import_{name}")) } else { Way::Appended }
            }
        };
        Ok(Self { name: name.to_owned(), way })
    }

    /// Whether rows go where others were before.
    pub(super) fn has_own_rows(&self) -> bool {
        self.way == Way::Appended
    }

    /// The name of the table the rows are inserted into.
    pub(super) fn target(&self) -> &str {
        match &self.way {
            Way::Staged(staging) => staging,
            Way::Created | Way::Appended => &self.name,
        }
    }

    pub(super) async fn count(&self, connection: &Connection) -> Result<u64> {
        let mut beside = connection.another();
        let statement = Statement::new(format!("SELECT count(*) FROM {}", quote_identifier(self.target())));
        let rows = beside.rows(&statement).await.map_err(Failure::from)?;
        beside.close().await;
        match rows.first().and_then(|row| row.first()) {
            Some(Value::Integer(count)) => Ok(u64::try_from(*count).unwrap_or_default()),
            _ => Err(Failure::new(Kind::Failed, format!("table {:?} cannot be counted", self.name)).into()),
        }
    }

    /// Puts rows that have gathered in the place of the old ones, all at once.
    pub(super) async fn finish(&self, connection: &Connection, survey: &Survey) -> Result<(), Broken> {
        let Way::Staged(staging) = &self.way else { return Ok(()) };
        let (table, staging) = (quote_identifier(&self.name), quote_identifier(staging));
        let columns: Vec<_> = survey.columns.iter().map(|(column, _)| quote_identifier(column)).collect();
        let columns = columns.join(", ");
        let statements = [
            format!("DELETE FROM {table}"),
            format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM {staging} ORDER BY rowid"),
            format!("DROP TABLE {staging}"),
        ]
        .map(Statement::new);
        connection.commit(&[], &statements).await.map(drop).map_err(|refused| Broken {
            is_last_unknown: refused.error.may_have_happened(),
            failure: Failure::new(refused.error.exit(), format!("the rows cannot be replaced: {}", refused.error))
                .caused_by(refused.error),
        })
    }

    /// Removes what was made for the import. Yields what to say of it, which is an error where something is left.
    pub(super) async fn remove(&self, connection: &Connection) -> Result<String, String> {
        let target = self.target();
        let drop = [Statement::new(format!("DROP TABLE IF EXISTS {}", quote_identifier(target)))];
        match (connection.commit(&[], &drop).await, &self.way) {
            (Ok(_), Way::Staged(_)) => Ok("the rows that were there are untouched".to_owned()),
            (Ok(_), _) => Ok("the table was removed again".to_owned()),
            (Err(refused), _) => {
                Err(format!("table {target:?} was created and could not be removed: {}", refused.error))
            }
        }
    }
}

/// The names of the columns of a table that can be inserted into; none where there is no table.
async fn columns(connection: &Connection, name: &str) -> Result<Vec<String>> {
    let mut beside = connection.another();
    let sql = "SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0";
    let rows = beside.rows(&Statement::new(sql).with(vec![Value::Text(name.to_owned())])).await;
    beside.close().await;
    let rows = rows.map_err(Failure::from)?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match row.into_iter().next() {
            Some(Value::Text(column)) => Some(column),
            _ => None,
        })
        .collect())
}

fn check(name: &str, columns: &[String], survey: &Survey) -> Result<()> {
    let unknown: Vec<_> = survey
        .columns
        .iter()
        .map(|(column, _)| column.as_str())
        .filter(|column| !columns.iter().any(|other| other.eq_ignore_ascii_case(column)))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let problem = format!("table {name:?} has no column {}; it has {}", unknown.join(", "), columns.join(", "));
    Err(Failure::usage(problem).hint("name another table with --table").into())
}
