use http::{HeaderValue, Uri};
use serde_json::Value;
use turso_cloud::contract::{REDACTED, redact, without_secret_parameters};

/// A JSON body with its secrets taken out. The bodies of answers are not shown.
pub(super) fn body(mut value: Value) -> Value {
    redact(&mut value, &str::to_owned);
    value
}

/// Where a request goes, without the secrets of its query.
pub(super) fn uri(uri: &Uri) -> String {
    without_secret_parameters(&uri.to_string()).into_owned()
}

/// A header's value, if it is no secret.
pub(super) fn header(name: &str, value: &HeaderValue) -> String {
    let is_secret = value.is_sensitive()
        || ["authorization", "encryption-key", "cookie"].iter().any(|secret| name.contains(secret));
    if is_secret { REDACTED.to_owned() } else { String::from_utf8_lossy(value.as_bytes()).into_owned() }
}
