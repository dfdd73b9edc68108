//! Values as text.

use data_encoding::HEXLOWER;

use crate::{hrana::Value, script::quote_text};

/// A value for people, and for the fields of CSV: nothing for NULL, text as it is, a blob as a literal.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) => text.clone(),
        Value::Real(value) if !value.is_finite() => "NaN".to_owned(),
        other => literal(other),
    }
}

/// A value as SQL has it.
pub(crate) fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(value) => value.to_string(),
        // Nobody knows which infinity it was.
        Value::Real(value) if !value.is_finite() => "NULL".to_owned(),
        Value::Real(value) => format!("{value:?}"),
        // No statement can have a zero byte in it.
        Value::Text(text) if text.contains('\0') => format!("CAST({} AS TEXT)", blob(text.as_bytes())),
        Value::Text(text) => quote_text(text),
        Value::Blob(bytes) => blob(bytes),
    }
}

fn blob(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2 + 3);
    text.push_str("X'");
    HEXLOWER.encode_append(bytes, &mut text);
    text.push('\'');
    text
}
