//! How an effect is written: what has no values is a text, and everything else an object.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{
        Error, IntoDeserializer as _, MapAccess, Unexpected, Visitor,
        value::{self, MapAccessDeserializer, StrDeserializer},
    },
};

use super::FaultEffect;

/// Reads the effect of a fault, and says of what is none what would be one.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<FaultEffect>, D::Error> {
    Ok(Option::<Described>::deserialize(deserializer)?.map(|Described(effect)| effect))
}

struct Described(FaultEffect);

impl<'de> Deserialize<'de> for Described {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Form).map(Self)
    }
}

struct Form;

impl<'de> Visitor<'de> for Form {
    type Value = FaultEffect;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            r#"an effect: "hang", "reset", "wrong_json", or an object such as {"reply": {"status": 503}}, {"cut_body": {"after": 10}} or {"slow_body": {"piece": 16, "every_ms": 100}}"#,
        )
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<FaultEffect, E> {
        let text_alone: StrDeserializer<'_, value::Error> = text.into_deserializer();
        // What is wrong with it is always the same: there is no such effect, or not without values.
        FaultEffect::deserialize(text_alone).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FaultEffect, A::Error> {
        FaultEffect::deserialize(MapAccessDeserializer::new(map))
    }
}
