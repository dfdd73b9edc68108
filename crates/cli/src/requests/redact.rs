use http::HeaderValue;
use serde_json::Value;

const REDACTED: &str = "[redacted]";
/// Fields of requests whose value is a secret, in lower case. The bodies of answers are not shown.
const SECRETS: &[&str] = &["token", "jwt", "encryption_key", "password", "authtoken"];

/// A JSON body with its secrets taken out.
pub(super) fn body(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| {
                    let is_secret = value.is_string() && SECRETS.contains(&&*key.to_ascii_lowercase());
                    let value = if is_secret { REDACTED.into() } else { body(value) };
                    (key, value)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(body).collect()),
        other => other,
    }
}

/// A header's value, if it is no secret.
pub(super) fn header(name: &str, value: &HeaderValue) -> String {
    let is_secret = value.is_sensitive()
        || ["authorization", "encryption-key", "cookie"].iter().any(|secret| name.contains(secret));
    if is_secret { REDACTED.to_owned() } else { String::from_utf8_lossy(value.as_bytes()).into_owned() }
}
