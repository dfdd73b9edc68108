//! Statements and values.

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A value of one of SQLite's five storage classes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// One statement with what it is given.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    #[serde(flatten)]
    pub(crate) arguments: Arguments,
    want_rows: bool,
}

/// What stands for the parameters of a statement: by their places or by their names, never both.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Arguments {
    #[serde(rename = "args", skip_serializing_if = "Vec::is_empty")]
    pub(crate) positional: Vec<Value>,
    #[serde(rename = "named_args", skip_serializing_if = "Vec::is_empty")]
    pub(crate) named: Vec<NamedValue>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct NamedValue {
    pub(crate) name: String,
    pub(crate) value: Value,
}

impl Statement {
    pub(crate) fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), arguments: Arguments::default(), want_rows: true }
    }

    /// With values for `?` in their order.
    pub(crate) fn with(mut self, values: Vec<Value>) -> Self {
        self.arguments.positional = values;
        self
    }

    pub(crate) fn with_arguments(mut self, arguments: Arguments) -> Self {
        self.arguments = arguments;
        self
    }
}

impl Value {
    /// About how many bytes it takes on the wire.
    pub(crate) fn wire_size(&self) -> usize {
        const ENVELOPE: usize = 32;
        ENVELOPE
            + match self {
                Self::Null => 0,
                Self::Integer(_) | Self::Real(_) => 20,
                Self::Text(text) => text.len(),
                Self::Blob(bytes) => bytes.len() / 3 * 4,
            }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Wire {
    Null,
    Integer { value: Digits },
    Float { value: Option<f64> },
    Text { value: String },
    Blob { base64: String },
}

/// A decimal number in a string; some servers send it as a number.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Digits {
    Text(String),
    Number(i64),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => Wire::Null,
            Self::Integer(value) => Wire::Integer { value: Digits::Text(value.to_string()) },
            Self::Real(value) => Wire::Float { value: Some(*value) },
            Self::Text(value) => Wire::Text { value: value.clone() },
            Self::Blob(bytes) => Wire::Blob { base64: BASE64_STANDARD_NO_PAD.encode(bytes) },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Wire::deserialize(deserializer)? {
            Wire::Null => Self::Null,
            Wire::Integer { value: Digits::Number(value) } => Self::Integer(value),
            Wire::Integer { value: Digits::Text(value) } => {
                Self::Integer(value.parse().map_err(|_| D::Error::custom("an integer has no 64 bits"))?)
            }
            // An infinity and what is no number are both sent as null.
            Wire::Float { value } => Self::Real(value.unwrap_or(f64::NAN)),
            Wire::Text { value } => Self::Text(value),
            Wire::Blob { base64 } => {
                // Without padding by the protocol, which allows it all the same.
                let digits = base64.trim_end_matches('=');
                Self::Blob(BASE64_STANDARD_NO_PAD.decode(digits).map_err(|_| D::Error::custom("a blob is no base64"))?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Integer),
            prop::num::f64::NORMAL.prop_map(Value::Real),
            ".*".prop_map(Value::Text),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Blob),
        ]
    }

    proptest! {
        #[test]
        fn a_value_survives_the_wire(value in any_value()) {
            let json = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
        }
    }

    #[test]
    fn integers_travel_as_text_and_blobs_without_padding() {
        let json = serde_json::to_string(&[Value::Integer(i64::MIN), Value::Blob(vec![1])]).unwrap();
        assert_eq!(json, r#"[{"type":"integer","value":"-9223372036854775808"},{"type":"blob","base64":"AQ"}]"#);
    }

    #[test]
    fn numbers_that_json_cannot_hold_arrive_as_not_a_number() {
        let value: Value = serde_json::from_str(r#"{"type":"float","value":null}"#).unwrap();
        assert!(matches!(value, Value::Real(number) if number.is_nan()));
    }
}
