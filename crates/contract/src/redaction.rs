//! What traces and logs do not show.

use std::borrow::Cow;

use serde_json::Value;

use crate::without_secrets;

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// What the name of a secret has in it, in lower case and without `_` and `-`.
const SECRETS: [&str; 7] = ["token", "jwt", "password", "passphrase", "secret", "credential", "baton"];

/// What it ends in; a keyboard is no key.
const KEYS: [&str; 2] = ["key", "keys"];

/// What the name of something about a secret ends in.
const HARMLESS: [&str; 5] = ["type", "id", "name", "count", "expiresat"];

/// Where one reads on in a list is no secret, although `next_page_token` is called one.
const PLACES: [&str; 2] = ["page", "cursor"];

/// Members that hold a URL, which may be signed.
const URLS: [&str; 2] = ["url", "dumpurl"];

/// Takes the secrets out of JSON that is to be shown: what stands under a name that promises one, whatever it is, and what signs
/// a URL. `text` is given every other text, for secrets that are known by themselves.
///
/// ```
/// use turso_cloud_contract::{redact, serde_json::json};
///
/// let mut body = json!({"name": "orders", "db_password": "planted", "keys": [{"kid": "a"}], "next_page_token": "b"});
/// redact(&mut body, &|text| text.to_owned());
/// assert_eq!(body, json!({"name": "orders", "db_password": "[redacted]", "keys": [{"kid": "a"}], "next_page_token": "b"}));
/// ```
pub fn redact(json: &mut Value, text: &impl Fn(&str) -> String) {
    match json {
        Value::Array(elements) => elements.iter_mut().for_each(|element| redact(element, text)),
        Value::Object(members) => {
            for (name, value) in members {
                let name = plain(name);
                match value {
                    Value::String(url) if URLS.contains(&&*name) => *url = text(&without_secrets(url)),
                    value if is_secret(&name) => take_out(value, text),
                    value => redact(value, text),
                }
            }
        }
        Value::String(value) => *value = text(value),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A URL or a path without the values of those parameters of its query whose names promise a secret.
///
/// ```
/// use turso_cloud_contract::without_secret_parameters;
///
/// assert_eq!(without_secret_parameters("/v1/x?api-key=planted&page=2"), "/v1/x?api-key=[redacted]&page=2");
/// ```
#[must_use]
pub fn without_secret_parameters(url: &str) -> Cow<'_, str> {
    let Some((path, query)) = url.split_once('?') else { return url.into() };
    let shown = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if is_secret(&plain(name)) => format!("{name}={REDACTED}"),
        _ => pair.to_owned(),
    };
    format!("{path}?{}", query.split('&').map(shown).collect::<Vec<_>>().join("&")).into()
}

/// A secret value. The things in a list have names of their own: `tokens` may be a list of what is known of tokens.
fn take_out(value: &mut Value, text: &impl Fn(&str) -> String) {
    match value {
        Value::Null => {}
        Value::Array(elements) => elements.iter_mut().for_each(|element| match element {
            Value::Object(_) => redact(element, text),
            element => take_out(element, text),
        }),
        value => *value = REDACTED.into(),
    }
}

fn is_secret(name: &str) -> bool {
    let is_about = HARMLESS.iter().any(|end| name.ends_with(end)) || PLACES.iter().any(|place| name.contains(place));
    !is_about && (SECRETS.iter().any(|secret| name.contains(secret)) || KEYS.iter().any(|key| name.ends_with(key)))
}

fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '-'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_promises_a_secret_whatever_stands_around_it() {
        for name in
            ["token", "apiToken", "db_password", "Access-Key", "client_secret", "keys", "JWT", "remote_encryption_key"]
        {
            assert!(is_secret(&plain(name)), "{name}");
        }
        for name in
            ["token_type", "tokenId", "token_name", "next_page_token", "nextCursorToken", "keyboard", "name", "sql"]
        {
            assert!(!is_secret(&plain(name)), "{name}");
        }
    }
}
