//! Reading an answer, and saying which field of it is wrong.

use serde::{
    Deserializer,
    de::{DeserializeOwned, Error as _, IgnoredAny, Visitor, value::Error as NoValue},
    forward_to_deserialize_any,
};

/// Reads JSON, or no bytes at all where the operation has no answer. The media type is what the sender calls the body.
pub(crate) fn decode<A: DeserializeOwned>(body: &[u8], media_type: Option<&str>) -> Result<A, String> {
    if body.trim_ascii().is_empty() {
        return A::deserialize(Empty).map_err(|error| error.to_string());
    }
    // Tracking the path costs time on large answers: only a failed answer is read a second time with it.
    parse(body)
        .map_err(|error| no_json(body, media_type).or_else(|| locate::<A>(body)).unwrap_or_else(|| describe(&error)))
}

/// A body that is UTF-8 as a whole needs no look at each of its texts, which took a sixth of the time of a long listing.
fn parse<A: DeserializeOwned>(body: &[u8]) -> serde_json::Result<A> {
    match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(body),
    }
}

/// An empty body: enough for whoever ignores what is in it. It is not `null`, which some lists are read from.
struct Empty;

impl<'de> Deserializer<'de> for Empty {
    type Error = NoValue;

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NoValue> {
        visitor.visit_unit()
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NoValue> {
        Err(NoValue::custom("the answer is empty"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}

/// What is wrong with a body that is not even JSON, such as the page of a web server; nothing for JSON, whole or cut off.
fn no_json(body: &[u8], media_type: Option<&str>) -> Option<String> {
    let error = serde_json::from_slice::<IgnoredAny>(body).err().filter(serde_json::Error::is_syntax)?;
    Some(match media_type.filter(|media_type| !media_type.ends_with("json")) {
        Some(media_type) => format!("the answer is {media_type} and no JSON: is this the service's URL?"),
        None => format!("the answer is no JSON: {}", describe(&error)),
    })
}

fn locate<A: DeserializeOwned>(json: &[u8]) -> Option<String> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let error = serde_path_to_error::deserialize::<_, A>(&mut reader).err()?;
    let path = error.path().to_string();
    // `?` is what was not read any more, and `.` the whole.
    let path = path.trim_end_matches('?').trim_end_matches('.');
    let text = describe(error.inner());
    Some(if path.is_empty() { text } else { format!("field `{path}`: {text}") })
}

/// The sentence of the parser without the value it quotes, which may be a token.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match (text.find("string \""), text.rfind("\", expected")) {
        (Some(start), Some(end)) if start < end => format!("{}string{}", &text[..start], &text[end + 1..]),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use turso_cloud_contract::{
        Nothing, database_tokens::TokenAnswer, groups::GroupsAnswer, organizations::OrganizationsAnswer,
    };

    use super::*;

    #[test]
    fn a_wrong_field_is_named_with_its_place() {
        let wrong = br#"{"groups":[{"name":"a","uuid":"1","primary":"fra","archived":"yes"}]}"#;
        let wrong = decode::<GroupsAnswer>(wrong, None);
        let text = wrong.unwrap_err();
        assert!(text.starts_with("field `groups[0].archived`: invalid type: string, expected"), "{text}");
    }

    #[test]
    fn a_value_that_may_be_a_secret_is_not_repeated() {
        for body in [r#""planted-secret""#, r#"{"jwt":5,"other":"planted-secret"}"#, r#"{"jwt":["planted-secret"]}"#] {
            let text = decode::<TokenAnswer>(body.as_bytes(), None).unwrap_err();
            assert!(!text.contains("planted-secret"), "{text}");
        }
    }

    #[test]
    fn an_empty_body_is_an_empty_answer_and_nothing_else() {
        assert_eq!(decode::<Nothing>(b" \n", None), Ok(Nothing));
        assert_eq!(decode::<Nothing>(b"{}", None), Ok(Nothing));
        assert_eq!(decode::<GroupsAnswer>(b"", None), Err("the answer is empty".to_owned()));
        assert_eq!(decode::<OrganizationsAnswer>(b" ", None), Err("the answer is empty".to_owned()));
    }
}
