//! Messages as JSON: serde writes what surrounds the rows, and the rows are written piece by piece. Most of a long answer
//! is rows, and serde escapes the keys of each value anew.

use std::io::{self, Write};

use base64::display::Base64Display;
use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use super::value::BASE64;
use super::{Value, ValueRef};

/// A message as text.
pub(crate) fn to_vec(message: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut text = Vec::with_capacity(128);
    write(message, &mut text)?;
    Ok(text)
}

/// Appends a message. Only this way are its rows what they should be.
pub(crate) fn write(message: &impl Serialize, buffer: &mut Vec<u8>) -> serde_json::Result<()> {
    message.serialize(&mut serde_json::Serializer::with_formatter(buffer, Spliced))
}

/// Appends the line of a cursor's row: as [`CursorEntry::Row`](super::CursorEntry::Row) is written.
pub(crate) fn write_row_entry(row: &[ValueRef<'_>], buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(br#"{"type":"row","row":"#);
    write_list(row, buffer, write_value);
    buffer.extend_from_slice(b"}\n");
}

/// Appends a value. Writing into memory does not fail.
pub(crate) fn write_value(value: &ValueRef<'_>, buffer: &mut Vec<u8>) {
    match value {
        ValueRef::Null => buffer.extend_from_slice(br#"{"type":"null"}"#),
        ValueRef::Integer(value) => {
            buffer.extend_from_slice(br#"{"type":"integer","value":""#);
            write_plain(value, buffer);
            buffer.extend_from_slice(br#""}"#);
        }
        // serde_json writes an infinity or NaN as null, which is what the protocol asks for.
        ValueRef::Float(value) => {
            buffer.extend_from_slice(br#"{"type":"float","value":"#);
            write_plain(value, buffer);
            buffer.push(b'}');
        }
        ValueRef::Text(text) => {
            buffer.extend_from_slice(br#"{"type":"text","value":"#);
            write_text(text, buffer);
            buffer.push(b'}');
        }
        ValueRef::Blob(bytes) => {
            buffer.extend_from_slice(br#"{"type":"blob","base64":""#);
            let _infallible = write!(buffer, "{}", Base64Display::new(bytes, &BASE64));
            buffer.extend_from_slice(br#""}"#);
        }
    }
}

/// For serde: the values of a row.
pub(super) fn row<S: Serializer>(row: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = Vec::new();
    write_row(row, &mut text);
    serializer.serialize_bytes(&text)
}

/// For serde: the rows of a result.
pub(super) fn rows<S: Serializer>(rows: &[Vec<Value>], serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = Vec::new();
    write_list(rows, &mut text, |row, text| write_row(row, text));
    serializer.serialize_bytes(&text)
}

fn write_row(row: &[Value], buffer: &mut Vec<u8>) {
    write_list(row, buffer, |value, buffer| write_value(&value.as_ref(), buffer));
}

fn write_list<T>(items: &[T], buffer: &mut Vec<u8>, write: impl Fn(&T, &mut Vec<u8>)) {
    buffer.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            buffer.push(b',');
        }
        write(item, buffer);
    }
    buffer.push(b']');
}

fn write_text(text: &str, buffer: &mut Vec<u8>) {
    // Most texts need no escape, which is known of many bytes at a time when all of them are looked at.
    let needs_escape = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    if text.bytes().fold(false, |found, byte| found | needs_escape(byte)) {
        write_plain(text, buffer);
    } else {
        buffer.push(b'"');
        buffer.extend_from_slice(text.as_bytes());
        buffer.push(b'"');
    }
}

/// Of what has no parts.
fn write_plain(value: &(impl Serialize + ?Sized), buffer: &mut Vec<u8>) {
    let _infallible = serde_json::to_writer(buffer, value);
}

/// Takes bytes for what is JSON already. No message has any others: blobs are text in base64.
struct Spliced;

impl Formatter for Spliced {
    fn write_byte_array<W: ?Sized + Write>(&mut self, writer: &mut W, json: &[u8]) -> io::Result<()> {
        writer.write_all(json)
    }
}
