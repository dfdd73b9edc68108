//! Rows as statements.

use csv::StringRecord;

use super::survey::{Survey, Type, blob};
use crate::{
    exit::Failure,
    hrana::{Statement, Value},
    script::quote_identifier,
};

/// So many rows share a statement, if their values are not too many for one.
const ROWS_OF_A_STATEMENT: usize = 100;
/// What a statement can have by default.
const MOST_VALUES: usize = 32_766;

/// The way fields become the values of a row.
#[derive(Debug)]
pub(super) struct Insert {
    head: String,
    types: Vec<Type>,
    null: String,
}

/// A row and the line it begins in.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) bytes: usize,
    values: Vec<Value>,
}

impl Insert {
    pub(super) fn new(table: &str, survey: &Survey, null: &str) -> Self {
        let columns: Vec<_> = survey.columns.iter().map(|(column, _)| quote_identifier(column)).collect();
        let head = format!("INSERT INTO {} ({}) VALUES ", quote_identifier(table), columns.join(", "));
        Self { head, types: survey.columns.iter().map(|(_, kind)| *kind).collect(), null: null.to_owned() }
    }

    /// Numbers go as the text they are: the column makes of it what it holds.
    pub(super) fn row(&self, line: u64, record: &StringRecord) -> Result<Row, Failure> {
        let value = |(field, kind): (&str, &Type)| {
            if field == self.null {
                return Ok(Value::Null);
            }
            match kind {
                Type::Blob => {
                    blob(field).map(Value::Blob).ok_or_else(|| Failure::usage(format!("line {line}: it has changed")))
                }
                Type::Integer | Type::Real | Type::Text => Ok(Value::Text(field.to_owned())),
            }
        };
        let values: Vec<_> = record.iter().zip(&self.types).map(value).collect::<Result<_, _>>()?;
        let bytes = values.iter().map(Value::wire_size).sum();
        Ok(Row { line, bytes, values })
    }

    /// Few statements for many rows.
    pub(super) fn together(&self, rows: &[Row]) -> Vec<Statement> {
        let most = (MOST_VALUES / self.types.len().max(1)).clamp(1, ROWS_OF_A_STATEMENT);
        rows.chunks(most).map(|rows| self.statement(rows)).collect()
    }

    /// A statement for each row.
    pub(super) fn one_by_one(&self, rows: &[Row]) -> Vec<Statement> {
        rows.chunks(1).map(|row| self.statement(row)).collect()
    }

    fn statement(&self, rows: &[Row]) -> Statement {
        let places = format!("({})", vec!["?"; self.types.len()].join(","));
        let sql = format!("{}{}", self.head, vec![places; rows.len()].join(","));
        Statement::new(sql).with(rows.iter().flat_map(|row| row.values.iter().cloned()).collect())
    }
}
