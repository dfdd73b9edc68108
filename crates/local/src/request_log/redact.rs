//! Takes secrets out: what stands under a name that promises one, and whatever looks like a token wherever it stands.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::Value;
use turso_cloud_contract::{REDACTED, redact, without_secret_parameters};

/// Headers whose whole value is a secret. Of every other one, tokens are taken out.
const SECRET_HEADERS: [&str; 5] =
    ["authorization", "cookie", "proxy-authorization", "set-cookie", "x-turso-encryption-key"];

/// Shorter texts are no tokens.
const SHORTEST_TOKEN: usize = 40;

pub(super) fn header(name: &HeaderName, value: &HeaderValue) -> String {
    if SECRET_HEADERS.contains(&name.as_str()) {
        return REDACTED.to_owned();
    }
    text(&String::from_utf8_lossy(value.as_bytes()))
}

/// A body that is JSON; of others nobody knows where a secret stands.
pub(super) fn body(body: &Bytes) -> Option<String> {
    let mut json: Value = serde_json::from_slice(body).ok()?;
    redact(&mut json, &text);
    Some(json.to_string())
}

/// Where a request goes, without the secrets of its query.
pub(super) fn url(url: &str) -> String {
    text(&without_secret_parameters(url))
}

/// A text without the tokens in it: three segments of base64url, the first of which begins as JSON does.
pub(super) fn text(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("ey") {
        let (before, candidate) = rest.split_at(start);
        let end =
            candidate.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(candidate.len());
        let word = &candidate[..end];
        kept.push_str(before);
        let is_token = word.len() >= SHORTEST_TOKEN && word.matches('.').count() >= 2;
        kept.push_str(if is_token { REDACTED } else { word });
        rest = &candidate[end..];
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.eyJqdGkiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLXRleHQ";

    #[test]
    fn what_promises_a_secret_is_taken_out() {
        let json = r#"{"remote_encryption":{"encryption_key":"a2V5","encryption_cipher":"aes"},"Token":"abc","n":[{"jwt":"x"}]}"#;
        let redacted = body(&Bytes::from(json)).unwrap();
        assert!(!redacted.contains("a2V5") && !redacted.contains("abc") && !redacted.contains("\"x\""), "{redacted}");
        assert!(redacted.contains("aes"), "{redacted}");
        assert_eq!(body(&Bytes::from("password=abc")), None);
        let secret = header(&HeaderName::from_static("authorization"), &HeaderValue::from_static("Bearer abc"));
        assert_eq!(secret, REDACTED);
    }

    #[test]
    fn what_signs_a_url_is_taken_out() {
        let json =
            r#"{"seed":{"type":"dump","url":"https://u:planted@dumps.test.invalid/shop.sql?signature=planted"}}"#;
        let redacted = body(&Bytes::from(json)).unwrap();
        assert_eq!(redacted, r#"{"seed":{"type":"dump","url":"https://dumps.test.invalid/shop.sql"}}"#);
    }

    #[test]
    fn a_word_that_begins_like_a_token_is_no_token() {
        assert_eq!(text("eyes and keys, hey."), "eyes and keys, hey.");
    }

    proptest! {
        #[test]
        fn a_token_is_taken_out_wherever_it_stands(before in "[ -~]{0,20}", after in "[ -~]{0,20}") {
            let redacted = text(&format!("{before}={TOKEN}&{after}"));
            prop_assert!(!redacted.contains("c2lnbmF0dXJl"), "{}", redacted);
        }

        #[test]
        fn a_text_without_a_token_stays_as_it_is(plain in "[^y]{0,60}") {
            prop_assert_eq!(text(&plain), plain);
        }
    }
}
