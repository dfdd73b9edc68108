//! The HTTP archive format, version 1.2.

use serde_json::{Value, json};

use super::{LoggedMessage, LoggedRequest};

pub(super) fn archive(requests: &[LoggedRequest]) -> Value {
    json!({
        "log": {
            "version": "1.2",
            "creator": { "name": "turso-cloud-local", "version": env!("CARGO_PKG_VERSION") },
            "entries": requests.iter().map(entry).collect::<Vec<_>>(),
        }
    })
}

fn entry(request: &LoggedRequest) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "a request of 2^53 microseconds takes 285 years")]
    let milliseconds = request.duration_us as f64 / 1000.0;
    let mut entry = json!({
        "startedDateTime": request.at.to_string(),
        "time": milliseconds,
        "request": {
            "method": request.method,
            "url": absolute(request),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": headers(&request.request),
            "queryString": query(&request.url),
            "headersSize": -1,
            "bodySize": size(&request.request),
        },
        "response": {
            "status": request.status.unwrap_or_default(),
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": headers(&request.response),
            "content": content(&request.response),
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": size(&request.response),
        },
        "cache": {},
        "timings": { "send": 0, "wait": milliseconds, "receive": 0 },
        "_operation": request.operation,
        "_database": request.database,
        "_fault": request.fault,
    });
    if let Some(body) = &request.request.body {
        entry["request"]["postData"] = json!({ "mimeType": "application/json", "text": body });
    }
    entry
}

/// The format knows no URL without an origin; inside the process there may be none.
fn absolute(request: &LoggedRequest) -> String {
    let url = &request.url;
    if !url.starts_with('/') {
        return url.clone();
    }
    format!("{}{url}", request.origin.as_deref().unwrap_or("http://localhost"))
}

fn query(url: &str) -> Vec<Value> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn headers(message: &LoggedMessage) -> Vec<Value> {
    message.headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn content(message: &LoggedMessage) -> Value {
    let mut content = json!({ "size": message.body_length.unwrap_or_default(), "mimeType": "application/json" });
    if let Some(body) = &message.body {
        content["text"] = body.as_str().into();
    }
    content
}

/// The format writes a size that is not known as -1.
fn size(message: &LoggedMessage) -> i64 {
    message.body_length.map_or(-1, |length| i64::try_from(length).unwrap_or(i64::MAX))
}
