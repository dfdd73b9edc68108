use std::io::Write;

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

use crate::terminal;

/// How a kind of thing is shown where not all of it is: which of its JSON fields are columns.
#[derive(Debug)]
pub(crate) struct Shape {
    /// What stands before the slash in `-o name`.
    pub(crate) noun: &'static str,
    /// The field that names a thing.
    pub(crate) name: &'static str,
    /// Title and field of each column; a dot leads into an object.
    pub(crate) columns: &'static [(&'static str, &'static str)],
    /// The columns `wide` adds.
    pub(crate) wide: &'static [(&'static str, &'static str)],
}

/// A URL that is the whole answer.
pub(crate) const URL: Shape = Shape { noun: "url", name: "url", columns: &[("url", "url")], wide: &[] };

impl Shape {
    pub(crate) fn all_columns(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.columns.iter().chain(self.wide).copied()
    }

    /// `db/orders`.
    pub(super) fn write_name<T: Serialize>(&self, out: &mut impl Write, value: &T) -> Result<()> {
        let value = serde_json::to_value(value)?;
        Ok(writeln!(out, "{}/{}", self.noun, cell(lookup(&value, self.name), Form::Line))?)
    }
}

/// What becomes of text in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it may be shown, on one line.
    Line,
    /// As it is.
    Whole,
}

/// A field of JSON as the title of a line or a column: `tax_id` and `taxId` are the `tax id`.
pub(super) fn title(key: &str) -> String {
    let mut title = String::with_capacity(key.len() + 4);
    for letter in key.chars() {
        if letter.is_ascii_uppercase() && title.ends_with(|before: char| before.is_ascii_lowercase()) {
            title.push(' ');
        }
        title.push(if letter == '_' { ' ' } else { letter.to_ascii_lowercase() });
    }
    title
}

/// Whether somebody who asks for a field means this one.
pub(super) fn is_called(key: &str, asked: &str) -> bool {
    key.eq_ignore_ascii_case(asked) || (asked.contains(' ') && title(key).eq_ignore_ascii_case(asked))
}

/// The field a dotted path leads to.
pub(super) fn lookup<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, key| value.get(key))
}

/// A field on one line: nothing where there is none, lists without brackets.
pub(super) fn cell(value: Option<&Value>, form: Form) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) if form == Form::Line => terminal::line(text),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(|item| cell(Some(item), form)).collect::<Vec<_>>().join(",")
        }
        Some(other) => other.to_string(),
    }
}
