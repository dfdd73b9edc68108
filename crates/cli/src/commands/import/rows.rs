//! Rows on their way to a table, some at once.

use super::{
    journal::{Journal, Position},
    load::{FULL, Sent, commit},
    outcome::Broken,
    stop::Stop,
};
use crate::{
    exit::{Failure, Kind},
    hrana::{BatchError, Connection, Statement, Value},
    many::counted,
    script::quote_identifier,
};

/// So many rows share a statement, if their values are not too many for one.
const ROWS_OF_A_STATEMENT: usize = 100;
/// What a statement can have by default.
const MOST_VALUES: usize = 32_766;
/// What a row can have that shares a statement, and an answer: one fewer than the widest table and its row ids.
pub(super) const MOST_COLUMNS: usize = 2000;

/// A row and where in the file it is.
#[derive(Debug)]
pub(super) struct Row {
    place: u64,
    bytes: usize,
    values: Vec<Value>,
}

impl Row {
    pub(super) fn new(place: u64, values: Vec<Value>) -> Self {
        Self { place, bytes: values.iter().map(Value::wire_size).sum(), values }
    }
}

/// Rows that are sent together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    rows: Vec<Row>,
    bytes: usize,
}

impl Batch {
    pub(super) fn push(&mut self, row: Row) {
        self.bytes += row.bytes;
        self.rows.push(row);
    }

    pub(super) fn len(&self) -> u64 {
        self.rows.len() as u64
    }
}

/// The statements that insert rows into a table.
#[derive(Debug)]
pub(super) struct Insert {
    head: String,
    width: usize,
    /// What the places of rows are called.
    place: &'static str,
}

impl Insert {
    pub(super) fn new<'a>(table: &str, columns: impl IntoIterator<Item = &'a str>, place: &'static str) -> Self {
        let columns: Vec<_> = columns.into_iter().map(quote_identifier).collect();
        let head = format!("INSERT INTO {} ({}) VALUES ", quote_identifier(table), columns.join(", "));
        Self { head, width: columns.len(), place }
    }

    /// Few statements for many rows.
    fn together(&self, rows: &[Row]) -> Vec<Statement> {
        let most = match self.width {
            width if width > MOST_COLUMNS => 1,
            width => (MOST_VALUES / width.max(1)).clamp(1, ROWS_OF_A_STATEMENT),
        };
        rows.chunks(most).map(|rows| self.statement(rows)).collect()
    }

    /// A statement for each row.
    fn one_by_one(&self, rows: &[Row]) -> Vec<Statement> {
        rows.chunks(1).map(|row| self.statement(row)).collect()
    }

    fn statement(&self, rows: &[Row]) -> Statement {
        let places: Vec<_> = rows
            .iter()
            .map(|row| format!("({})", row.values.iter().map(place_of).collect::<Vec<_>>().join(",")))
            .collect();
        let values = rows.iter().flat_map(|row| &row.values).filter(|value| place_of(value) == "?").cloned();
        Statement::new(format!("{}{}", self.head, places.join(","))).with(values.collect())
    }

    fn blame(&self, row: Option<&Row>, rows: &[Row]) -> String {
        let place = self.place;
        match (row, rows.first(), rows.last()) {
            (Some(row), ..) => format!("{place} {}", row.place),
            (None, Some(first), Some(last)) => format!("{place}s {} to {}", first.place, last.place),
            _ => format!("no {place}"),
        }
    }
}

/// What stands for a value in a statement. JSON has no infinities, and SQL has no literal for them, but reads a number
/// this large as one.
fn place_of(value: &Value) -> &'static str {
    match value {
        Value::Real(number) if *number == f64::INFINITY => "9e999",
        Value::Real(number) if *number == f64::NEG_INFINITY => "-9e999",
        _ => "?",
    }
}

/// Sends rows in batches, and notes how far it has come.
#[derive(Debug)]
pub(super) struct Loader {
    pub(super) connection: Connection,
    pub(super) stop: Stop,
    pub(super) journal: Journal,
    pub(super) position: Position,
    pub(super) batch: u32,
    /// What is run before each batch, outside of its transaction.
    pub(super) before: Vec<Statement>,
}

impl Loader {
    /// Whether a batch is large enough to be sent.
    pub(super) fn is_full(&self, batch: &Batch) -> bool {
        batch.len() >= u64::from(self.batch) || batch.bytes >= FULL
    }

    /// Commits a batch, behind which the import stands at `next`, and leaves it empty.
    pub(super) async fn send(&mut self, insert: &Insert, batch: &mut Batch, next: Position) -> Result<(), Broken> {
        let rows = &std::mem::take(batch).rows;
        self.stop.check()?;
        if rows.is_empty() {
            return Ok(());
        }
        self.journal.note(&self.position, rows.len() as u64)?;
        let statements = insert.together(rows);
        let affected = match commit(&self.connection, &self.stop, &self.before, &statements).await {
            Ok(affected) => affected,
            Err(Sent::Broken(broken)) => return Err(broken),
            Err(Sent::Refused(refused)) => return Err(self.blame(insert, rows, refused).await.into()),
        };
        let inserted: u64 = affected.iter().sum();
        if inserted != rows.len() as u64 {
            let problem = format!(
                "{} were sent, and the database says it inserted {inserted}",
                counted(rows.len() as u64, "row")
            );
            return Err(Broken { failure: Failure::new(Kind::Failed, problem), is_last_unknown: true });
        }
        self.position = next;
        Ok(())
    }

    /// Finds out which row it was, by inserting them one by one and taking it all back.
    async fn blame(&self, insert: &Insert, rows: &[Row], refused: BatchError) -> Failure {
        let statements = insert.one_by_one(rows);
        let refused = match self.connection.rehearse(&self.before, &statements).await {
            Err(one) if one.statement.is_some() => one,
            _ => refused,
        };
        let row = refused.statement.and_then(|at| rows.get(at));
        let said = format!("{}: {}", insert.blame(row, rows), refused.error);
        Failure::new(refused.error.exit(), said).caused_by(refused.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinities_are_written_out_and_other_values_are_parameters() {
        let insert = Insert::new("t", ["a", "b\"c"], "row");
        let rows = [
            Row::new(1, vec![Value::Real(f64::INFINITY), Value::Integer(1)]),
            Row::new(2, vec![Value::Null, Value::Real(f64::NEG_INFINITY)]),
        ];
        let [statement] = &*insert.together(&rows) else { panic!("one statement is enough") };
        assert_eq!(statement.sql, "INSERT INTO \"t\" (\"a\", \"b\"\"c\") VALUES (9e999,?),(?,-9e999)");
        assert_eq!(statement.arguments.positional, [Value::Integer(1), Value::Null]);
    }

    #[test]
    fn a_statement_has_no_more_values_than_it_can() {
        let columns: Vec<_> = (0..1000).map(|column| format!("c{column}")).collect();
        let insert = Insert::new("t", columns.iter().map(String::as_str), "row");
        let rows: Vec<_> = (0..100).map(|at| Row::new(at, vec![Value::Integer(0); 1000])).collect();
        let statements = insert.together(&rows);
        assert_eq!(statements.len(), 4);
        assert!(statements.iter().all(|statement| statement.arguments.positional.len() <= MOST_VALUES));
    }
}
