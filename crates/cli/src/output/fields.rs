use anyhow::Result;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Shape, shape::lookup};
use crate::exit::Failure;

/// The columns for `--fields`, each given by its title or its JSON field in any case; without it, `usual` ones.
pub(super) fn columns(
    shape: &Shape,
    fields: &[String],
    usual: impl Iterator<Item = (&'static str, &'static str)>,
) -> Vec<(String, String)> {
    if fields.is_empty() {
        return usual.map(|(title, field)| (title.to_owned(), field.to_owned())).collect();
    }
    fields.iter().map(|field| (field.clone(), json_field(shape, field))).collect()
}

/// A value held to `--fields`: an object with these keys, in the order asked for.
#[derive(Debug)]
pub(super) struct Picked(Vec<(String, Value)>);

impl Picked {
    pub(super) fn of<T: Serialize>(shape: &Shape, fields: &[String], value: &T) -> Result<Self> {
        let value = serde_json::to_value(value)?;
        let pick = |field: &String| {
            let path = json_field(shape, field);
            let found = find(&value, &path).ok_or_else(|| unknown(shape, field, &value))?;
            Ok((path, found.clone()))
        };
        fields.iter().map(pick).collect::<Result<_>>().map(Self)
    }

    pub(super) fn of_each<T: Serialize>(shape: &Shape, fields: &[String], values: &[T]) -> Result<Vec<Self>> {
        values.iter().map(|value| Self::of(shape, fields, value)).collect()
    }
}

impl Serialize for Picked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// Like [`lookup`], in any case.
pub(super) fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    lookup(value, path).or_else(|| {
        let fields = value.as_object()?;
        fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(path)).map(|(_, value)| value)
    })
}

fn json_field(shape: &Shape, field: &str) -> String {
    let column = shape.all_columns().find(|(title, _)| title.eq_ignore_ascii_case(field));
    column.map_or_else(|| field.to_owned(), |(_, field)| field.to_owned())
}

pub(super) fn unknown(shape: &Shape, field: &str, value: &Value) -> Failure {
    let mut known: Vec<&str> =
        value.as_object().into_iter().flat_map(|fields| fields.keys().map(String::as_str)).collect();
    if known.is_empty() {
        known = shape.all_columns().map(|(title, _)| title).collect();
    }
    Failure::usage(format!("--fields {field:?}: there is no such field; there are {}", known.join(", ")))
}
