use serde_json::Value;

/// The body of a refused request: text where the service gave one, whatever form it came in.
///
/// Reading one never fails. Known forms: `{"error": "text"}`, `{"code": "…", "error": "text"}`,
/// `{"error": {"code": "…", "message": "text"}}`, `{"message": "text"}`, `{"errors": […]}`, a JSON string.
/// A page of HTML or anything else that is not JSON yields no text.
///
/// ```
/// use turso_cloud_contract::ErrorBody;
///
/// let body = ErrorBody::parse(br#"{"code":"create_database_generic_error","error":"Namespace x already exists"}"#);
/// assert_eq!(body.message(), Some("Namespace x already exists"));
/// assert_eq!(body.code(), Some("create_database_generic_error"));
/// assert_eq!(ErrorBody::parse(b"<html>502</html>").message(), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorBody {
    message: Option<String>,
    code: Option<String>,
    retry_after: Option<u64>,
}

impl ErrorBody {
    /// Reads a body.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        serde_json::from_slice::<Value>(body).map_or_else(|_| Self::default(), |value| Self::from_json(&value))
    }

    /// The sentence of the service.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The machine-readable code, which only some refusals carry.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Seconds to wait, where the body rather than a header says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    fn from_json(value: &Value) -> Self {
        let detail = value.get("error").filter(|error| error.is_object()).unwrap_or(value);
        Self {
            message: message(value),
            code: text(detail, "code").or_else(|| text(value, "code")),
            retry_after: ["retry_after", "retry-after"].iter().find_map(|key| detail.get(key)?.as_u64()),
        }
    }
}

fn message(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => non_empty(text),
        Value::Object(_) => text(value, "message")
            .or_else(|| value.get("error").and_then(message))
            .or_else(|| value.get("errors")?.as_array().map(|errors| join(errors)).filter(|text| !text.is_empty())),
        _ => None,
    }
}

fn join(errors: &[Value]) -> String {
    errors.iter().filter_map(message).collect::<Vec<_>>().join(", ")
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().and_then(non_empty)
}

fn non_empty(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}
