use anyhow::Result;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{
    Shape,
    cells::{Case, append_field},
    shape::{Form, is_called, lookup},
};
use crate::exit::Failure;

/// A column to write: of the shape, or any field of the JSON that `--fields` asks for.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) title: String,
    path: String,
    /// A field that is none of the shape's has to be there: it may be mistyped.
    is_of_shape: bool,
}

impl Column {
    fn asked_for(shape: &Shape, field: &str) -> Self {
        let known = shape
            .all_columns()
            .find(|(title, path)| title.eq_ignore_ascii_case(field) || path.eq_ignore_ascii_case(field));
        Self {
            title: field.to_owned(),
            path: known.map_or(field, |(_, path)| path).to_owned(),
            is_of_shape: known.is_some(),
        }
    }

    /// What stands in this column; nothing where the service left it out.
    pub(super) fn of<'a>(&self, value: &'a Value) -> Result<Option<&'a Value>, Failure> {
        let found = lookup(value, &self.path).or_else(|| {
            let fields = value.as_object()?;
            fields.iter().find(|(key, _)| is_called(key, &self.path)).map(|(_, value)| value)
        });
        if found.is_none() && !self.is_of_shape {
            let fields: Vec<_> = value.as_object().into_iter().flat_map(|fields| fields.keys().cloned()).collect();
            let message = format!("--fields {:?}: there is no such field, only {}", self.title, fields.join(", "));
            return Err(Failure::usage(message));
        }
        Ok(found)
    }

    /// Appends the same as a cell.
    pub(super) fn append<T: Serialize>(&self, value: &T, form: Form, text: &mut String) -> Result<()> {
        let is_found = append_field(value, &self.path, Case::Exact, form, text)?
            || append_field(value, &self.path, Case::Any, form, text)?;
        if !is_found && !self.is_of_shape {
            self.of(&serde_json::to_value(value)?)?;
        }
        Ok(())
    }
}

/// The columns for `--fields`, each given by its title or its JSON field in any case; without it, `usual` ones.
pub(super) fn columns(
    shape: &Shape,
    fields: &[String],
    usual: impl Iterator<Item = (&'static str, &'static str)>,
) -> Vec<Column> {
    if fields.is_empty() {
        let column =
            |(title, path): (&str, &str)| Column { title: title.to_owned(), path: path.to_owned(), is_of_shape: true };
        return usual.map(column).collect();
    }
    fields.iter().map(|field| Column::asked_for(shape, field)).collect()
}

/// A value held to `--fields`.
#[derive(Debug)]
pub(super) enum Picked<'v, T> {
    /// Nothing of it was asked for by name.
    Whole(&'v T),
    /// An object with these keys, in the order asked for.
    Fields(Vec<(String, Value)>),
}

impl<'v, T: Serialize> Picked<'v, T> {
    pub(super) fn of(shape: &Shape, fields: &[String], value: &'v T) -> Result<Self> {
        if fields.is_empty() {
            return Ok(Self::Whole(value));
        }
        let value = serde_json::to_value(value)?;
        let pick = |column: Column| {
            let found = column.of(&value)?.cloned().unwrap_or_default();
            Ok((column.path, found))
        };
        columns(shape, fields, std::iter::empty()).into_iter().map(pick).collect::<Result<_>>().map(Self::Fields)
    }

    pub(super) fn of_each(shape: &Shape, fields: &[String], values: &'v [T]) -> Result<Vec<Self>> {
        values.iter().map(|value| Self::of(shape, fields, value)).collect()
    }
}

impl<T: Serialize> Serialize for Picked<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(value) => value.serialize(serializer),
            Self::Fields(fields) => serializer.collect_map(fields.iter().map(|(key, value)| (key, value))),
        }
    }
}
