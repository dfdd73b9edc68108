//! One SQL value on the wire.

use std::{borrow::Cow, fmt};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{self, Error as _, Visitor};
use serde::{Deserialize, Deserializer};

/// The protocol emits base64 without padding and accepts both.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A value of one of SQLite's five storage classes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Float(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// A value where it is.
#[derive(Clone, Debug)]
pub(crate) enum ValueRef<'a> {
    Null,
    Integer(i64),
    Float(f64),
    Text(Cow<'a, str>),
    Blob(&'a [u8]),
}

impl Value {
    pub(crate) fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Float(value) => ValueRef::Float(*value),
            Self::Text(text) => ValueRef::Text(text.into()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }
}

impl ValueRef<'_> {
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Integer(value) => Value::Integer(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Text(text) => Value::Text(text.to_string()),
            Self::Blob(bytes) => Value::Blob(bytes.to_vec()),
        }
    }

    /// About how many bytes of JSON this value takes, for the size limit of an answer.
    pub(super) fn wire_size(&self) -> usize {
        const ENVELOPE: usize = 30;
        /// What `\u0000` has more than the character.
        const ESCAPE: usize = 5;
        ENVELOPE
            + match self {
                Self::Null => 0,
                Self::Integer(_) | Self::Float(_) => 20,
                Self::Text(text) => text.len() + ESCAPE * text.bytes().filter(u8::is_ascii_control).count(),
                Self::Blob(bytes) => bytes.len() / 3 * 4,
            }
    }

    /// The same of all values of a row.
    pub(crate) fn wire_size_of(row: &[Self]) -> usize {
        row.iter().map(Self::wire_size).sum()
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Tagged::deserialize(deserializer)? {
            Tagged::Null => Ok(Self::Null),
            Tagged::Integer { value: Number::Integer(value) } => Ok(Self::Integer(value)),
            Tagged::Integer { value: Number::Text(value) } => {
                value.parse().map(Self::Integer).map_err(|_| D::Error::custom("`integer` is not a 64-bit integer"))
            }
            Tagged::Integer { value: Number::Float(_) } => Err(D::Error::custom("`integer` is not a 64-bit integer")),
            #[expect(clippy::cast_precision_loss, reason = "an integer sent as a float is meant as the nearest float")]
            Tagged::Float { value: Number::Integer(value) } => Ok(Self::Float(value as f64)),
            Tagged::Float { value: Number::Float(value) } => Ok(Self::Float(value)),
            Tagged::Float { value: Number::Text(value) } => {
                value.parse().map(Self::Float).map_err(|_| D::Error::custom("`float` is not a number"))
            }
            Tagged::Text { value } => Ok(Self::Text(value)),
            Tagged::Blob { base64 } => {
                BASE64.decode(base64).map(Self::Blob).map_err(|_| D::Error::custom("`base64` is not base64"))
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", expecting = "a value: an object with a `type`")]
enum Tagged {
    Null,
    Integer { value: Number },
    Float { value: Number },
    Text { value: String },
    Blob { base64: String },
}

enum Number {
    Integer(i64),
    Float(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`value` to be a number, or a text that holds one")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Number, E> {
        Ok(Number::Integer(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "what no 64-bit integer holds is meant as the nearest float")]
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Number, E> {
        Ok(i64::try_from(value).map_or(Number::Float(value as f64), Number::Integer))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Number, E> {
        Ok(Number::Float(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Number, E> {
        Ok(Number::Text(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Number, E> {
        Ok(Number::Text(value))
    }
}
