use http::HeaderValue;
use serde_json::Value;
use turso_cloud::contract::without_secrets;

const REDACTED: &str = "[redacted]";
/// Fields of requests whose value is a secret, in lower case. The bodies of answers are not shown.
const SECRETS: &[&str] = &["token", "jwt", "encryption_key", "password", "authtoken"];
/// Fields of requests that hold a URL, which may be signed.
const URLS: &[&str] = &["url", "dump_url"];

/// A JSON body with its secrets taken out.
pub(super) fn body(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| {
                    let is_one_of = |names: &[&str]| names.contains(&&*key.to_ascii_lowercase());
                    let value = match value {
                        Value::String(_) if is_one_of(SECRETS) => REDACTED.into(),
                        Value::String(url) if is_one_of(URLS) => without_secrets(&url).into(),
                        value => body(value),
                    };
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
