//! Reading an answer, and saying which field of it is wrong.

use serde::de::DeserializeOwned;

/// Reads JSON; an empty body reads as `null`, which is what an operation without an answer expects.
pub(crate) fn decode<A: DeserializeOwned>(body: &[u8]) -> Result<A, String> {
    let json = if body.trim_ascii().is_empty() { b"null" } else { body };
    // Tracking the path costs time on large answers: only a failed answer is read a second time with it.
    serde_json::from_slice(json).map_err(|error| locate::<A>(json).unwrap_or_else(|| describe(&error)))
}

fn locate<A: DeserializeOwned>(json: &[u8]) -> Option<String> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let error = serde_path_to_error::deserialize::<_, A>(&mut reader).err()?;
    let path = error.path().to_string();
    let text = describe(error.inner());
    Some(if path == "." { text } else { format!("field `{path}`: {text}") })
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
    use turso_cloud_contract::{Nothing, database_tokens::TokenAnswer, groups::GroupsAnswer};

    use super::*;

    #[test]
    fn a_wrong_field_is_named_with_its_place() {
        let wrong = decode::<GroupsAnswer>(br#"{"groups":[{"name":"a","uuid":"1","primary":"fra","archived":"yes"}]}"#);
        let text = wrong.unwrap_err();
        assert!(text.starts_with("field `groups[0].archived`: invalid type: string, expected"), "{text}");
    }

    #[test]
    fn a_value_that_may_be_a_secret_is_not_repeated() {
        for body in [r#""planted-secret""#, r#"{"jwt":5,"other":"planted-secret"}"#, r#"{"jwt":["planted-secret"]}"#] {
            let text = decode::<TokenAnswer>(body.as_bytes()).unwrap_err();
            assert!(!text.contains("planted-secret"), "{text}");
        }
    }

    #[test]
    fn an_empty_body_is_an_empty_answer_and_nothing_else() {
        assert_eq!(decode::<Nothing>(b" \n"), Ok(Nothing));
        assert_eq!(decode::<Nothing>(b"{}"), Ok(Nothing));
        assert!(decode::<GroupsAnswer>(b"").unwrap_err().contains("null"));
    }
}
