//! The table that rows go to, and what is made for it.

use std::collections::HashSet;

use anyhow::Result;

use super::{
    load::{Sent, commit, without_foreign_keys},
    outcome::Broken,
    stop::Stop,
};
use crate::{
    args::ImportMode,
    commands::tables::{count_in, count_of, texts},
    exit::{Failure, Kind},
    hrana::{BatchError, Connection, Statement, Value},
    many::counted,
    script::{folded, quote_identifier},
};

/// What the names of the tables begin with in which rows gather.
const STAGING: &str = "_tursoctl_import_";

/// Where rows are inserted.
#[derive(Clone, Debug)]
pub(super) struct Table {
    name: String,
    way: Way,
}

/// The columns of a table; none where there is no table.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Those that can be inserted into.
    ordinary: Vec<String>,
    /// Those that the table computes from the others.
    pub(super) generated: Vec<String>,
    /// The types of the ordinary ones, as they were declared: nothing where a column has none.
    pub(super) types: Vec<(String, String)>,
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
    /// Makes what has to be there: by `create` where there is no table of this name.
    pub(super) async fn make(
        &self,
        connection: &Connection,
        stop: &Stop,
        columns: &[&str],
        create: impl FnOnce() -> String,
    ) -> Result<(), Broken> {
        let statements = match &self.way {
            Way::Appended => return Ok(()),
            Way::Created => vec![Statement::new(create())],
            Way::Staged(staging) => {
                vec![Statement::new(format!("CREATE TABLE {} ({})", quote_identifier(staging), list(columns)))]
            }
        };
        let problem = format!("table {:?} cannot be created", self.name);
        transact(connection, stop, &[], &statements, &problem, |_| None).await
    }

    /// Looks at the table, and makes nothing.
    pub(super) async fn find(
        connection: &Connection,
        name: &str,
        columns: &[&str],
        mode: ImportMode,
        mark: &str,
    ) -> Result<Self> {
        Self::with(name, &Columns::read(connection, name).await?, columns, mode, mark)
    }

    /// The table that has the columns that were found, for rows of these. The mark is that of the run: what others gather for
    /// the same table is not to be mixed with its rows.
    pub(super) fn with(name: &str, found: &Columns, columns: &[&str], mode: ImportMode, mark: &str) -> Result<Self> {
        let way = if found.ordinary.is_empty() && found.generated.is_empty() {
            Way::Created
        } else {
            check(name, found, columns)?;
            match mode {
                ImportMode::Append => Way::Appended,
                ImportMode::Replace => Way::Staged(format!("{STAGING}{name}{}", ending(mark))),
            }
        };
        Ok(Self { name: name.to_owned(), way })
    }

    /// One that was made by other means.
    pub(super) fn made(name: &str) -> Self {
        Self { name: name.to_owned(), way: Way::Created }
    }

    /// Whether rows go where others were before.
    pub(super) fn has_own_rows(&self) -> bool {
        self.way == Way::Appended
    }

    /// Whether the table was not there before.
    pub(super) fn is_new(&self) -> bool {
        self.way == Way::Created
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The name of the table in which rows gather, if they do.
    pub(super) fn staging(&self) -> Option<&str> {
        match &self.way {
            Way::Staged(staging) => Some(staging),
            Way::Created | Way::Appended => None,
        }
    }

    /// The name of the table the rows are inserted into.
    pub(super) fn target(&self) -> &str {
        self.staging().unwrap_or(&self.name)
    }

    pub(super) async fn count(&self, connection: &Connection) -> Result<u64> {
        let statement = Statement::new(count_of(self.target()));
        let rows = connection.rows_beside(&statement).await.map_err(Failure::from)?;
        count_in(&rows, &self.name)
    }

    /// Removes what was made for the import, and never a table that was there. Yields what to say of it, which is an error
    /// where something is left.
    pub(super) async fn remove(&self, connection: &Connection) -> Result<String, String> {
        let said = match &self.way {
            Way::Appended => return Ok("nothing was changed".to_owned()),
            Way::Staged(_) => "the rows that were there are untouched",
            Way::Created => "the table was removed again",
        };
        let target = self.target();
        let drop = [Statement::new(format!("DROP TABLE IF EXISTS {}", quote_identifier(target)))];
        match connection.commit(&without_foreign_keys(), &drop).await {
            Ok(_) => Ok(said.to_owned()),
            Err(refused) => Err(format!("table {target:?} was created and could not be removed: {}", refused.error)),
        }
    }
}

/// Commits statements that have no rows, if there are any. `problem` says what it means that they do not run, and `why` what
/// it means that one of them does not, where the error does not tell.
pub(super) async fn transact(
    connection: &Connection,
    stop: &Stop,
    before: &[Statement],
    statements: &[Statement],
    problem: &str,
    why: impl Fn(usize) -> Option<String>,
) -> Result<(), Broken> {
    if statements.is_empty() {
        return Ok(());
    }
    stop.check()?;
    match commit(connection, stop, before, statements).await {
        Ok(_) => Ok(()),
        Err(Sent::Broken(broken)) => Err(broken),
        Err(Sent::Refused(refused)) => {
            let BatchError { statement, error } = refused;
            match statement.and_then(why) {
                Some(why) => Err(Failure::new(error.exit(), format!("{problem}: {why}")).into()),
                None => Err(Failure::new(error.exit(), format!("{problem}: {error}")).caused_by(error).into()),
            }
        }
    }
}

impl Columns {
    pub(super) async fn read(connection: &Connection, table: &str) -> Result<Self> {
        let sql = "SELECT name, hidden, type FROM pragma_table_xinfo(?1) WHERE hidden <> 1";
        let statement = Statement::new(sql).with(vec![Value::Text(table.to_owned())]);
        let mut columns = Self::default();
        for row in connection.rows_beside(&statement).await.map_err(Failure::from)? {
            match &*row {
                [Value::Text(name), Value::Integer(0), kind] => {
                    columns.ordinary.push(name.clone());
                    let kind = if let Value::Text(kind) = kind { kind.clone() } else { String::new() };
                    columns.types.push((name.clone(), kind));
                }
                [Value::Text(name), ..] => columns.generated.push(name.clone()),
                _ => {}
            }
        }
        Ok(columns)
    }
}

/// What was sent is lost, or has taken the place of others already: going on behind it would call a part the whole.
pub(super) fn gone(table: &Table, rows: u64) -> anyhow::Error {
    let problem = format!(
        "--resume: {} of the file were sent to table {:?}, which is not there any more",
        counted(rows, "row"),
        table.target()
    );
    Failure::new(Kind::Refused, problem).hint("leave out --resume to begin anew").into()
}

/// The names, as the engine compares them, of everything a database has.
pub(super) async fn names(connection: &Connection) -> Result<HashSet<String>> {
    let rows = connection.rows_beside(&Statement::new("SELECT name FROM sqlite_schema")).await;
    Ok(texts(rows.map_err(Failure::from)?).iter().map(|name| folded(name)).collect())
}

/// Removes the tables in which rows had gathered when a run of this mark was killed.
pub(super) async fn sweep(connection: &Connection, stop: &Stop, mark: &str) -> Result<(), Broken> {
    let names = stop.or(names(connection)).await?;
    let left = names.iter().filter(|name| name.starts_with(STAGING) && name.ends_with(&ending(mark)));
    let drops: Vec<_> =
        left.map(|name| Statement::new(format!("DROP TABLE IF EXISTS {}", quote_identifier(name)))).collect();
    let problem = "what a run that was killed has left cannot be removed";
    transact(connection, stop, &[], &drops, problem, |_| None).await
}

/// What the names of the tables end with in which the rows of a run gather. Before there were marks, it was nothing.
fn ending(mark: &str) -> String {
    if mark.is_empty() { String::new() } else { format!("_{mark}") }
}

fn check(name: &str, Columns { ordinary, generated, .. }: &Columns, wanted: &[&str]) -> Result<()> {
    let has = |columns: &[String], column: &str| columns.iter().any(|other| other.eq_ignore_ascii_case(column));
    let unknown: Vec<_> = wanted.iter().copied().filter(|column| !has(ordinary, column)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    if let Some(column) = unknown.iter().find(|column| has(generated, column)) {
        let problem = format!("table {name:?} generates column {column}: no value can be inserted there");
        return Err(Failure::usage(problem).into());
    }
    let problem = format!("table {name:?} has no column {}; it has {}", unknown.join(", "), ordinary.join(", "));
    Err(Failure::usage(problem).into())
}

pub(super) fn list(columns: &[&str]) -> String {
    columns.iter().map(|column| quote_identifier(column)).collect::<Vec<_>>().join(", ")
}
