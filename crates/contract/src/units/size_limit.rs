//! A bound on a size, which is an empty text where there is none.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serializer,
    de::{self, Visitor},
};

use super::{ByteSize, byte_size::SizeVisitor};

/// For a field that says what the bound is: empty or absent where there is none.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ByteSize>, D::Error> {
    Ok(Option::<Limit>::deserialize(deserializer)?.and_then(|Limit(size)| size))
}

/// For a field that changes the bound: an absent one leaves it, an empty one lifts it, as 0 does.
pub(crate) fn read_change<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ByteSize>, D::Error> {
    Ok(Option::<Limit>::deserialize(deserializer)?.map(|Limit(size)| size.unwrap_or_default()))
}

#[expect(clippy::ref_option, reason = "what serde passes")]
pub(crate) fn write<S: Serializer>(limit: &Option<ByteSize>, serializer: S) -> Result<S::Ok, S::Error> {
    match limit {
        Some(size) => serializer.collect_str(&size.bytes()),
        None => serializer.serialize_str(""),
    }
}

struct Limit(Option<ByteSize>);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LimitVisitor)
    }
}

struct LimitVisitor;

impl Visitor<'_> for LimitVisitor {
    type Value = Limit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SizeVisitor.expecting(f)
    }

    fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<Limit, E> {
        SizeVisitor.visit_u64(bytes).map(|size| Limit(Some(size)))
    }

    fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<Limit, E> {
        SizeVisitor.visit_i64(bytes).map(|size| Limit(Some(size)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Limit, E> {
        if text.is_empty() {
            return Ok(Limit(None));
        }
        SizeVisitor.visit_str(text).map(|size| Limit(Some(size)))
    }
}
