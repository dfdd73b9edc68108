//! YAML that readers of version 1.1 take for the same as those of version 1.2: to the former `no` is a boolean, `12:30:00` a
//! number and `2001-01-01` a date.

use std::io::{self, Write};

use anyhow::Result;
use serde::Serialize;
use serde_saphyr::ser_options;

use super::{Shape, fields::Picked};

pub(super) fn one<T: Serialize>(out: &mut impl Write, fields: &[String], shape: &Shape, value: &T) -> Result<()> {
    Ok(out.write_all(text(&Picked::of(shape, fields, value)?)?.as_bytes())?)
}

pub(super) fn many<T: Serialize>(out: &mut impl Write, fields: &[String], shape: &Shape, values: &[T]) -> Result<()> {
    Ok(out.write_all(text(&Picked::of_each(shape, fields, values)?)?.as_bytes())?)
}

pub(super) fn document<T: Serialize>(out: &mut impl Write, fields: &[String], shape: &Shape, value: &T) -> Result<()> {
    writeln!(out, "---")?;
    one(out, fields, shape, value)
}

/// A value as YAML, with the end of its last line.
pub(crate) fn text<T: Serialize + ?Sized>(value: &T) -> io::Result<String> {
    // A text on one line is the same text however far it is indented.
    serde_saphyr::to_string_with_options(&value, ser_options! { prefer_block_scalars: false }).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::text;
    use crate::output::cells::tests::json_values;

    /// All that means something in YAML.
    const TEXTS: &str = "(\\PC|\\p{Cc}|[-?:,#&*!|>'\"%@` 0-9eExX._~=<]){0,12}";

    const KEYS: &str = "(\\PC|[-?:# '\"\n]){0,6}";

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(value in json_values(TEXTS, KEYS)) {
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
            assert_eq!(text(word).unwrap().replace('"', "'"), format!("'{word}'\n"));
        }
        for word in ["north", "aws-eu-west-1", "a b", "größe", "x=1, y=2"] {
            assert_eq!(text(word).unwrap(), format!("{word}\n"));
        }
        assert_eq!(
            text(&json!({"no": [1e300, 1.5, 7, null, "a\nb"]})).unwrap(),
            "\"no\":\n- 1.0e+300\n- 1.5\n- 7\n- null\n- \"a\\nb\"\n"
        );
    }
}
