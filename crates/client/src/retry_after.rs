//! How long a service asks to wait: the header `Retry-After`, a number of seconds or a date, or its body.

use std::time::Duration;

use http::{HeaderMap, header};
use jiff::Timestamp;
use turso_cloud_contract::ErrorBody;

/// How long a refusal asks to wait, by its header `Retry-After` or else by its body: what
/// [`Error::retry_after`](crate::Error::retry_after) tells, for whoever sends requests by other means. A date is measured
/// against the service's own clock where it sent `Date`, so that a wrong clock on this machine does no harm, and against
/// `now` elsewhere.
///
/// ```
/// use turso_cloud::http::{HeaderMap, HeaderValue, header};
/// use turso_cloud::{contract::ErrorBody, jiff::Timestamp, retry_after};
///
/// let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static("7"))]);
/// let asked = retry_after(&headers, &ErrorBody::default(), Timestamp::now());
/// assert_eq!(asked.map(|wait| wait.as_secs()), Some(7));
/// ```
#[must_use]
pub fn retry_after(headers: &HeaderMap, body: &ErrorBody, now: Timestamp) -> Option<Duration> {
    parse(headers, now).or(body.retry_after().map(Duration::from_secs))
}

fn parse(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Some(seconds) = seconds(value) {
        return Some(Duration::from_secs(seconds));
    }
    let until = date(value)?;
    let now = headers.get(header::DATE).and_then(|value| date(value.to_str().ok()?)).unwrap_or(now);
    Some(until.duration_since(now).try_into().unwrap_or(Duration::ZERO))
}

/// Digits and nothing else (RFC 9110, section 10.2.3). A number beyond all others is a long time, and not none.
fn seconds(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

fn date(text: &str) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(text).ok()?;
    // Such a date ends with the year 9999, a timestamp a day earlier.
    Some(Timestamp::try_from(date).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn seconds_and_dates_are_read() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let date = "Mon, 23 Nov 2026 10:00:30 GMT";
        for (pairs, seconds) in [
            (vec![(header::RETRY_AFTER, "7")], Some(7)),
            (vec![(header::RETRY_AFTER, date)], Some(30)),
            (vec![(header::RETRY_AFTER, date), (header::DATE, "Mon, 23 Nov 2026 10:00:28 GMT")], Some(2)),
            (vec![(header::RETRY_AFTER, "Mon, 23 Nov 2020 10:00:30 GMT")], Some(0)),
            (vec![(header::RETRY_AFTER, "Fri, 31 Dec 9999 23:59:59 GMT")], Some(251_606_779_200)),
            (vec![(header::RETRY_AFTER, "0")], Some(0)),
            (vec![(header::RETRY_AFTER, "007")], Some(7)),
            (vec![(header::RETRY_AFTER, "18446744073709551615")], Some(u64::MAX)),
            (vec![(header::RETRY_AFTER, "18446744073709551616")], Some(u64::MAX)),
            (vec![(header::RETRY_AFTER, "99999999999999999999")], Some(u64::MAX)),
            (vec![(header::RETRY_AFTER, "-1")], None),
            (vec![(header::RETRY_AFTER, "+1")], None),
            (vec![(header::RETRY_AFTER, "1.5")], None),
            (vec![(header::RETRY_AFTER, "")], None),
            (vec![(header::RETRY_AFTER, "soon")], None),
            (vec![], None),
        ] {
            assert_eq!(parse(&headers(&pairs), now).map(|wait| wait.as_secs()), seconds, "{pairs:?}");
        }
    }
}
