//! Reading what the service may send although its documents do not say so.

use std::{borrow::Cow, ops::Deref};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::Value;

use crate::PathSegment;

/// Text on its way into another type, which is copied only where it cannot be borrowed from the answer.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.0.into_owned()
    }
}

/// What a value that may grow is where there is none: as unknown as an empty text.
pub(crate) fn empty<T: From<&'static str>>() -> T {
    T::from("")
}

/// A value that may grow, whose `null` means the same as its absence.
pub(crate) fn null_as_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: From<&'static str> + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(|value| value.unwrap_or_else(empty))
}

/// The name of what may not be there, which an empty text says as well as `null` does.
pub(crate) fn name_unless_empty<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: PathSegment,
{
    let text = Option::<Text<'_>>::deserialize(deserializer)?.filter(|text| !text.is_empty());
    text.map(|text| T::from_segment(text.into()).map_err(D::Error::custom)).transpose()
}

/// A field that is not documented: of what is not as it was seen, nothing is made.
pub(crate) fn none_unless_as_seen<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Value::deserialize(deserializer).map(|value| serde_json::from_value(value).ok())
}

/// A field whose `null` means the same as its absence.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}
