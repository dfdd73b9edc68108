//! YAML that readers of version 1.1 take for the same as those of version 1.2: to the former `no` is a boolean, `12:30:00` a
//! number and `2001-01-01` a date.

use std::{
    fmt::{self, Write as _},
    io::Write,
};

use anyhow::Result;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use super::{Shape, fields::Picked};

/// Words of either version, in any case.
const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// Signs that mean nothing within a line that begins with a letter.
const SIGNS: &str = " _-./@+,()=%&?!";

/// What is written, in its order.
enum Node {
    /// No text: it stands as it is.
    Plain(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

pub(super) fn one<T: Serialize>(out: &mut impl Write, fields: &[String], shape: &Shape, value: &T) -> Result<()> {
    let text = if fields.is_empty() { text(value)? } else { text(&Picked::of(shape, fields, value)?)? };
    Ok(out.write_all(text.as_bytes())?)
}

pub(super) fn many<T: Serialize>(out: &mut impl Write, fields: &[String], shape: &Shape, values: &[T]) -> Result<()> {
    let text = if fields.is_empty() { text(values)? } else { text(&Picked::of_each(shape, fields, values)?)? };
    Ok(out.write_all(text.as_bytes())?)
}

pub(super) fn document<T: Serialize>(out: &mut impl Write, fields: &[String], shape: &Shape, value: &T) -> Result<()> {
    writeln!(out, "---")?;
    one(out, fields, shape, value)
}

/// A value as YAML, with the end of its last line.
pub(crate) fn text<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<String> {
    let node: Node = serde_json::from_str(&serde_json::to_string(value)?)?;
    let mut text = String::new();
    node.push(0, &mut text);
    Ok(text)
}

impl Node {
    /// Appends its lines, of which the first is begun already.
    fn push(&self, indent: usize, out: &mut String) {
        match self {
            Self::Plain(plain) => out.push_str(plain),
            Self::Text(text) => push_text(text, out),
            Self::List(items) if items.is_empty() => out.push_str("[]"),
            Self::Map(fields) if fields.is_empty() => out.push_str("{}"),
            Self::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    begin(at, indent, out);
                    out.push_str("- ");
                    item.push(indent + 2, out);
                }
                return;
            }
            Self::Map(fields) => {
                for (at, (key, value)) in fields.iter().enumerate() {
                    begin(at, indent, out);
                    push_text(key, out);
                    out.push(':');
                    value.push_behind_key(indent, out);
                }
                return;
            }
        }
        out.push('\n');
    }

    fn push_behind_key(&self, indent: usize, out: &mut String) {
        let indent = match self {
            Self::List(items) if !items.is_empty() => indent,
            Self::Map(fields) if !fields.is_empty() => indent + 2,
            _ => {
                out.push(' ');
                return self.push(indent, out);
            }
        };
        out.push('\n');
        begin(1, indent, out);
        self.push(indent, out);
    }
}

/// Begins a line, unless it is the first.
fn begin(line: usize, indent: usize, out: &mut String) {
    if line > 0 {
        out.extend(std::iter::repeat_n(' ', indent));
    }
}

/// Without quotes where no version takes it for anything but a text.
fn push_text(text: &str, out: &mut String) {
    let is_word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    let is_plain = |letter: char| letter.is_alphanumeric() || SIGNS.contains(letter);
    if text.starts_with(|first: char| first.is_ascii_alphabetic())
        && !is_word
        && !text.ends_with(' ')
        && text.chars().all(is_plain)
    {
        out.push_str(text);
    } else if text.chars().all(is_printable) {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    } else {
        push_escaped(text, out);
    }
}

fn push_escaped(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' => out.extend(['\\', letter]),
            letter if is_printable(letter) => out.push(letter),
            letter => {
                // Text takes everything.
                let _ = write!(out, "\\U{:08x}", u32::from(letter));
            }
        }
    }
    out.push('"');
}

/// Whether it can stand in a line as it is.
fn is_printable(letter: char) -> bool {
    !letter.is_control() && !matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// A number with a fraction as both versions read it: one with a dot, and a sign in its exponent.
fn fraction(number: f64) -> serde_json::Result<String> {
    let text = serde_json::to_string(&number)?;
    let Some((digits, exponent)) = text.split_once('e') else { return Ok(text) };
    let dot = if digits.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    Ok(format!("{digits}{dot}e{sign}{exponent}"))
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Json)
    }
}

struct Json;

impl<'de> Visitor<'de> for Json {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Plain("null".to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        fraction(value).map(Node::Plain).map_err(E::custom)
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(field) = fields.next_entry()? {
            map.push(field);
        }
        Ok(Node::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection, prelude::*};
    use serde_json::{Value, json};

    use super::text;

    fn values() -> impl Strategy<Value = Value> {
        let plain = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "(\\PC|\\p{Cc}|[-?:,#&*!|>'\"%@` 0-9eExX._~=<]){0,12}".prop_map(Value::from),
        ];
        plain.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                collection::btree_map("(\\PC|[-?:# '\"\n]){0,6}", inner, 0..4)
                    .prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(value in values()) {
            let yaml = text(&value).unwrap();
            let read: Value = yaml_serde::from_str(&yaml).map_err(|error| TestCaseError::fail(format!("{error}: {yaml}")))?;
            prop_assert_eq!(read, value, "{}", yaml);
        }
    }

    #[test]
    fn what_an_old_reader_takes_for_something_else_than_a_text_is_in_quotes() {
        for word in [
            "no",
            "NO",
            "On",
            "off",
            "Yes",
            "y",
            "N",
            "true",
            "Null",
            "~",
            "",
            "=",
            "<<",
            "12:30:00",
            "1_000",
            "0x1F",
            "0b11",
            "017",
            "1e3",
            ".inf",
            "-.INF",
            ".NaN",
            "2001-01-01",
            "2001-01-01T00:00:00Z",
            "- a",
            "a: b",
            "a #b",
            "7 ",
            " a",
        ] {
            assert_eq!(text(word).unwrap(), format!("'{word}'\n"));
        }
        for word in ["north", "aws-eu-west-1", "a b", "größe", "x=1, y=2"] {
            assert_eq!(text(word).unwrap(), format!("{word}\n"));
        }
        assert_eq!(
            text(&json!({"no": [1e300, 1.5, 7, null, "a\nb"]})).unwrap(),
            "'no':\n- 1.0e+300\n- 1.5\n- 7\n- null\n- \"a\\nb\"\n"
        );
    }
}
