//! Rows of a query, written as they come.

mod text;
mod writer;

pub(crate) use text::{literal, plain};
pub(crate) use writer::{Mode, RowWriter};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::hrana::Value;

/// A row as a map from the names of its columns.
pub(crate) struct Row<'a> {
    pub(crate) columns: &'a [String],
    pub(crate) values: &'a [Value],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (column, value) in self.columns.iter().zip(self.values) {
            map.serialize_entry(column, &Plain(value))?;
        }
        map.end()
    }
}

/// A value without the protocol's envelope; a blob is base64 with padding, which decoders ask for.
struct Plain<'a>(&'a Value);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_none(),
            Value::Integer(value) => serializer.serialize_i64(*value),
            Value::Real(value) if !value.is_finite() => serializer.serialize_none(),
            Value::Real(value) => serializer.serialize_f64(*value),
            Value::Text(value) => serializer.serialize_str(value),
            Value::Blob(bytes) => serializer.serialize_str(&BASE64_STANDARD.encode(bytes)),
        }
    }
}

/// Names of columns of which none occurs twice: keys have to be told apart.
pub(crate) fn distinct(columns: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        let mut name = column.clone();
        let mut count = 1;
        while names.contains(&name) {
            count += 1;
            name = format!("{column}_{count}");
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests;
