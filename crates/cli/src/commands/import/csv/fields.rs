//! Fields as values.

use std::ops::RangeInclusive;

use super::{
    super::rows::Row,
    survey::Survey,
    types::{Type, blob, written_blob},
};
use crate::{exit::Failure, hrana::Value};

/// The way the fields of a record become the values of a row.
#[derive(Debug)]
pub(super) struct Fields {
    /// Nothing for a field that is left out.
    types: Vec<Option<Type>>,
    /// Whether the columns have these types, too.
    is_made: bool,
}

/// Between these, and between their opposites, the engine makes of a text the number that is nearest to it. Beyond, it is
/// one beside it now and then.
const READ_EXACTLY: RangeInclusive<f64> = 1e-60..=1e90;

impl Fields {
    pub(super) fn new(survey: &Survey, is_made: bool) -> Self {
        Self { types: survey.columns.iter().map(|(_, kind)| *kind).collect(), is_made }
    }

    /// Numbers go as the text they are, of which the column makes what it holds; one without a type holds what it gets.
    pub(super) fn row<'r>(&self, line: u64, fields: impl Iterator<Item = Option<&'r str>>) -> Result<Row, Failure> {
        let value = |(field, kind): (Option<&str>, Type)| match (field, kind) {
            (None, _) => Ok(Value::Null),
            (Some(field), Type::Blob) => {
                blob(field).map(Value::Blob).ok_or_else(|| Failure::usage(format!("line {line}: it has changed")))
            }
            (Some(field), Type::Number) => {
                number(field).ok_or_else(|| Failure::usage(format!("line {line}: it has changed")))
            }
            (Some(field), Type::TextOrBlob) => {
                Ok(written_blob(field).map_or_else(|| Value::Text(field.to_owned()), Value::Blob))
            }
            (Some(field), Type::Real) if self.is_made => Ok(real(field)),
            (Some(field), Type::Integer | Type::Real | Type::Text) => Ok(Value::Text(field.to_owned())),
        };
        let kept = fields.zip(&self.types).filter_map(|(field, kind)| Some((field, (*kind)?)));
        let values: Vec<_> = kept.map(value).collect::<Result<_, _>>()?;
        Ok(Row::new(line, values))
    }
}

/// For a column of that type.
fn real(field: &str) -> Value {
    match field.parse::<f64>() {
        Ok(number) if number != 0.0 && !READ_EXACTLY.contains(&number.abs()) => Value::Real(number),
        _ => Value::Text(field.to_owned()),
    }
}

fn number(field: &str) -> Option<Value> {
    field.parse().map(Value::Integer).or_else(|_| field.parse().map(Value::Real)).ok()
}
