//! Reading the query and the body of a request as the service does, and saying what is wrong with them.

mod any_case;

use any_case::AnyCase;
use serde::{Deserialize as _, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{InvalidInput, Presence, RequestPart, whole_number};

/// Unknown keys are ignored.
pub(crate) fn query<Q: RequestPart>(query: &str) -> Result<Q, String> {
    let pairs = || form_urlencoded::parse(query.as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs())).map_err(|error| {
        let (field, why) = (error.path().to_string(), error.inner().to_string());
        match pairs().find(|(name, _)| *name == field) {
            Some((_, value)) if IS_NO_NUMBER.iter().any(|beginning| why.starts_with(beginning)) => {
                InvalidInput::new(field, &value, whole_number::rule::<Q>()).to_string()
            }
            Some((_, value)) if is_without_field(&why) => InvalidInput::new(field, &value, why).to_string(),
            _ => why,
        }
    })
}

/// A parameter that means the same without a value as if it were not there.
pub(crate) fn empty_as_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()))
}

/// Keys are matched in any case, unknown ones are ignored.
pub(crate) fn body<B: RequestPart>(body: &[u8]) -> Result<B, String> {
    located(match B::PRESENCE {
        Presence::Ignored => Value::Object(Map::new()),
        Presence::Optional if body.trim_ascii().is_empty() => Value::Object(Map::new()),
        Presence::Required if body.trim_ascii().is_empty() => return Err("the body is missing".to_owned()),
        Presence::Optional | Presence::Required => object(body)?,
    })
}

fn object(body: &[u8]) -> Result<Value, String> {
    match serde_json::from_slice(body) {
        Ok(AnyCase(fields @ Value::Object(_))) => Ok(fields),
        // A list would be taken for the values of the fields in their order.
        Ok(_) => Err("the body must be a JSON object".to_owned()),
        Err(error) => Err(format!("the body is not JSON: {error}")),
    }
}

/// How parsers begin who do not know the field they are reading. Whoever wrote a sentence of their own has named it, or
/// repeats that of the service, word for word.
const WITHOUT_FIELD: [&str; 6] =
    ["expected", "invalid length", "invalid type", "invalid value", "provided string", "unknown variant"];

/// How the standard library begins about a text that is no number.
const IS_NO_NUMBER: [&str; 3] = ["cannot parse", "invalid digit", "number too large"];

fn is_without_field(why: &str) -> bool {
    WITHOUT_FIELD.iter().any(|beginning| why.starts_with(beginning))
}

fn located<'de, T: DeserializeOwned>(from: impl Deserializer<'de>) -> Result<T, String> {
    serde_path_to_error::deserialize(from).map_err(|error| {
        let (field, why) = (error.path().to_string(), error.inner().to_string());
        match &*field {
            "." => why,
            _ if is_without_field(&why) => format!("{field} is not valid: {why}"),
            // The field that is missing is named, and not in what.
            _ if why.starts_with("missing field") => format!("{field}: {why}"),
            _ => why,
        }
    })
}
