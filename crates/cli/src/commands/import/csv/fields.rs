//! Fields as values.

use csv::StringRecord;

use super::{
    super::rows::Row,
    survey::{Survey, Type, blob},
};
use crate::{exit::Failure, hrana::Value};

/// The way the fields of a record become the values of a row.
#[derive(Debug)]
pub(super) struct Fields {
    types: Vec<Type>,
    null: String,
}

impl Fields {
    pub(super) fn new(survey: &Survey, null: &str) -> Self {
        Self { types: survey.columns.iter().map(|(_, kind)| *kind).collect(), null: null.to_owned() }
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
        Ok(Row::new(line, values))
    }
}
